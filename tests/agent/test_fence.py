"""What a model of another party is sent holds nothing of the customer's own data, and the customer misses nothing."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.models.fencing.details import Detail, OwnDetails
from agent.models.fencing.own_fence import OwnFence
from agent.prompts import fence
from agent.prompts.fences import unfence
from core.security.pii import Placeholders, mask

DATA = Path(__file__).parent / "fence_data"
OWN = OwnDetails(
    tuple(Detail(**detail) for detail in yaml.safe_load((DATA / "own.yaml").read_text())),
    frozenset({"Everyday", "Rainy Day"}),
)
DISGUISES: list[dict[str, Any]] = yaml.safe_load((DATA / "disguises.yaml").read_text(encoding="utf-8"))
STOPPED = [each for each in DISGUISES if "why" not in each]
SENT = [each for each in DISGUISES if "why" in each]


def fence_of(placeholders: Placeholders | None = None, own: OwnDetails = OWN) -> OwnFence:
    async def read() -> OwnDetails:
        return own

    return OwnFence(read, placeholders or Placeholders())


async def sent(text: str, where: str) -> str:
    """As it stands in what a model is shown."""
    call: Any = {"id": "1", "name": "search_transactions", "args": {"text": text}}
    messages: dict[str, list[BaseMessage]] = {
        "message": [HumanMessage(text)],
        "answer": [AIMessage(text)],
        "result": [ToolMessage(fence("result", {"rows": [{"text": text}]}), tool_call_id="1")],
        "error": [ToolMessage(text, tool_call_id="1", status="error")],
        "arguments": [AIMessage("", tool_calls=[call])],
    }
    [hidden] = await fence_of().hide(messages[where])
    return str(hidden.content) + str(getattr(hidden, "tool_calls", ""))


def test_there_are_enough_disguises():
    assert len(STOPPED) >= 60


@pytest.mark.parametrize("disguise", STOPPED, ids=lambda each: each["text"][:30])
async def test_a_disguise_does_not_help(disguise: dict[str, Any]):
    for where in ("message", "answer", "result", "error", "arguments"):
        shown = await sent(disguise["text"], where)
        assert [gone for gone in disguise["gone"] if str(gone) in shown] == [], where


@pytest.mark.parametrize("disguise", SENT, ids=lambda each: each["why"])
async def test_what_the_documentation_says_cannot_be_stopped_is_what_cannot(disguise: dict[str, Any]):
    """docs/data-fence.md lists them: a change here changes that page."""
    assert disguise["sent"] in await sent(disguise["text"], "message")


@pytest.mark.parametrize(
    "text",
    [
        "How do I pay the gas bill, and what will a new card cost?",
        "Will you mark it as paid? May I have the price of a transfer?",
        "my card ending 4821 and the account ending 6819",
        "£601613 or 601613.00 or 1,601613",
        "what did I spend on 2026-05-14 at 14:05?",
        "move 20 from Everyday to Rainy Day",
        "Open **Cards** and tap Activate.",
    ],
)
async def test_ordinary_words_and_figures_stay(text: str):
    [hidden] = await fence_of().hide([HumanMessage(text)])

    assert hidden.content == text


PLACES: dict[str, list[BaseMessage]] = {
    "an argument of an earlier round": [
        AIMessage("", tool_calls=[{"id": "1", "name": "search_transactions", "args": {"text": "maria.LOPEZ"}}]),
        ToolMessage("[]", tool_call_id="1"),
        AIMessage("", tool_calls=[{"id": "2", "name": "list_payees", "args": {"filter": {"any": ["Lopez, M."]}}}]),
    ],
    "a name of an argument": [AIMessage("", tool_calls=[{"id": "1", "name": "x", "args": {"Maria López": 1}}])],
    "a key of a result": [ToolMessage(fence("result", {"by_payee": {"Maria Lopez": "20.00"}}), tool_call_id="1")],
    "a number that is a key": [ToolMessage(fence("result", {"31926819": {"name": "Everyday"}}), tool_call_id="1")],
    "a number that is no text": [ToolMessage(fence("result", {"rows": [31926819]}), tool_call_id="1")],
    "an IBAN in pieces of a key": [ToolMessage(fence("result", {"GB29 NWBK 60161331926819": 1}), tool_call_id="1")],
    "a table's cell": [AIMessage("| Payee | Last |\n| :-- | --: |\n| Lopez, Maria | £20.00 |")],
    "a cell over two lines": [AIMessage("| Maria<br>Lopez | rent |")],
    "an error": [ToolMessage("payee 'MARIA LOPEZ' not found (sort_code=601613)", tool_call_id="1", status="error")],
    "an error that is JSON": [ToolMessage('"No payee Maria Lopez, +447700900123"', tool_call_id="1", status="error")],
    "a quoted error": [
        ToolMessage(fence("result", 'ValueError: payee="Maria López"'), tool_call_id="1", status="error")
    ],
    "a link": [HumanMessage("https://pay.example/?to=maria%20lopez&account=31926819")],
    "a list in a list": [ToolMessage(fence("result", [["a", ["for maria-lopez"]]]), tool_call_id="1")],
}


@pytest.mark.parametrize("place", PLACES)
async def test_own_data_is_hidden_wherever_it_stands(place: str):
    hidden = await fence_of().hide(PLACES[place])
    shown = " ".join(f"{message.content} {getattr(message, 'tool_calls', '')}" for message in hidden).lower()

    assert re.search(r"\[(?:name|account|iban)_\d", shown)
    assert [own for own in ("lopez", "lópez", "maria", "31926819", "601613", "7700900", "nwbk") if own in shown] == []


async def test_a_name_of_an_argument_comes_back():
    turn = fence_of()
    [hidden] = await turn.hide(PLACES["a name of an argument"])

    assert isinstance(hidden, AIMessage)
    assert turn.opening().arguments(hidden.tool_calls[0]["args"]) == {"Maria López": 1}


async def test_instructions_and_passages_are_the_same_for_everybody():
    """Where an article says "Grace period", a placeholder would tell the customer's name; a whole number is hidden."""
    text = "Grace period, Maria, gas board. Account 31926819, Maria López, IBAN GB94BARC10201530093459."
    [hidden] = await fence_of().hide([SystemMessage(text)])

    assert str(hidden.content).startswith(
        "Grace period, Maria, gas board. Account [ACCOUNT_1 ending 6819], [NAME_2], IBAN GB94"
    )


