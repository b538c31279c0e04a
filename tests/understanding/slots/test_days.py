"""Days in a customer's words, seen from Saturday, 21 November 2026."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.understanding.slots.finding import NOW, find, values


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-21"),
        ("tomorrow", "2026-11-22"),
        ("the day after tomorrow", "2026-11-23"),
        ("Yesterday", "2026-11-20"),
        ("the day before yesterday", "2026-11-19"),
        ("tonight", "2026-11-21"),
        ("on Friday", "2026-11-27"),
        ("on fri", "2026-11-27"),
        ("next Friday", "2026-11-27"),
        ("this Sunday", "2026-11-22"),
        ("next Sunday", "2026-11-29"),
        ("last Friday", "2026-11-20"),
        ("on Saturday", "2026-11-28"),
        ("Monday next week", "2026-11-23"),
        ("Saturday last week", "2026-11-14"),
        ("Friday week", "2026-12-04"),
        ("a week on Friday", "2026-12-04"),
        ("the 3rd", "2026-12-03"),
        ("on the 31st", "2026-12-31"),
        ("the 25th of this month", "2026-11-25"),
        ("the 1st of next month", "2026-12-01"),
        ("3 December", "2026-12-03"),
        ("3rd of December", "2026-12-03"),
        ("December 3rd", "2026-12-03"),
        ("Dec the 3rd", "2026-12-03"),
        ("3 June", "2027-06-03"),
        ("3 June 2028", "2028-06-03"),
        ("Thursday, 3 December", "2026-12-03"),
        ("book it for Thursday 19 November", "2026-11-19"),
        ("book it for Thursday the 19th", "2026-11-19"),
        ("I meant Monday 23 November", "2026-11-23"),
        ("it was Monday 23 November", "2026-11-23"),
        ("pay it on Sunday 23 November", "2026-11-23"),
        ("the twenty first of december", "2026-12-21"),
        ("29 February", "2028-02-29"),
        ("on 5/12", "2026-12-05"),
        ("5/12/2026", "2026-12-05"),
        ("5.12.2026", "2026-12-05"),
        ("5-12-26", "2026-12-05"),
        ("25/1", "2027-01-25"),
        ("2026-12-05", "2026-12-05"),
        ("in 3 days", "2026-11-24"),
        ("in two weeks", "2026-12-05"),
        ("in a fortnight", "2026-12-05"),
        ("in a month's time", "2026-12-21"),
        ("two weeks from now", "2026-12-05"),
        ("3 days ago", "2026-11-18"),
        ("six months ago", "2026-05-21"),
        ("a couple of days ago", "2026-11-19"),
        ("end of the month", "2026-11-30"),
        ("at month end", "2026-11-30"),
        ("beginning of next month", "2026-12-01"),
        ("the last day of December", "2026-12-31"),
        ("end of the year", "2026-12-31"),
        ("mid December", "2026-12-16"),
        ("the next working day", "2026-11-23"),
        ("in 3 working days", "2026-11-25"),
        ("the last working day of next month", "2026-12-31"),
        ("the first Monday of next month", "2026-12-07"),
        ("the last Friday in December", "2026-12-25"),
        ("Christmas Eve", "2026-12-24"),
        ("Good Friday", "2027-03-26"),
    ],
)
def test_a_day_ahead_or_one_that_says_where_it_lies(text, day):
    assert values(text, "date", tense="future") == [day]
    assert values(f"Please pay Maria £20 {text}.", "date", tense="future") == [day]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("what did I pay on Friday?", "2026-11-20"),
        ("what did I pay on the 3rd?", "2026-11-03"),
        ("what did I pay on the 25th?", "2026-10-25"),
        ("what did I pay on 3 June?", "2026-06-03"),
        ("show my transactions on 5/12", "2025-12-05"),
        ("what did I spend at Christmas?", "2025-12-25"),
    ],
)
def test_a_day_that_could_be_meant_twice_lies_behind_where_the_verbs_do(text, day):
    assert values(text, "date") == [day]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("tomorow", "2026-11-22"),
        ("tommorrow", "2026-11-22"),
        ("tmrw", "2026-11-22"),
        ("2moro", "2026-11-22"),
        ("on wensday", "2026-11-25"),
        ("on thrusday", "2026-11-26"),
        ("3 decemeber", "2026-12-03"),
        ("3 Febuary", "2027-02-03"),
        ("yesturday", "2026-11-20"),
    ],
)
def test_a_misspelt_day(text, day):
    (found,) = find(text, "date", tense="future")

    assert found.value == date.fromisoformat(day)
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [("5/12", "en-GB", "2026-12-05"), ("5/12", "en-US", "2027-05-12"), ("5/25", "en-GB", "2027-05-25")],
)
def test_the_locale_says_which_number_is_the_month(text, locale, day):
    assert values(text, "date", locale=locale, tense="future") == [day]


@pytest.mark.parametrize("text", ["30 February", "31 June 2026", "31/02/2026", "2026-13-01"])
def test_a_day_that_no_month_has_is_given_as_it_was_said(text):
    assert values(f"pay Maria 20 on {text}", "date") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "the second one",
        "my 2nd payment",
        "I sat down",
        "may I see my balance?",
        "march on",
        "a second card",
        "open 24/7",
        "£5.12",
        "freeze my card right now",
        "I now want to know my balance",
        "version 1.2",
        "card 4821",
    ],
)
def test_what_is_no_day(text):
    assert find(text, "date") == []


def test_at_once_is_today_for_a_payment():
    assert values("pay Maria £20 right now", "date") == ["2026-11-21"]


FORMS = st.sampled_from(
    ["%d %B %Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%B %d, %Y", "%d %b %Y", "%d-%m-%Y", "%A, %d %B %Y"]
)
PLACED = st.sampled_from(["{}", "pay Maria £20 on {}", "no, {}", "{} please", "what did I pay on {}?"])


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), FORMS, PLACED)
def test_a_day_that_is_written_in_any_usual_way_is_found_again(day, form, placed):
    assert [mention.value for mention in find(placed.format(day.strftime(form)), "date")] == [day]


@given(st.integers(0, 400), st.sampled_from(["in {} days", "{} days from now", "{} days from today"]))
def test_days_ahead_are_counted_from_today(number, form):
    assert [mention.value for mention in find(form.format(number), "date")] == [NOW.date() + timedelta(days=number)]


@given(
    st.dates(date(2020, 1, 1), date(2060, 12, 31)),
    st.sampled_from(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]),
)
def test_a_weekday_ahead_is_the_first_after_today(today, weekday):
    now = datetime(today.year, today.month, today.day, tzinfo=UTC)

    (found,) = find(f"pay Maria £20 on {weekday}", "date", now=now)

    assert 1 <= (found.value - today).days <= 7
    assert found.value.strftime("%A") == weekday
