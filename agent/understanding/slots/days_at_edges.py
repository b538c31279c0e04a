"""Days at an edge of something longer: "end of the month", "last working day of June", "the first Monday of May"."""

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import (
    MONTH,
    SIDE,
    WEEKDAY,
    YEAR,
    Seen,
    monday_of,
    month_of,
    weekday_of,
    year_of,
)
from agent.understanding.slots.days_from_today import business_day_up_to
from agent.understanding.slots.numbers import parse_ordinal
from agent.understanding.slots.rules import rules
from tools.calendar import next_business_day

_UNIT_OF_TIME = r"month|week|year|quarter"


def named_month(match: re.Match[str], seen: Seen) -> date:
    """The first day of the month that ``side`` or ``month`` names; of the month that runs if neither does."""
    groups = match.groupdict()
    first = seen.today.replace(day=1)
    if groups.get("month"):
        month = month_of(groups["month"])
        if groups.get("year"):
            return date(year_of(groups["year"]), month, 1)
        starts = [date(first.year + number, month, 1) for number in (-1, 0, 1)]
        return (
            next((day for day in starts if day >= first), starts[-1])
            if seen.tense == "future"
            else (seen.nearest(*starts) or first)
        )
    side = (groups.get("side") or "").lower()
    return first + relativedelta(
        months={"last": -1, "previous": -1, "next": 1, "following": 1, "coming": 1}.get(side, 0)
    )


def _edge(match: re.Match[str], seen: Seen) -> date | None:
    """ "end of the month", "beginning of next year", "mid June", "month end"."""
    groups = match.groupdict()
    unit, side = (groups.get("unit") or "month").lower(), (groups.get("side") or "").lower()
    edge = (groups.get("edge") or "end").lower()
    steps = {"last": -1, "previous": -1, "next": 1, "following": 1, "coming": 1}.get(side, 0)
    if groups.get("month") or unit == "month":
        first = named_month(match, seen)
        last = first + relativedelta(months=1, days=-1)
    elif unit == "week":
        first = monday_of(seen.today) + timedelta(days=7 * steps)
        last = first + timedelta(days=4)
    elif unit == "quarter":
        first = date(seen.today.year, (seen.today.month - 1) // 3 * 3 + 1, 1) + relativedelta(months=3 * steps)
        last = first + relativedelta(months=3, days=-1)
    else:
        first = date(seen.today.year + steps, 1, 1)
        last = date(first.year, 12, 31)
    if re.match(r"(?:the\s+)?(?:mid|middle)", edge):
        return first + timedelta(days=(last - first).days // 2)
    day = first if re.search("start|begin|first", edge) else last
    if re.search("working|business", edge):
        return next_business_day(day - timedelta(days=1)) if day == first else business_day_up_to(day)
    if unit == "week" and re.search("last day", edge):
        return first + timedelta(days=6)
    return day


def _nth_weekday(match: re.Match[str], seen: Seen) -> date | None:
    """ "the first Monday of next month", "the last Friday in June"."""
    first, weekday, which = named_month(match, seen), weekday_of(match["weekday"]), match["nth"].lower()
    if which == "last":
        day = first + relativedelta(months=1, days=-1)
        return day - timedelta(days=(day.weekday() - weekday) % 7)
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (parse_ordinal(which) - 1))
    if day.month != first.month:
        return None
    if day < seen.today and not match["side"] and not match["month"] and seen.tense == "future":
        first += relativedelta(months=1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (parse_ordinal(which) - 1))
    return day


RULES = rules(
    (
        r"\b(?P<edge>(?:the\s+)?(?:last|first)(?:\s+(?:working|business))?\s+day)(?=\s+of\s+(?:each|every)\s+month)",
        _edge,
    ),
    (
        rf"\b(?P<edge>(?:end|start|beginning|middle|(?:the\s+)?(?:last|first)(?:\s+(?:working|business))?\s+day)\s+(?:of|in)"
        rf"|mid)[\s-]+(?:the\s+)?(?:(?P<side>{SIDE})\s+)?(?:(?P<unit>{_UNIT_OF_TIME})\b|(?P<month>{MONTH})(?:\s+(?P<year>{YEAR}))?)",
        _edge,
    ),
    (r"\b(?P<unit>month|week|year|quarter)(?:\s+|-|'s\s+)(?P<edge>end)\b", _edge),
    (
        rf"\b(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(?P<weekday>{WEEKDAY})\s+(?:of|in)\s+(?:the\s+)?"
        rf"(?:(?:(?P<side>{SIDE})\s+)?month\b|(?P<month>{MONTH})(?:\s+(?P<year>{YEAR}))?)",
        _nth_weekday,
    ),
)