async def test_a_value_has_one_placeholder_in_all_messages_and_rounds():
    turn = fence_of()
    question = HumanMessage("Pay Maria López")
    [first] = await turn.hide([question])
    call: Any = {"id": "1", "name": "make_transfer", "args": {"payee": "Maria López", "amount": "20"}}
    result = ToolMessage(fence("result", {"payee": "Maria López", "status": "x"}), tool_call_id="1")
    again, called, returned = await turn.hide([question, AIMessage("", tool_calls=[call]), result])

    assert first.content == again.content == "Pay [NAME_2]"
    assert isinstance(called, AIMessage)
    assert called.tool_calls[0]["args"] == {"payee": "[NAME_2]", "amount": "20"}
    assert '"payee":"[NAME_2]"' in str(returned.content)


async def test_a_field_tells_what_no_list_knows():
    """A payee who is being added, and people who paid in: their names stand in no list yet."""
    call: Any = {"id": "1", "name": "add_payee", "args": {"name": "Kofi Mensah", "iban": "GB94BARC10201530093459"}}
    row = {"kind": "transfer_in", "description": "Priya Shah, concert", "amount": "31.00"}
    hidden = await fence_of().hide(
        [
            HumanMessage("Kofi's details, and what Priya sent"),
            AIMessage("", tool_calls=[call]),
            ToolMessage(fence("result", {"transactions": [row]}), tool_call_id="1"),
        ]
    )
    shown = "".join(f"{message.content}{getattr(message, 'tool_calls', '')}" for message in hidden)

    assert not any(word in shown for word in ("Kofi", "Mensah", "Priya", "Shah", "GB94", "1020"))
    assert "concert" in shown
    assert "31.00" in shown


async def test_own_accounts_keep_the_names_that_the_customer_gave_them():
    [hidden] = await fence_of().hide([ToolMessage(fence("result", {"payee": "Rainy Day"}), tool_call_id="1")])

    assert "Rainy Day" in str(hidden.content)


async def test_what_the_turn_hides_already_keeps_its_placeholder_and_is_not_put_back_here():
    placeholders = Placeholders()
    message = mask("my IBAN is GB29 NWBK 6016 1331 9268 19", placeholders)
    turn = fence_of(placeholders)
    [hidden, result] = await turn.hide(
        [HumanMessage(message), ToolMessage(fence("result", {"iban": "GB29NWBK60161331926819"}), tool_call_id="1")]
    )

    assert hidden.content == "my IBAN is [IBAN_1]"
    assert "[IBAN_1B ending 6819]" in str(result.content)
    assert opened(turn, "[IBAN_1] [IBAN_1B]") == "[IBAN_1] GB29NWBK60161331926819"
    # The turn's own placeholders never come to mean what the fence's do.
    assert placeholders.hide("IBAN", "somebody else's") not in ("[IBAN_1B]", "[IBAN_2]")


def opened(turn: OwnFence, *chunks: str) -> str:
    opening = turn.opening()
    return "".join([*(opening.push(chunk) for chunk in chunks), opening.finish()])


async def test_a_placeholder_that_somebody_typed_is_nobodys():
    placeholders = Placeholders()
    typed = mask("am I [NAME_1] or [name 2]? Pay Maria López", placeholders)
    turn = fence_of(placeholders)
    [hidden] = await turn.hide([HumanMessage(typed)])

    assert opened(turn, str(hidden.content)) == typed
    assert opened(turn, "[NAME_1] [name 2]") == "[NAME_1] [name 2]"


