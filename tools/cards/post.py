"""When what we post arrives: cards, and letters with PINs. What is ordered after the cut-off counts from the next
working day."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from core.clock import BANK_TIME_ZONE
from tools.calendar import is_business_day, next_business_day
from tools.registry import Refusal

CUT_OFF = time(15)
"""Local time, as the help centre publishes it (card-delivery-times)."""

Method = Literal["standard", "express", "courier"]


class NoAddress(Refusal):
    status: Literal["no_address"] = "no_address"
    message: str = "There is no postal address in your profile to send it to. Add your address first."


@dataclass(frozen=True, slots=True)
class Post:
    """Two days of one delivery."""

    dispatch_on: date
    expected_on: date

    @property
    def payload(self) -> dict[str, str]:
        return {"dispatch_on": self.dispatch_on.isoformat(), "expected_on": self.expected_on.isoformat()}


def plan_post(now: datetime, *, dispatch_days: int, days: int) -> Post:
    """Both counted in working days from the order."""
    ordered = _counts_from(now)
    return Post(_working_days_later(ordered, dispatch_days), _working_days_later(ordered, days))


def _counts_from(now: datetime) -> date:
    local = now.astimezone(BANK_TIME_ZONE)
    is_in_time = is_business_day(local.date()) and local.time() <= CUT_OFF
    return local.date() if is_in_time else next_business_day(local.date())


def _working_days_later(day: date, number: int) -> date:
    for _ in range(number):
        day = next_business_day(day)
    return day
