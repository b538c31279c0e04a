"""Corrections, negations and which of several: what the words around a value make of it."""

import pytest

from tests.understanding.slots.finding import find, short, values


@pytest.mark.parametrize(
    ("text", "corrections"),
    [
        ("no, 55", ["55"]),
        ("No. 55", ["55"]),
        ("make it 55", ["55"]),
        ("make that 55 please", ["55"]),
        ("it should be 80", ["80"]),
        ("change the amount to 30", ["30"]),
        ("actually to Maria", ["Maria Lopez"]),
        ("I meant Maria", ["Maria Lopez"]),
        ("sorry, I meant 30 euros", ["30 EUR"]),
        ("to Maria, not John", ["Maria Lopez"]),
        ("not 50 but 70", ["70"]),
        ("use my savings instead of everyday", ["Rainy Day"]),
        ("from Rainy Day instead", ["Rainy Day"]),
        ("change it to next Friday", ["2026-11-27"]),
        ("no 55, sorry, 60", ["55", "60"]),
        ("make it 60 and send it to John instead", ["60", "John Carter"]),
        ("no, 30 euros to Jimmy tomorrow", ["30 EUR", "Jimmy Chan", "2026-11-22"]),
        ("to Maria rather", ["Maria Lopez"]),
        ("wait, did I say 19? it's 91", ["91"]),
    ],
)
def test_what_corrects(text, corrections):
    assert [short(mention.value) for mention in find(text) if mention.corrects] == corrections


@pytest.mark.parametrize(
    "text",
    [
        "pay Maria 20",
        "send fifty quid to John from my savings",
        "show my last 5 transactions",
        "no problem, pay Maria 20",
        "the second one",
    ],
)
def test_what_corrects_nothing(text):
    assert not any(mention.corrects for mention in find(text))


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("not the first", ["1"]),
        ("to Maria, not John", ["John Carter"]),
        ("not 50 but 70", ["50"]),
        ("not the debit one", ["kind=debit"]),
        ("use my savings instead of everyday", ["Everyday"]),
        ("don't pay John", ["John Carter"]),
        ("no not tomorrow", ["2026-11-22"]),
        ("rather than from savings", ["Rainy Day"]),
        ("not more than 50 pounds", []),
        ("pay Maria 20", []),
    ],
)
def test_what_is_negated(text, negated):
    assert [short(mention.value) for mention in find(text) if mention.negated] == negated


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the first", 1),
        ("the first one", 1),
        ("second", 2),
        ("the 2nd one", 2),
        ("the third card", 3),
        ("last one", -1),
        ("the last but one", -2),
        ("the latter", -1),
        ("option 3", 3),
        ("number two", 2),
        ("#2", 2),
        ("no, the second", 2),
    ],
)
def test_which_of_several(text, place):
    assert [mention.value for mention in find(text, "ordinal")] == [place]


def test_a_bare_ordinal_may_be_a_day_too():
    assert {mention.kind for mention in find("the third")} == {"date", "ordinal"}


@pytest.mark.parametrize(
    "text",
    ["I want a second card", "my first payment", "pay on the 3rd of June", "the last month", "at the last minute"],
)
def test_what_is_no_choice(text):
    assert find(text, "ordinal") == []


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", "2"), ("55", "55"), ("just one", "1"), ("twenty five", "25"), ("-5", "-5"), ("my last 9 transactions", "9")],
)
def test_a_number_that_nothing_explains(text, number):
    assert values(text, "number") == [number]
