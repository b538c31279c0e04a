"""The bank's calendar, by what the help centre publishes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from core.clock import BANK_TIME_ZONE
from tools.calendar import (
    Frequency,
    GivenDay,
    Route,
    add_months,
    business_days_before,
    is_business_day,
    leave_day,
    leaves_at,
    next_business_day,
    next_occurrence,
    next_payment,
    occurrence,
    route_of,
    runs_on,
    second_try_at,
)

DAYS = st.dates(date(2020, 1, 1), date(2090, 12, 31))
FREQUENCIES = st.sampled_from(["weekly", "fortnightly", "four_weekly", "monthly", "quarterly", "yearly"])
MOMENTS = st.builds(
    lambda day, seconds: datetime.combine(day, time(), UTC) + timedelta(seconds=seconds), DAYS, st.integers(0, 86_399)
)
ROUTES = st.sampled_from(list(Route))

CHRISTMAS, BOXING_DAY, BOXING_MONDAY = date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28)
GOOD_FRIDAY, EASTER_MONDAY = date(2026, 4, 3), date(2026, 4, 6)
MAY_DAY, EARLY_MAY_MONDAY = date(2026, 5, 1), date(2026, 5, 4)


def test_a_business_day_is_a_weekday_without_a_bank_holiday_of_england():
    for day in (CHRISTMAS, BOXING_DAY, BOXING_MONDAY, GOOD_FRIDAY, EASTER_MONDAY, EARLY_MAY_MONDAY, date(2026, 11, 21)):
        assert not is_business_day(day), day
    assert is_business_day(date(2026, 11, 20))
    assert is_business_day(date(2026, 3, 17)), "Northern Ireland's holiday, not England's"
    assert next_business_day(date(2026, 12, 24)) == date(2026, 12, 29)
    assert next_business_day(date(2026, 4, 2)) == date(2026, 4, 7)
    assert business_days_before(date(2026, 4, 8), 3) == date(2026, 4, 1)
    assert business_days_before(date(2026, 4, 8), 0) == date(2026, 4, 8)


@pytest.mark.parametrize(
    ("currency", "is_own", "route"),
    [("GBP", False, "instant"), ("EUR", False, "sepa"), ("USD", False, "swift"), ("USD", True, "instant")],
)
def test_the_currency_decides_how_a_payment_travels(currency, is_own, route):
    assert route_of(currency, is_own=is_own) == route


def test_pounds_run_every_day_and_euros_when_both_england_and_the_european_system_work():
    assert all(runs_on(Route.INSTANT, day) for day in (CHRISTMAS, date(2026, 11, 21), GOOD_FRIDAY))
    assert runs_on(Route.SWIFT, MAY_DAY)
    assert not runs_on(Route.SEPA, MAY_DAY), "TARGET is closed on 1 May, which is a Friday in England"
    assert not runs_on(Route.SEPA, EARLY_MAY_MONDAY), "a bank holiday in England alone"


FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("route", "clock", "leaves"),
    [
        (Route.SEPA, "14:59:59", FRIDAY),
        (Route.SEPA, "15:00", date(2026, 11, 23)),
        (Route.SWIFT, "13:59:59", FRIDAY),
        (Route.SWIFT, "14:00", date(2026, 11, 23)),
        (Route.INSTANT, "23:59:59", FRIDAY),
    ],
)
def test_after_the_cut_off_a_payment_leaves_on_the_next_day_that_runs(route, clock, leaves):
    now = datetime.fromisoformat(f"2026-11-20T{clock}").replace(tzinfo=BANK_TIME_ZONE)

    assert leave_day(route, FRIDAY, now) == leaves
    assert leave_day(route, date(2026, 11, 13), now) == leaves, "a day that is over counts as today"


def test_a_later_day_has_no_cut_off_yet():
    late = datetime(2026, 11, 20, 22, tzinfo=UTC)

    assert leave_day(Route.SEPA, date(2026, 11, 24), late) == date(2026, 11, 24)
    assert leave_day(Route.SEPA, CHRISTMAS, late) == date(2026, 12, 29)
    assert leave_day(Route.INSTANT, CHRISTMAS, late) == CHRISTMAS


@pytest.mark.parametrize(
    ("day", "six_in_london"),
    [
        (date(2026, 3, 28), "2026-03-28T06:00Z"),
        (date(2026, 3, 29), "2026-03-29T05:00Z"),
        (date(2026, 10, 24), "2026-10-24T05:00Z"),
        (date(2026, 10, 25), "2026-10-25T06:00Z"),
    ],
)
def test_payments_leave_at_six_in_london_also_when_clocks_change(day, six_in_london):
    assert leaves_at(day) == datetime.fromisoformat(six_in_london)
    assert second_try_at(day) == leaves_at(day) + timedelta(hours=8)


def test_a_cut_off_is_london_time_in_summer_too():
    in_time, late = datetime(2026, 7, 1, 13, 59, tzinfo=UTC), datetime(2026, 7, 1, 14, 0, tzinfo=UTC)

    assert leave_day(Route.SEPA, date(2026, 7, 1), in_time) == date(2026, 7, 1)
    assert leave_day(Route.SEPA, date(2026, 7, 1), late) == date(2026, 7, 2)


def test_today_is_londons_day():
    """Half past eleven at night in UTC is tomorrow there in summer."""
    assert leave_day(Route.INSTANT, date(2026, 7, 1), datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)


def test_the_thirty_first_is_the_last_day_of_a_shorter_month_and_comes_back():
    days = [occurrence(date(2027, 1, 31), "monthly", n) for n in range(5)]

    assert days == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31)]


def test_the_twenty_ninth_of_february_is_the_twenty_eighth_in_common_years():
    days = [occurrence(date(2028, 2, 29), "yearly", n) for n in range(5)]

    assert [str(day) for day in days] == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]


@pytest.mark.parametrize(
    ("frequency", "second"),
    [
        ("weekly", date(2026, 11, 27)),
        ("fortnightly", date(2026, 12, 4)),
        ("four_weekly", date(2026, 12, 18)),
        ("monthly", date(2026, 12, 20)),
        ("quarterly", date(2027, 2, 20)),
        ("yearly", date(2027, 11, 20)),
    ],
)
def test_how_often(frequency: Frequency, second: date):
    assert next_occurrence(FRIDAY, frequency, FRIDAY) == second
    assert next_occurrence(FRIDAY, frequency, second - timedelta(days=1)) == second
    assert next_occurrence(FRIDAY, frequency, FRIDAY - timedelta(days=400)) == FRIDAY


def test_a_standing_order_ends_after_its_last_day_and_leaves_on_days_that_run():
    first = date(2026, 11, 2)

    assert next_payment(first, "monthly", date(2026, 12, 2), Route.INSTANT, first) == date(2026, 12, 2)
    assert next_payment(first, "monthly", date(2026, 12, 1), Route.INSTANT, first) is None
    # The 25th named, the 29th paid: the next is counted from the 25th.
    assert next_payment(date(2026, 11, 25), "monthly", None, Route.SEPA, date(2026, 11, 25)) == date(2026, 12, 29)
    assert next_payment(date(2026, 11, 25), "monthly", None, Route.SEPA, date(2026, 12, 29)) == date(2027, 1, 25)
    # Named on its last day, and paid after it.
    assert next_payment(date(2026, 11, 25), "monthly", CHRISTMAS, Route.SEPA, FRIDAY + timedelta(days=5)) == date(
        2026, 12, 29
    )


@given(day=DAYS, months=st.integers(-240, 240))
def test_months_keep_the_day_or_take_the_last_one(day: date, months: int):
    moved = add_months(day, months)

    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


@given(starts_on=DAYS, frequency=FREQUENCIES, after=DAYS)
def test_the_next_occurrence_is_the_first_after(starts_on: date, frequency: Frequency, after: date):
    found = next_occurrence(starts_on, frequency, after)
    numbers = range(4000)
    expected = next(day for day in (occurrence(starts_on, frequency, n) for n in numbers) if day > after)

    assert found == expected


@given(starts_on=DAYS, frequency=FREQUENCIES, route=ROUTES)
def test_no_payment_of_a_standing_order_is_left_out_or_made_twice(starts_on: date, frequency: Frequency, route: Route):
    """Each named day is paid on the first day from it on that runs."""
    paid = leave_day(route, starts_on, leaves_at(starts_on))
    for number in range(1, 14):
        named = occurrence(starts_on, frequency, number)
        after = paid
        found = next_payment(starts_on, frequency, None, route, after)
        assert found is not None
        paid = found
        assert runs_on(route, paid)
        assert named <= paid <= named + timedelta(days=6)
        assert after < paid


@given(route=ROUTES, day=DAYS, moment=MOMENTS)
def test_payments_leave_on_days_that_run_never_before_today_and_soon(route: Route, day: date, moment: datetime):
    today = moment.astimezone(BANK_TIME_ZONE).date()
    found = leave_day(route, day, moment)

    assert runs_on(route, found)
    assert max(day, today) <= found <= max(day, today) + timedelta(days=7)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2027-02-29", "there is no day 29 in 2027-02: its last day is 2027-02-28"),
        ("2026-11-31", "its last day is 2026-11-30"),
        ("2026-11-00", "its last day is 2026-11-30"),
        ("2026-13-01", "a month from 01 to 12"),
        ("tomorrow", "write the date as YYYY-MM-DD"),
        ("01/12/2026", "write the date as YYYY-MM-DD"),
        (20261201, "write the date as YYYY-MM-DD"),
        (datetime(2026, 12, 1, tzinfo=UTC), "write the date as YYYY-MM-DD"),
    ],
)
def test_a_day_that_is_none_is_told_with_what_would_work(written, said):
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(GivenDay).validate_python(written)


def test_the_twenty_ninth_of_february_is_a_day_in_leap_years():
    assert TypeAdapter(GivenDay).validate_python("2028-02-29") == date(2028, 2, 29)
    assert TypeAdapter(GivenDay).validate_python(FRIDAY) == FRIDAY
