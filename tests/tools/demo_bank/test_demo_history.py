"""The days that the generator plans with."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import BANK_TIME_ZONE
from tools.demo_bank.calendar import DAY, MONTHS_BACK, History, at

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ANY_TIME = settings(deadline=None)


@ANY_TIME
@given(MOMENTS)
def test_a_history_begins_on_the_first_of_a_month_eighteen_months_back(now: datetime) -> None:
    history = History(now)
    assert history.first.day == 1
    assert len(history.months) == MONTHS_BACK + 1
    assert history.date(history.months[-1].start) == now.astimezone(BANK_TIME_ZONE).date().replace(day=1)


@ANY_TIME
@given(MOMENTS, st.integers(0, 540), st.integers(4, 22), st.integers(0, 59))
def test_a_stamp_is_the_local_time_that_was_meant_whatever_the_clocks_did(
    now: datetime, day: int, hour: int, minute: int
) -> None:
    history = History(now)
    stamped = datetime.fromisoformat(history.stamp(at(day, hour, minute))).astimezone(BANK_TIME_ZONE)
    assert stamped.date() == history.first + timedelta(days=day)
    assert (stamped.hour, stamped.minute) == (hour, minute)


@ANY_TIME
@given(MOMENTS)
def test_now_is_a_moment_of_the_history(now: datetime) -> None:
    history = History(now)
    assert history.now_at // DAY == history.today_index
    assert history.date(history.today_index) == now.astimezone(BANK_TIME_ZONE).date()


@ANY_TIME
@given(MOMENTS, st.integers(0, 540))
def test_working_days_are_never_on_a_weekend(now: datetime, day: int) -> None:
    history = History(now)
    before, after = history.working_day_before(day), history.working_day_after(day)
    assert before <= day <= after
    assert history.date(before).weekday() < 5
    assert history.date(after).weekday() < 5


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        History(datetime(2026, 1, 1))  # noqa: DTZ001
