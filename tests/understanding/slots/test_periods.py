"""Periods of days and lengths of time, seen from Saturday, 21 November 2026."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.understanding.slots import Period
from tests.understanding.slots.finding import find, values


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("spending this week", "2026-11-16..2026-11-22"),
        ("spending this month", "2026-11-01..2026-11-30"),
        ("spending in the current year", "2026-01-01..2026-12-31"),
        ("spending last week", "2026-11-09..2026-11-15"),
        ("How much did I spend on groceries LAST MONTH?", "2026-10-01..2026-10-31"),
        ("the previous year", "2025-01-01..2025-12-31"),
        ("last quarter", "2026-07-01..2026-09-30"),
        ("next month", "2026-12-01..2026-12-31"),
        ("the month before last", "2026-09-01..2026-09-30"),
        ("last tax year", "2025-04-06..2026-04-05"),
        ("year to date", "2026-01-01..2026-11-21"),
        ("last weekend", "2026-11-14..2026-11-15"),
        ("the last 7 days", "2026-11-15..2026-11-21"),
        ("the past two weeks", "2026-11-08..2026-11-21"),
        ("the last 3 months", "2026-08-22..2026-11-21"),
        ("the past year", "2025-11-22..2026-11-21"),
        ("the next 30 days", "2026-11-21..2026-12-20"),
        ("what did I spend in June", "2026-06-01..2026-06-30"),
        ("what did I spend in sept", "2026-09-01..2026-09-30"),
        ("what did I spend in may", "2026-05-01..2026-05-31"),
        ("what did I spend in December", "2025-12-01..2025-12-31"),
        ("in October last year", "2025-10-01..2025-10-31"),
        ("statement for September 2025", "2025-09-01..2025-09-30"),
        ("show spending in 2025", "2025-01-01..2025-12-31"),
        ("Q3 2025", "2025-07-01..2025-09-30"),
        ("the first quarter of 2026", "2026-01-01..2026-03-31"),
        ("last summer", "2026-06-01..2026-08-31"),
        ("what did I spend since March", "2026-03-01..2026-11-21"),
        ("since 5 October", "2026-10-05..2026-11-21"),
        ("since last month", "2026-10-01..2026-11-21"),
        ("payments between 3 and 10 June", "2026-06-03..2026-06-10"),
        ("payments from the 3rd to the 6th of June", "2026-06-03..2026-06-06"),
        ("payments from 28 Oct to the 3rd", "2026-10-28..2026-11-03"),
        ("payments from 28 October to 3 November", "2026-10-28..2026-11-03"),
        ("payments on 1-15 May", "2026-05-01..2026-05-15"),
        ("payments on May 1-15", "2026-05-01..2026-05-15"),
        ("payments May 5th to the 12th", "2026-05-05..2026-05-12"),
        ("transactions between 01/10/2026 and 15/10/2026", "2026-10-01..2026-10-15"),
        ("transactions from 2026-10-01 to 2026-10-15", "2026-10-01..2026-10-15"),
        ("what did I spend from January to March", "2026-01-01..2026-03-31"),
        ("from 3 May to 10 June 2025", "2025-05-03..2025-06-10"),
        ("from Monday to Sunday", "2026-11-23..2026-11-29"),
    ],
)
def test_a_period(text, period):
    assert values(text, "period") == [period]


@pytest.mark.parametrize(
    "text", ["my last 5 transactions", "may I see my last payment?", "what's my balance?", "call it a day"]
)
def test_what_is_no_period(text):
    assert find(text, "period", "duration") == []


@pytest.mark.parametrize(
    ("text", "role", "day"),
    [
        ("until Friday", "to", "2026-11-27"),
        ("up to 3 June", "to", "2027-06-03"),
        ("until June", "to", "2027-06-30"),
        ("starting next Monday", "from", "2026-11-23"),
        ("from 1 December", "from", "2026-12-01"),
        ("from June on", "from", "2027-06-01"),
        ("the payment from yesterday", None, "2026-11-20"),
        ("by Friday", None, "2026-11-27"),
    ],
)
def test_one_end_of_a_period(text, role, day):
    (found,) = find(text, "date", tense="future")

    assert (found.role, found.value.isoformat()) == (role, day)


def test_the_ends_of_a_period_are_given_as_they_were_said():
    (found,) = find("from the 3rd to the 6th of June", "period", tense="past")

    assert [(part.text, part.role) for part in found.parts] == [("3rd", "from"), ("6th of June", "to")]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("for six months", "6, months"),
        ("over 3 years", "3, years"),
        ("for a year and a half", "1.5, years"),
        ("half a year", "0.5, years"),
        ("a fortnight", "2, weeks"),
        ("for an hour", "1, hours"),
        ("for days", "None, days"),
        ("48 months", "48, months"),
    ],
)
def test_a_length_of_time(text, length):
    assert values(text, "duration") == [length]


WORDS = st.sampled_from(
    [
        *(
            "last",
            "past",
            "previous",
            "this",
            "in",
            "since",
            "for",
            "of",
            "a",
            "ten",
            "0",
            "1",
            "31",
            "999",
            "٣",
            "to",
            "-",
        ),
        *(
            "day",
            "days",
            "week",
            "months",
            "year",
            "years",
            "today",
            "yesterday",
            "may",
            "feb",
            "march",
            "2000",
            "2099",
        ),
        *(
            "2026-02-30",
            "0000-00-00",
            "9999-12-31",
            "0001-01-01",
            "2024-02-29",
            "٢٠٢٦-٠١-٠١",
            "the 31st",
            "Q4",
            "weekend",
        ),
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join)), st.dates(date(2020, 1, 1), date(2100, 12, 31)))
@example("the last 999 years", date(2020, 1, 1))
@example("in 99999999999 months", date(2020, 1, 1))
@example("0001/2/1 to 0001/1/1", date(2020, 1, 1))
@example("7741-1-3 to 0001-1-1", date(2020, 1, 1))
def test_a_period_never_ends_before_it_begins(text, today):
    now = datetime(today.year, today.month, today.day, tzinfo=UTC)

    for mention in find(text, "period", now=now):
        assert isinstance(mention.value, Period)
        assert mention.value.first <= mention.value.last


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("last month", date(2026, 1, 15), "2025-12-01..2025-12-31"),
        ("last month", date(2024, 3, 31), "2024-02-01..2024-02-29"),
        ("last year", date(2024, 2, 29), "2023-01-01..2023-12-31"),
        ("the past year", date(2024, 2, 29), "2023-03-01..2024-02-29"),
        ("the last 1 month", date(2024, 3, 31), "2024-03-01..2024-03-31"),
        ("last week", date(2026, 1, 1), "2025-12-22..2025-12-28"),
        ("this week", date(2026, 1, 1), "2025-12-29..2026-01-04"),
        ("spent in february", date(2024, 5, 1), "2024-02-01..2024-02-29"),
    ],
)
def test_at_the_ends_of_months_and_years(text, today, expected):
    assert values(text, "period", now=datetime(today.year, today.month, today.day, tzinfo=UTC)) == [expected]
