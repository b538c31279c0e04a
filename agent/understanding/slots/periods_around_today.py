"""Periods that lie around today: "last month", "the weekend", "month to date"."""

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import (
    STEPS,
    WEEKDAY,
    Seen,
    duration_of,
    monday_of,
)
from agent.understanding.slots.mention import Period
from agent.understanding.slots.numbers import ORDINAL, parse_ordinal
from agent.understanding.slots.periods_counted import AHEAD, BACK, counted_back
from agent.understanding.slots.rules import rules

_SIDE = rf"this|current|{BACK}|{AHEAD}"


def _whole(unit: str, seen: Seen, steps: int) -> Period:
    """The week, month, quarter, year or weekend that lies so many of them from today's."""
    today = seen.today
    if unit == "week":
        first = monday_of(today) + timedelta(days=7 * steps)
        return Period(first, first + timedelta(days=6))
    if unit == "weekend":
        first = monday_of(today) + timedelta(days=5 + 7 * steps)
        return Period(first, first + timedelta(days=1))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1) + relativedelta(months=months * steps)
    return Period(first, first + relativedelta(months=months, days=-1))


def _named_unit(match: re.Match[str], seen: Seen) -> Period | None:
    unit, side = match["unit"].lower(), match["side"].lower()
    if side == "past" and unit != "weekend":
        return counted_back(seen.today, duration_of(None, unit, seen.locale))
    steps = STEPS.get(side, 0)
    if unit == "weekend" and steps == -1 and seen.today.weekday() == 6:
        return _whole(unit, seen, -1)
    if unit == "weekend" and steps == 0 and seen.tense == "past" and _whole(unit, seen, 0).first > seen.today:
        return _whole(unit, seen, -1)
    return _whole(unit, seen, steps)


def _tax_year(match: re.Match[str], seen: Seen) -> Period:
    """The British one, from 6 April."""
    start = date(seen.today.year, 4, 6)
    start = start if start <= seen.today else start - relativedelta(years=1)
    first = start + relativedelta(years=STEPS.get((match.groupdict().get("side") or "").lower(), 0))
    return Period(first, first + relativedelta(years=1, days=-1))


def _before_last(match: re.Match[str], seen: Seen) -> Period:
    return _whole(match["unit"].lower(), seen, -2 if match["which"].lower() == "before last" else 2)


def _to_date(match: re.Match[str], seen: Seen) -> Period:
    if match["tax"]:
        return _tax_year(match, seen)._replace(last=seen.today)
    return Period(_whole(match["unit"].lower(), seen, 0).first, seen.today)


def _weekend(match: re.Match[str], seen: Seen) -> Period:  # noqa: ARG001
    steps = -1 if seen.tense == "past" and seen.today.weekday() < 5 else 0
    return _whole("weekend", seen, steps)


def _week_of(match: re.Match[str], seen: Seen) -> Period | None:
    """ "the week of the 1st": the week, from Monday, in which that day lies."""
    day, first = parse_ordinal(match["day"]), seen.today.replace(day=1)
    months = [first + relativedelta(months=number) for number in range(-2, 3)]
    found = seen.nearest(*(month + timedelta(days=day - 1) for month in months))
    return found and Period(monday_of(found), monday_of(found) + timedelta(days=6))


RULES = rules(
    (
        rf"\b(?P<side>{_SIDE})(?:\s+(?:calendar|whole|full|entire))?\s+(?P<unit>weekend|week|month|quarter|year)(?:'s)?\b",
        _named_unit,
    ),
    (rf"\b(?:(?P<side>{_SIDE})\s+)?(?:tax|financial)\s+year\b", _tax_year),
    (
        rf"\b(?P<unit>weekend|week|month|quarter|year)\s+(?P<which>before\s+last|after\s+next)\b(?!\s+{WEEKDAY})",
        _before_last,
    ),
    (r"\b(?P<tax>(?:tax|financial)\s+)?(?P<unit>week|month|quarter|year)[\s-]+to[\s-]+date\b", _to_date),
    (r"\b(?:over|at|on|during|for|the)\s+(?:the\s+)?weekend\b", _weekend),
    (rf"\bweek\s+of\s+(?:the\s+)?(?P<day>{ORDINAL})", _week_of),
)
