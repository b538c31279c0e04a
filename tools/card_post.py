"""When what we post arrives: cards, and letters with PINs. Working days are Monday to Friday without the bank holidays
of England and Wales; what is ordered after the cut-off counts from the next one."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

import holidays

from core.clock import BANK_TIME_ZONE
from tools.registry import Refusal

CUT_OFF = time(15)
"""Local time, as the help centre publishes it (card-delivery-times)."""

Method = Literal["standard", "express", "courier"]

_HOLIDAYS = holidays.country_holidays("GB", subdiv="ENG")


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
    today = local.date()
    return today if _is_working_day(today) and local.time() <= CUT_OFF else _working_days_later(today, 1)


def _working_days_later(day: date, number: int) -> date:
    while number > 0:
        day += timedelta(days=1)
        number -= _is_working_day(day)
    return day


def _is_working_day(day: date) -> bool:
    return day.isoweekday() <= 5 and day not in _HOLIDAYS
