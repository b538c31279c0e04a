"""When cards and PIN letters arrive."""

from datetime import date, datetime

import pytest

from core.clock import BANK_TIME_ZONE
from tools.cards.post import plan_post
from tools.cards.replacement import end_of_validity


@pytest.mark.parametrize(
    ("ordered", "dispatched", "expected"),
    [
        ("2026-11-16T09:00", "2026-11-17", "2026-11-23"),
        ("2026-11-16T14:59", "2026-11-17", "2026-11-23"),
        ("2026-11-16T15:01", "2026-11-18", "2026-11-24"),
        ("2026-11-20T16:00", "2026-11-24", "2026-11-30"),
        ("2026-11-21T09:00", "2026-11-24", "2026-11-30"),
        # Christmas Day, Boxing Day (kept on the Monday) and New Year's Day.
        ("2026-12-24T10:00", "2026-12-29", "2027-01-05"),
        # The 29th of February is a day like any other.
        ("2028-02-28T10:00", "2028-02-29", "2028-03-06"),
    ],
)
def test_working_days_are_counted_from_the_order(ordered: str, dispatched: str, expected: str):
    now = datetime.fromisoformat(ordered).replace(tzinfo=BANK_TIME_ZONE)

    post = plan_post(now, dispatch_days=1, days=5)

    assert (post.dispatch_on.isoformat(), post.expected_on.isoformat()) == (dispatched, expected)


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        (date(2026, 11, 21), date(2030, 11, 30)),
        (date(2024, 2, 29), date(2028, 2, 29)),
        (date(2027, 2, 1), date(2031, 2, 28)),
    ],
)
def test_a_card_is_good_until_the_end_of_a_month(made: date, ends: date):
    assert end_of_validity(made) == ends
