"""A reply is whole or it is a failure of the provider."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

from agent.messages import ToolCall
from agent.models.reply import LONGEST_ARGUMENTS, LONGEST_TEXT, MOST_CALLS, Reply, ReplyBuilder, refuse_repeats
from core.errors import ProviderFailed


def chunk(
    text: str = "", *, reason: str | None = None, call: tuple[str | None, str | None] | None = None, index: int = 0
):
    calls = [tool_call_chunk(name=call[0], args=call[1], id=call[0] and f"id_{call[0]}", index=index)] if call else []
    return AIMessageChunk(
        content=text, tool_call_chunks=calls, response_metadata={"finish_reason": reason} if reason else {}
    )


def built(*chunks: AIMessageChunk) -> Reply:
    builder = ReplyBuilder("model")
    for each in chunks:
        builder.add(each)
    return builder.build()


def test_text_and_usage_are_put_together():
    usage = AIMessageChunk(content="", usage_metadata={"input_tokens": 11, "output_tokens": 7, "total_tokens": 18})

    reply = built(chunk("Good "), chunk("morning", reason="stop"), usage)

    assert reply == Reply("Good morning", [], {"input_tokens": 11, "output_tokens": 7}, "model")


def test_calls_are_put_together_by_their_index():
    reply = built(
        chunk(call=("pay", ""), index=1),
        chunk(call=("look", '{"a"'), index=0),
        chunk(call=(None, "{}"), index=1),
        chunk(call=(None, ": 1}"), index=0),
        chunk(reason="tool_calls"),
    )

    assert reply.calls == [
        {"id": "id_look", "name": "look", "arguments": {"a": 1}},
        {"id": "id_pay", "name": "pay", "arguments": {}},
    ]


ARGUMENTS = '{"amount": "1000.00", "payee": "Maria Lopez"}'


@given(st.integers(0, len(ARGUMENTS) - 1))
def test_arguments_that_are_cut_off_are_never_completed(length):
    """LangChain would make a valid call of ``{"amount": "10``."""
    chunks = [chunk(call=("pay", ARGUMENTS[:length])), chunk(reason="tool_calls")]
    if length == 0:
        assert built(*chunks).calls[0]["arguments"] == {}  # some servers send nothing for no arguments
        return

    with pytest.raises(ProviderFailed, match="not valid JSON"):
        built(*chunks)


@pytest.mark.parametrize("arguments", ["[]", "1", '"x"', "null", "true"])
def test_arguments_that_are_no_object_are_refused(arguments):
    with pytest.raises(ProviderFailed, match="no arguments object"):
        built(chunk(call=("pay", arguments)), chunk(reason="tool_calls"))


def test_a_call_without_a_name_is_refused():
    with pytest.raises(ProviderFailed, match="no name"):
        built(chunk(call=(None, "{}")), chunk(reason="tool_calls"))


@pytest.mark.parametrize("reason", [None, "length", "content_filter", "error", "STOP", "unknown"])
@pytest.mark.parametrize("call", [None, ("pay", ARGUMENTS)])
def test_without_a_good_reason_to_stop_nothing_counts(reason, call):
    with pytest.raises(ProviderFailed, match="cut off"):
        built(chunk("Half an ans", call=call), chunk(reason=reason))


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_answer_is_a_failure(text):
    with pytest.raises(ProviderFailed, match="empty"):
        built(chunk(text, reason="stop"))


@pytest.mark.parametrize("name", ["", "pay me", "x" * 65, "pay\n", "<|im_end|>", "päy"])
def test_a_name_that_no_tool_can_have_is_refused(name):
    with pytest.raises(ProviderFailed, match="no name"):
        built(chunk(call=(name, "{}")), chunk(reason="tool_calls"))


def test_a_model_that_calls_without_end_is_refused():
    with pytest.raises(ProviderFailed, match="no end"):
        built(*(chunk(call=("look", "{}"), index=index) for index in range(MOST_CALLS + 1)))


def test_arguments_without_end_are_refused_before_they_are_all_there():
    builder = ReplyBuilder("model")
    builder.add(chunk(call=("pay", '{"memo": "')))

    with pytest.raises(ProviderFailed, match="no end"):
        builder.add(chunk(call=(None, "x" * LONGEST_ARGUMENTS)))


def test_a_text_without_end_is_refused():
    with pytest.raises(ProviderFailed, match="no end"):
        built(*(chunk("again and again ") for _ in range(LONGEST_TEXT)))


def test_calls_that_share_an_index_are_told_apart_by_their_ids():
    """As older versions of Ollama send them."""
    calls = [tool_call_chunk(name="look", args=f'{{"at": {n}}}', id=f"call_{n}", index=0) for n in (1, 2)]

    reply = built(*(AIMessageChunk(content="", tool_call_chunks=[each]) for each in calls), chunk(reason="tool_calls"))

    assert [call["arguments"] for call in reply.calls] == [{"at": 1}, {"at": 2}]


def test_ids_that_are_missing_doubled_or_odd_are_replaced():
    ids = ["same", "same", "", "with space", "x" * 65]
    calls = [tool_call_chunk(name="look", args="{}", id=each, index=at) for at, each in enumerate(ids)]

    reply = built(*(AIMessageChunk(content="", tool_call_chunks=[each]) for each in calls), chunk(reason="tool_calls"))

    given = [call["id"] for call in reply.calls]
    assert given[0] == "same"
    assert len(set(given)) == len(ids)
    assert all(len(each) <= 64 and " " not in each for each in given)


def look(**arguments: Any) -> ToolCall:
    return ToolCall(id="call_1", name="look", arguments=arguments)


def test_the_same_call_again_is_a_loop_however_its_arguments_are_ordered():
    with pytest.raises(ProviderFailed, match="again"):
        refuse_repeats([look(a=1, b=2)], [("look", {"b": 2, "a": 1})])
    with pytest.raises(ProviderFailed, match="again"):
        refuse_repeats([look(a=1), look(a=1)], [])

    refuse_repeats([look(a=1), look(a=2)], [("look", {"a": 3}), ("pay", {"a": 1})])


TEXT = "You have £2,480.15 – see [1]."


@given(st.sets(st.integers(1, len(TEXT) - 1)))
def test_a_whole_reply_is_the_same_however_its_chunks_are_cut(cuts):
    pieces = [TEXT[a:b] for a, b in itertools.pairwise([0, *sorted(cuts), len(TEXT)])]

    assert built(*map(chunk, pieces), chunk(reason="stop")).text == TEXT
