"""What is said of an amount or a day that was named before."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.slots import Change, Duration, Shift
from agent.understanding.slots.relative import move
from tests.understanding.slots.finding import find, values


@pytest.mark.parametrize(
    ("text", "factor", "more"),
    [
        ("double it", 2, 0),
        ("make it twice as much", 2, 0),
        ("just half please", "0.5", 0),
        ("half of that", "0.5", 0),
        ("cut it in half", "0.5", 0),
        ("three times the amount", 3, 0),
        ("make it ten more", 1, 10),
        ("actually 5 less", 1, -5),
        ("knock a fiver off", 1, -5),
        ("increase it by 20", 1, 20),
        ("reduce the amount by £2.50", 1, "-2.50"),
        ("add 20 to it", 1, 20),
    ],
)
def test_an_amount_that_changes(text, factor, more):
    found = find(text, "change", "amount", "number")
    assert [mention.kind for mention in found] == ["change"]
    change = found[0].value
    assert isinstance(change, Change)
    assert (change.factor, change.more) == (Decimal(factor), Decimal(more))


@pytest.mark.parametrize(
    "text", ["send her 20 more", "add 20 to my savings", "show 10 more", "half past 3", "more than 20"]
)
def test_what_changes_no_amount(text):
    assert not find(text, "change")


def test_the_part_of_an_amount_is_an_amount():
    assert values("pay Maria half of £80", "amount") == ["40.0 GBP"]


@pytest.mark.parametrize(
    ("text", "number", "unit", "weekday"),
    [
        ("a week later", 1, "weeks", None),
        ("two days earlier", -2, "days", None),
        ("the day after", 1, "days", None),
        ("the following day", 1, "days", None),
        ("the week before that", -1, "weeks", None),
        ("push it back three days", 3, "days", None),
        ("bring it forward a day", -1, "days", None),
        ("delay it by a month", 1, "months", None),
        ("make it the Monday after", 1, "days", 0),
    ],
)
def test_a_day_that_moves(text, number, unit, weekday):
    assert [mention.value for mention in find(text, "shift")] == [Shift(Duration(Decimal(number), unit), weekday)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("three days before Christmas", "2026-12-22"),
        ("the Friday before Christmas", "2026-12-18"),
        ("the day after the 1st of December", "2026-12-02"),
        ("a week after next Monday", "2026-11-30"),
    ],
)
def test_a_day_that_is_told_from_another_one(text, day):
    assert values(text, "date") == [day]


def test_the_day_after_tomorrow_is_a_day():
    assert [mention.kind for mention in find("the day after tomorrow")] == ["date"]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 6), st.booleans())
def test_a_weekday_after_or_before_is_the_nearest(day, weekday, is_back):
    moved = move(day, Shift(Duration(Decimal(-1 if is_back else 1), "days"), weekday))
    assert moved is not None
    assert moved.weekday() == weekday
    assert 1 <= abs((moved - day).days) <= 7
    assert (moved < day) == is_back
