"""How a message is parted: requests apart, names and amounts together."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.clauses import MOST_CLAUSES, begins_request, split_clauses

SEVERAL = [
    ("freeze my card and show my balance", ["freeze my card", "show my balance"]),
    ("yes, and are there fees?", ["yes", "are there fees?"]),
    ("never mind, show my balance instead", ["never mind", "show my balance instead"]),
    ("cancel that and transfer 50 to savings", ["cancel that", "transfer 50 to savings"]),
    ("no, 55", ["no", "55"]),
    ("ok great. What do I have left?", ["ok great.", "What do I have left?"]),
    ("send £20 to John and £30 to Maria", ["send £20 to John", "£30 to Maria"]),
    ("send 20 to john, then 30 to maria", ["send 20 to john", "30 to maria"]),
    ("Freeze my card. Then send me a new one.", ["Freeze my card.", "Then send me a new one."]),
    ("I lost my card, can you freeze it?", ["I lost my card", "can you freeze it?"]),
    ("pay my rent and then tell me what's left", ["pay my rent", "tell me what's left"]),
    ("send John 20 and chuck 50 in savings", ["send John 20", "chuck 50 in savings"]),
    ("show my cards\nand freeze the first", ["show my cards", "and freeze the first"]),
]
ONE = [
    "pay John and Maria £20",
    "show my Marks and Spencer transactions",
    "how much did I spend on food and drink",
    "go ahead and freeze it",
    "do me a favour and freeze my card",
    "payments between £10 and £20",
    "compare this month and last month",
    "cancel my standing order and my scheduled payment",
    'send £20 to Maria with reference "food and send more"',
    "I'd like to pay Mr. Smith £20.50 tomorrow",
    "transfer 100 from everyday and savings to travel",
    "ok",
    "stop it",
    "one moment please",
    "open a savings account for me and call it Holiday",
    "add a payee, name him Tom",
    "",
    "...",
]


@pytest.mark.parametrize(("text", "clauses"), SEVERAL)
def test_several_requests_are_several_clauses(text: str, clauses: list[str]) -> None:
    assert [span.text for span in split_clauses(text)] == clauses


@pytest.mark.parametrize("text", ONE)
def test_what_belongs_together_stays_together(text: str) -> None:
    assert [span.text for span in split_clauses(text)] == [text]


_WORDS = ["yes", "no", "and", "then", ",", ".", "?", "send", "£5", "to", "John", "freeze", "my", "card"]


@given(st.text() | st.lists(st.sampled_from(_WORDS)).map(" ".join))
def test_clauses_are_parts_of_the_message_in_its_order(text: str) -> None:
    spans = split_clauses(text)

    assert 1 <= len(spans) <= MOST_CLAUSES
    assert [text[span.start : span.end] for span in spans] == [span.text for span in spans]
    assert all(one.end <= other.start for one, other in pairwise(spans))


@pytest.mark.parametrize("text", ["what is it", "yes, freeze it", "I'd like a loan", "please pay Maria", "my card?"])
def test_a_question_and_a_command_begin_a_request(text: str) -> None:
    assert begins_request(text)


@pytest.mark.parametrize("text", ["I lost my card", "my sister told me", "it was raining", ""])
def test_a_statement_begins_none(text: str) -> None:
    assert not begins_request(text)