async def test_a_placeholder_in_a_memo_that_comes_later_is_hidden_itself():
    turn = fence_of()
    await turn.hide([HumanMessage("I am Niamh O'Neill")])
    [_, hidden] = await turn.hide(
        [HumanMessage("I am Niamh O'Neill"), ToolMessage(fence("result", {"text": "to [NAME_1]"}), tool_call_id="1")]
    )

    assert '{"text":"to [TEXT_1]"}' in str(hidden.content)
    assert opened(turn, "to [TEXT_1], [NAME_1]") == "to [NAME_1], Niamh O'Neill"


async def test_a_placeholder_that_a_model_makes_up_stays_what_it_is():
    turn = fence_of()
    await turn.hide([HumanMessage("Pay Maria López")])

    # The customer's own name has a placeholder too, which no model was shown.
    assert opened(turn, "[NAME_9] [NAME_1] [IBAN_1] [SECRET]") == "[NAME_9] [NAME_1] [IBAN_1] [SECRET]"


@pytest.mark.parametrize(
    "written",
    ["[NAME_2]", "[name_2]", "[Name 2]", "[NAME-2]", "[ NAME_2 ]", "[NAME\\_2]", "[NAME__2]", "**[NAME_2]**"],
)
async def test_a_model_may_write_a_placeholder_in_its_own_way(written: str):
    turn = fence_of()
    await turn.hide([HumanMessage("Pay Maria López")])

    assert opened(turn, *written).strip("*") == "Maria López"


async def test_tool_arguments_come_back_however_deep_they_are():
    turn = fence_of()
    await turn.hide([HumanMessage("Pay Maria López and john carter from 31926819")])

    arguments = {"payee": "[NAME_2]", "all": [{"n": "[NAME_3B]'s", "from": "[ACCOUNT_1]"}], "amount": 20, "x": None}
    assert turn.opening().arguments(arguments) == {
        "payee": "Maria López",
        "all": [{"n": "john carter's", "from": "31926819"}],
        "amount": 20,
        "x": None,
    }


async def test_nothing_but_the_text_goes_along():
    message = HumanMessage("hi", additional_kwargs={"tellergraph": {"words": "Maria López"}})
    [hidden] = await fence_of().hide([message])

    assert "Maria" not in repr(hidden)
    assert message.additional_kwargs


async def test_nothing_is_read_before_something_is_hidden():
    reads: list[int] = []

    async def read() -> OwnDetails:
        reads.append(1)
        return OWN

    turn = OwnFence(read, Placeholders())
    turn.opening()
    assert reads == []
    await turn.hide([HumanMessage("a")])
    await turn.hide([HumanMessage("b")])
    assert reads == [1]


PIECES = [
    *(detail.value for detail in OWN.details),
    *(each["text"] for each in DISGUISES),
    *(
        "[NAME_1]",
        "[name 2]",
        "[NAME_2B]",
        "[TEXT_1]",
        "[CARD_1 ending 1111]",
        "[",
        "]",
        "[[",
        "[NAME",
        "_1]",
        "\\",
        "\n",
    ),
    *("£2,480.15", "4111 1111 1111 1111", "PIN is 4821", "pay", " ", "'s", "é", "\u200b", "ß", "İ", "𝐌"),
]
RANDOM = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=8).map(" ".join)


@given(RANDOM, st.lists(st.integers(1, 12), min_size=1, max_size=6))
@settings(max_examples=60)
async def test_what_was_hidden_comes_back_exactly(text: str, cuts: list[int]):
    turn = fence_of()
    call: Any = {"id": "1", "name": "t", "args": {"a": text}}
    result = ToolMessage(fence("result", {"a": [text]}), tool_call_id="1")
    said, called, returned = await turn.hide([HumanMessage(text), AIMessage("", tool_calls=[call]), result])

    assert opened(turn, *cut(str(said.content), cuts)) == text
    assert isinstance(called, AIMessage)
    assert turn.opening().arguments(called.tool_calls[0]["args"]) == {"a": text}
    assert unfence(str(returned.content)) is not None


def cut(text: str, lengths: list[int]) -> list[str]:
    chunks, at, number = list[str](), 0, 0
    while at < len(text):
        chunks.append(text[at : at + lengths[number % len(lengths)]])
        at, number = at + lengths[number % len(lengths)], number + 1
    return chunks


async def test_every_split_of_a_stream_gives_the_same():
    """``python -m evals.bench.fence`` does it with 10,000 texts."""
    chance = random.Random(1)  # noqa: S311
    for _ in range(20):
        text = " ".join(chance.choices(PIECES, k=6))
        turn = fence_of()
        [hidden] = await turn.hide([HumanMessage(text)])
        shown = str(hidden.content)
        for at in range(len(shown) + 1):
            assert opened(turn, shown[:at], shown[at:]) == text
        assert opened(turn, *shown) == text
