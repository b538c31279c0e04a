"""Periods of days in a customer's words."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.understanding.periods import find_period

TODAY = date(2026, 11, 21)  # a Saturday


def days(text: str, today: date = TODAY) -> str | None:
    period = find_period(text, today)
    return f"{period[0]}..{period[1]}" if period else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what did I spend today?", "2026-11-21..2026-11-21"),
        ("yesterday's payments", "2026-11-20..2026-11-20"),
        ("spending this week", "2026-11-16..2026-11-21"),
        ("spending this month", "2026-11-01..2026-11-21"),
        ("spending in the current year", "2026-01-01..2026-11-21"),
        ("spending last week", "2026-11-09..2026-11-15"),
        ("How much did I spend on groceries LAST MONTH?", "2026-10-01..2026-10-31"),
        ("the previous year", "2025-01-01..2025-12-31"),
        ("the last 7 days", "2026-11-15..2026-11-21"),
        ("the past two weeks", "2026-11-08..2026-11-21"),
        ("the last 3 months", "2026-08-22..2026-11-21"),
        ("the past twelve months", "2025-11-22..2026-11-21"),
        ("past seven days", "2026-11-15..2026-11-21"),
        ("the last 1 year", "2025-11-22..2026-11-21"),
        ("in June", "2026-06-01..2026-06-30"),
        ("in sept", "2026-09-01..2026-09-30"),
        ("during Oct 2025", "2025-10-01..2025-10-31"),
        ("in November", "2026-11-01..2026-11-21"),
        ("in December", "2025-12-01..2025-12-31"),
        ("since June", "2026-06-01..2026-11-21"),
        ("since december", "2025-12-01..2026-11-21"),
        ("since 2026-10-05", "2026-10-05..2026-11-21"),
        ("since last month", "2026-10-01..2026-11-21"),
        ("Since you ask: what did I spend last month?", "2026-10-01..2026-10-31"),
        ("on 2026-10-05", "2026-10-05..2026-10-05"),
        ("from 2026-10-05 to 2026-10-01", "2026-10-01..2026-10-05"),
        ("from 2026-11-01 to 2027-01-31", "2026-11-01..2026-11-21"),
        # No period, or none that has begun.
        ("on 2026-02-30", None),
        ("on 2026-12-01", None),
        ("in December 2026", None),
        ("the last 0 days", None),
        ("my last 5 transactions", None),
        ("may I see my last payment?", None),
        ("what's my balance?", None),
        ("", None),
    ],
)
def test_words_and_days(text, expected):
    assert days(text) == expected


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("last month", date(2026, 1, 15), "2025-12-01..2025-12-31"),
        ("last month", date(2026, 3, 31), "2026-02-01..2026-02-28"),
        ("last month", date(2024, 3, 31), "2024-02-01..2024-02-29"),
        ("in February", date(2024, 5, 1), "2024-02-01..2024-02-29"),
        ("in February", date(2024, 2, 29), "2024-02-01..2024-02-29"),
        ("last year", date(2024, 2, 29), "2023-01-01..2023-12-31"),
        ("the past year", date(2024, 2, 29), "2023-03-01..2024-02-29"),
        ("the last month", date(2024, 3, 1), "2024-02-01..2024-02-29"),
        ("the last 1 month", date(2024, 3, 31), "2024-03-01..2024-03-31"),
        ("last week", date(2026, 1, 1), "2025-12-22..2025-12-28"),
        ("this week", date(2026, 11, 16), "2026-11-16..2026-11-16"),
        ("this week", date(2026, 1, 1), "2025-12-29..2026-01-01"),
        ("yesterday", date(2026, 1, 1), "2025-12-31..2025-12-31"),
        ("yesterday", date(2024, 3, 1), "2024-02-29..2024-02-29"),
        ("in january", date(2026, 1, 1), "2026-01-01..2026-01-01"),
    ],
)
def test_at_the_ends_of_months_and_years(text, today, expected):
    assert days(text, today) == expected


WORDS = st.sampled_from(
    [
        *("last", "past", "previous", "this", "in", "since", "for", "of", "a", "ten", "0", "1", "31", "999", "٣"),
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
        *("2026-02-30", "0000-00-00", "9999-12-31", "0001-01-01", "2024-02-29", "٢٠٢٦-٠١-٠١"),
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join)), st.dates(date(2020, 1, 1), date(2100, 12, 31)))
@example("the last 999 years", date(2020, 1, 1))
def test_any_text_gives_no_period_or_one_in_order_that_has_begun(text, today):
    period = find_period(text, today)

    assert period is None or period[0] <= period[1] <= today
