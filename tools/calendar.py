"""The bank's calendar: on which days payments run, until when on a day, and how often a standing order is due. Pure:
days and moments are arguments. Days are London's; a moment is made from a day's clock time there, so that it is right
on the days on which clocks change.

The published rules (help centre, "Cut-off times, weekends and bank holidays"): pounds and transfers between own
accounts run every day without a cut-off; SEPA until 3pm and SWIFT until 2pm on working days. Holidays come from the
package holidays: the bank holidays of England and the closing days of the European payment system (TARGET).
"""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from holidays import country_holidays, financial_holidays
from pydantic import BeforeValidator

from core.clock import BANK_TIME_ZONE

Frequency = Literal["weekly", "fortnightly", "four_weekly", "monthly", "quarterly", "yearly"]


class Route(StrEnum):
    """How a payment travels, which decides when it runs."""

    INSTANT = "instant"
    """Pounds, and between own accounts."""
    SEPA = "sepa"
    SWIFT = "swift"


_ENGLAND = country_holidays("GB", subdiv="ENG")
_TARGET = financial_holidays("XECB")
_CUT_OFFS = {Route.SEPA: time(15), Route.SWIFT: time(14)}
_LEAVES = time(6)
_SECOND_TRY = time(14)
_DAYS: dict[str, int] = {"weekly": 7, "fortnightly": 14, "four_weekly": 28}
_MONTHS: dict[str, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}
_DAY = timedelta(days=1)


def route_of(currency: str, *, is_own: bool) -> Route:
    """Of a payment in this currency to a payee or to an own account."""
    if is_own or currency == "GBP":
        return Route.INSTANT
    return Route.SEPA if currency == "EUR" else Route.SWIFT


def is_bank_holiday(day: date) -> bool:
    """In England, on whatever day of the week."""
    return day in _ENGLAND


def is_business_day(day: date) -> bool:
    """Monday to Friday without the bank holidays of England."""
    return day.weekday() < 5 and not is_bank_holiday(day)


def next_business_day(day: date) -> date:
    """The first after ``day``."""
    day += _DAY
    while not is_business_day(day):
        day += _DAY
    return day


def business_days_before(day: date, number: int) -> date:
    """The day that many business days earlier."""
    while number > 0:
        day -= _DAY
        number -= is_business_day(day)
    return day


def runs_on(route: Route, day: date) -> bool:
    """Whether payments of this kind leave on that day."""
    if route is Route.INSTANT:
        return True
    return is_business_day(day) and not (route is Route.SEPA and day in _TARGET)


def leave_day(route: Route, day: date, now: datetime) -> date:
    """The first day from ``day`` and from today on which the payment can leave: after today's cut-off, a later one."""
    today = now.astimezone(BANK_TIME_ZONE).date()
    day = max(day, today)
    cut_off = _CUT_OFFS.get(route)
    if day == today and cut_off is not None and now >= _at(today, cut_off):
        day += _DAY
    while not runs_on(route, day):
        day += _DAY
    return day


def leaves_at(day: date) -> datetime:
    """When the payments of a day begin to leave: six in the morning. The database computes the same (0006)."""
    return _at(day, _LEAVES)


def second_try_at(day: date) -> datetime:
    """When a payment for which there was too little money is tried once more: two in the afternoon."""
    return _at(day, _SECOND_TRY)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or the last of a shorter one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def occurrence(starts_on: date, frequency: Frequency, number: int) -> date:
    """The day that a standing order names for its payment ``number``, the first being 0. Each is counted from the
    start: from the 31st, the last day of a shorter month is followed by a 31st again."""
    if frequency in _DAYS:
        return starts_on + timedelta(days=_DAYS[frequency] * number)
    return add_months(starts_on, _MONTHS[frequency] * number)


def next_occurrence(starts_on: date, frequency: Frequency, after: date) -> date:
    """The first of those days after ``after``."""
    if frequency in _DAYS:
        passed = (after - starts_on).days // _DAYS[frequency]
    else:
        passed = ((after.year - starts_on.year) * 12 + after.month - starts_on.month) // _MONTHS[frequency]
    number = max(0, passed)
    while occurrence(starts_on, frequency, number) <= after:
        number += 1
    return occurrence(starts_on, frequency, number)


def next_payment(starts_on: date, frequency: Frequency, ends_on: date | None, route: Route, after: date) -> date | None:
    """The day on which a standing order's next payment leaves, after the one that left on ``after``; None after its
    end."""
    named = next_occurrence(starts_on, frequency, after)
    if ends_on is not None and named > ends_on:
        return None
    while not runs_on(route, named):
        named += _DAY
    return named


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, BANK_TIME_ZONE)


def _real_day(value: object) -> object:
    """Says what would work in place of a day that its month does not have."""
    if not isinstance(value, str):
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        raise ValueError("write the date as YYYY-MM-DD")
    try:
        year, month, day = (int(part) for part in value.split("-"))
        last = monthrange(year, month)[1]
    except ValueError as error:
        raise ValueError("write the date as YYYY-MM-DD, with a month from 01 to 12") from error
    if not 1 <= day <= last:
        raise ValueError(
            f"there is no day {day} in {year:04}-{month:02}: its last day is {year:04}-{month:02}-{last:02}"
        )
    return value


GivenDay = Annotated[date, BeforeValidator(_real_day)]
"""A day as a caller writes it, ``YYYY-MM-DD``."""
