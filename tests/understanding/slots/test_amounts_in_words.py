"""Amounts as people say them: slang, slips, parts of others and ranges; and what asks for an exact one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.slots import Amount, Change
from agent.understanding.slots.vocabulary import ONES, TENS
from core.money import Money
from tests.understanding.slots.finding import find, values


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("send Maria a grand", "1000"),
        ("give Jimmy a score", "20 GBP"),
        ("a grand and a half to savings", "1500.0"),
        ("move 1.5k to savings", "1500.0"),
        ("5 hundred to Maria", "500"),
        ("two fifty pounds to Maria", "250.0 GBP"),
        ("two pounds fifty to Maria", "2.5 GBP"),
        ("fiftey pounds to John", "50 GBP"),
        ("twnety quid to John", "20 GBP"),
        ("one hunderd pounds to John", "100 GBP"),
        ("send fiftey to Maria", "50"),
        ("about 50 quid to Maria", "50 GBP"),
        ("a quarter of a million pounds", "250000.00 GBP"),
        ("10% of £80 to Maria", "8.0 GBP"),
    ],
)
def test_an_amount_in_words(text, amount):
    assert values(text, "amount") == [amount]


@pytest.mark.parametrize(
    "text",
    [
        "send her twenty-odd",
        "send her twenty odd quid",
        "forty something pounds to Maria",
        "a few hundred quid to Maria",
        "£50+ to Maria",
        "half of what's in there",
        "half my balance to Maria",
        "everything in there",
        "the usual to Maria",
        "the same as last time",
        "send Maria 40-50",
        "I have a score of 700",
        "pay for a pony ride",
    ],
)
def test_what_says_no_exact_amount_is_none(text):
    assert find(text, "amount", "change") == []


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("send between 40 and 50 pounds to Maria", "40 GBP, 50 GBP"),
        ("somewhere between 40 and 50", "40, 50"),
        ("send Maria £40-50", "40 GBP, 50 GBP"),
        ("send Maria 40-50 euros", "40 EUR, 50 EUR"),
        ("pay John 40 or 50", "40, 50"),
        ("payments from 50 to 40 pounds", "40 GBP, 50 GBP"),
    ],
)
def test_a_range_is_no_amount_to_pay(text, ends):
    assert values(text, "amount_range") == [ends]
    assert find(text, "amount", "number") == []


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.sampled_from(["between £{} and £{}", "£{}-{}", "£{} or £{}"]))
def test_neither_end_of_a_range_is_ever_an_amount(one, other, form):
    assert find(f"send Maria {form.format(one, other)}", "amount", "number") == []


def test_of_a_change_the_old_amount_is_negated():
    old, new = find("raise my limit from £500 to £800", "amount")

    assert (old.negated, new.negated) == (True, False)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("a third of it", Decimal(1) / 3),
        ("three quarters of that", Decimal("0.75")),
        ("10% of that", Decimal("0.1")),
        ("ten percent more", Decimal("1.1")),
        ("20% less please", Decimal("0.8")),
    ],
)
def test_a_part_of_what_was_said(text, factor):
    assert [mention.value for mention in find(text, "change")] == [Change(factor=factor)]


@given(st.integers(1, 10**12), st.sampled_from(["GBP", "EUR", "USD", "JPY", "CHF"]))
def test_an_amount_as_the_bank_shows_it_is_read_back_to_the_last_penny(minor, currency):
    money = Money(minor, currency)

    (found,) = find(f"send {money} to Maria", "amount")

    assert isinstance(found.value, Amount)
    assert Money.parse(format(found.value.number, "f"), found.value.currency or "") == money


def in_words(number: int) -> str:
    """In English, below a million."""
    for scale, name in ((1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = number % scale
            link = " and " if rest < 100 else " "
            return f"{in_words(number // scale)} {name}" + (link + in_words(rest) if rest else "")
    if number < len(ONES):
        return ONES[number]
    return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")


@given(st.integers(1, 999_999))
def test_an_amount_in_words_is_read_as_the_number_that_it_is(number):
    assert values(f"send {in_words(number)} pounds to Maria", "amount") == [f"{number} GBP"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("how much did I spend at Ironworks Gym", "merchant"),
        ("how much did I spend at ironworks gym", "merchant"),
        ("did ironworks gym charge me", "merchant"),
        ("how much did I spend at the gym", "category"),
        ("spending at my local gym", "category"),
    ],
)
def test_a_company_is_no_category_though_its_name_has_the_word(text, kind):
    assert [mention.kind for mention in find(text, "merchant", "category")] == [kind]
