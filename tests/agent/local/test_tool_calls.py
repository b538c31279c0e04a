"""What a model writes is told apart into words and tool calls, however its stream is cut."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.local.tool_calls import BadCall, Call, ToolCallParser

PAY = {"name": "pay", "arguments": {"amount": 1000, "note": 'for "tea" </tool_call> [TOOL_CALLS] {'}}
LIST = {"name": "list_accounts", "arguments": {}}
CALLED_PAY = Call("pay", PAY["arguments"])
CALLED_LIST = Call("list_accounts", {})


def hermes(*calls: dict[str, Any]) -> str:
    return "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


def llama(call: dict[str, Any]) -> str:
    return json.dumps({"name": call["name"], "parameters": call["arguments"]})


WRITTEN = [
    (hermes(LIST), "", [CALLED_LIST]),
    ("One moment.\n" + hermes(PAY, LIST), "One moment.", [CALLED_PAY, CALLED_LIST]),
    (hermes(PAY) + "\nYour balance is 1,000,000.", "", [CALLED_PAY]),
    ("<think>I could say <tool_call> now.</think>\n\nSure. " + hermes(LIST), "Sure.", [CALLED_LIST]),
    ("<|python_tag|>" + llama(PAY), "", [CALLED_PAY]),
    ("<|python_tag|>" + llama(PAY) + "; " + llama(LIST), "", [CALLED_PAY, CALLED_LIST]),
    (llama(PAY), "", [CALLED_PAY]),
    ("[TOOL_CALLS]" + json.dumps([PAY, LIST]), "", [CALLED_PAY, CALLED_LIST]),
    ("[TOOL_CALLS] [" + json.dumps(PAY | {"id": "abcdefghi"}) + "]", "", [CALLED_PAY]),
    ("Yes.[TOOL_CALLS]pay[ARGS]" + json.dumps(PAY["arguments"]), "Yes.", [CALLED_PAY]),
    ("[TOOL_CALLS]pay[CALL_ID]a1[ARGS]{}[TOOL_CALLS]list_accounts{}", "", [Call("pay", {}), CALLED_LIST]),
    (hermes(PAY | {"arguments": json.dumps(PAY["arguments"])}), "", [CALLED_PAY]),
    ("2 < 3, a [note] and {braces} and ```code```.", "2 < 3, a [note] and {braces} and ```code```.", []),
    ("  Hello,\n\nyou. <", "Hello,\n\nyou. <", []),
]  # fmt: skip

REFUSED = [
    pytest.param('<tool_call>{"name": "pay", "arguments": {"amount": 10', id="cut in its arguments"),
    pytest.param(hermes(PAY)[: -len("</tool_call>")], id="without its end"),
    pytest.param("<tool_call>", id="only begun"),
    pytest.param("<tool_call>{'name': 'pay'}</tool_call>", id="no JSON"),
    pytest.param('<tool_call>{"name": "pay", "arguments": {"amount": 1, "amount": 9}}</tool_call>', id="a key twice"),
    pytest.param('<tool_call>{"name": "pay", "arguments": {"amount": NaN}}</tool_call>', id="not a number"),
    pytest.param('<tool_call>{"name": "pay", "arguments": [1]}</tool_call>', id="arguments in a list"),
    pytest.param('<tool_call>{"arguments": {}}</tool_call>', id="without a name"),
    pytest.param('<tool_call>{"name": "pay", "arguments": {}, "parameters": {}}</tool_call>', id="arguments twice"),
    pytest.param('<tool_call>{"name": "pay", "arguments": {}} now</tool_call>', id="words inside"),
    pytest.param('<tool_call>["pay"]</tool_call>', id="a list"),
    pytest.param("<|python_tag|>brave_search.call(query='x')", id="Python of Llama"),
    pytest.param('<|python_tag|>{"name": "pay", "parameters": {"amount": 10', id="Llama, cut"),
    pytest.param('{"name": "pay", "parameters": {"amount": 10', id="bare, cut"),
    pytest.param('{"balance": 100}', id="bare, no call"),
    pytest.param('[TOOL_CALLS][{"name": "pay", "arguments": {"amount": 10', id="Mistral, cut"),
    pytest.param("[TOOL_CALLS]pay[ARGS]", id="Mistral, no arguments"),
    pytest.param("```tool_code\nprint(pay(amount=10))\n```", id="Python of Gemma"),
    pytest.param('Yes. <function=pay>{"amount": 10}</function>', id="function tags"),
    pytest.param("</tool_call>", id="an end without a beginning"),
]


PARTS = st.sampled_from(
    (
        *("<tool_call>", "</tool_call>", "<think>", "</think>", "<|python_tag|>", "[TOOL_CALLS]", "```tool_code"),
        *("[ARGS]", json.dumps(PAY), json.dumps(LIST), "{", "}", "pay", " ", "\n", ";", "Yes.", "<", "[", "é"),
    )
)


def collect(pieces: Iterable[str], said: list[str | Call], *, offers_tools: bool = True) -> None:
    parser = ToolCallParser(offers_tools=offers_tools)
    for piece in pieces:
        said += parser.push(piece)
    said += parser.finish()


def read(pieces: Iterable[str], *, offers_tools: bool = True) -> tuple[str, list[Call]]:
    said = list[str | Call]()
    collect(pieces, said, offers_tools=offers_tools)
    return "".join(part for part in said if isinstance(part, str)), [part for part in said if isinstance(part, Call)]


def cut(text: str, places: Iterable[int]) -> list[str]:
    places = sorted({place % (len(text) + 1) for place in places})
    return [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]


@pytest.mark.parametrize(("written", "words", "calls"), WRITTEN)
def test_words_and_calls_are_told_apart_at_every_cut_in_two_and_letter_by_letter(
    written: str, words: str, calls: list[Call]
):
    for place in range(len(written) + 1):
        assert read([written[:place], written[place:]]) == (words, calls)
    assert read(written) == (words, calls)


@given(st.sampled_from(WRITTEN), st.lists(st.integers(0, 500), max_size=12))
def test_words_and_calls_are_told_apart_however_the_stream_is_cut(case: tuple[str, str, list[Call]], places: list[int]):
    written, words, calls = case

    assert read(cut(written, places)) == (words, calls)


@pytest.mark.parametrize("written", REFUSED)
def test_a_call_that_cannot_be_taken_is_refused_and_never_shown(written: str):
    for place in range(len(written) + 1):
        shown = list[str | Call]()
        with pytest.raises(BadCall):
            collect([written[:place], written[place:]], shown)
        assert "".join(map(str, shown)) in "Yes."


@given(st.lists(PARTS, max_size=8).map("".join) | st.text(max_size=40), st.lists(st.integers(0, 100), max_size=6))
def test_any_text_gives_the_same_whole_and_in_pieces(text: str, places: list[int]):
    def outcome(pieces: list[str]) -> object:
        try:
            return read(pieces)
        except BadCall as error:
            return str(error)

    assert outcome([text]) == outcome(cut(text, places))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_arguments_come_back_as_they_were_written(value: object):
    call = {"name": "note", "arguments": {"value": value}}

    for written in (hermes(call), llama(call), "[TOOL_CALLS]" + json.dumps([call], ensure_ascii=False)):
        assert read([written]) == ("", [Call("note", {"value": value})])


def test_words_before_a_call_stream_at_once():
    parser = ToolCallParser(offers_tools=True)

    assert list(parser.push("One ")) == ["One"]
    assert list(parser.push("moment.\n<tool")) == [" moment."]
    assert list(parser.push('_call>{"name": "list_accounts"')) == []
    assert list(parser.push("}</tool_call>")) == [CALLED_LIST]


def test_a_thought_that_the_prompt_has_begun_is_not_shown():
    parser = ToolCallParser(offers_tools=False, in_thought=True)

    assert list(parser.push("They want <tool_call>. </thi")) == []
    assert [*parser.push("nk>\n\nHello."), *parser.finish()] == ["Hello."]


def test_an_object_is_words_where_no_tools_were_offered():
    assert read(['{"balance": 100}'], offers_tools=False) == ('{"balance": 100}', [])
