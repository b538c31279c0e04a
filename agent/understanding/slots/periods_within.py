"""Parts of a longer period: "the first half of the year", "the second week of November", "the last ten days of it"."""

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import COUNT, MONTH, SIDE, STEPS, YEAR, Seen, duration_of, year_of
from agent.understanding.slots.days_at_edges import named_month
from agent.understanding.slots.mention import Period
from agent.understanding.slots.numbers import parse_ordinal
from agent.understanding.slots.rules import rules

_WEEK, _FORTNIGHT = 7, 14
_FIRST_HALF_OF_MONTH = 15
"""Days."""


def _whole(match: re.Match[str], seen: Seen) -> Period:
    unit, side = (match["unit"] or "").lower(), (match["side"] or "").lower()
    if match["month"] or unit == "month":
        first = named_month(match, seen)
        return Period(first, first + relativedelta(months=1, days=-1))
    year = year_of(match["whole_year"]) if match["whole_year"] else seen.today.year + STEPS.get(side, 0)
    return Period(date(year, 1, 1), date(year, 12, 31))


def _part(match: re.Match[str], seen: Seen) -> Period | None:
    whole, nth = _whole(match, seen), match["nth"].lower()
    if match["part"].lower() == "half":
        return _half(whole, is_first=nth in ("first", "1st"), is_month=whole.first.month == whole.last.month)
    length = _days(match, seen)
    if length is None or length < 1:
        return None
    if nth == "last":
        return Period(max(whole.first, whole.last - timedelta(days=length - 1)), whole.last)
    first = whole.first + timedelta(days=length * (parse_ordinal(nth) - 1))
    return Period(first, min(whole.last, first + timedelta(days=length - 1))) if first <= whole.last else None


def _days(match: re.Match[str], seen: Seen) -> int | None:
    match match["part"].lower():
        case "week":
            return _WEEK
        case "fortnight":
            return _FORTNIGHT
        case _:
            number = duration_of(match["count"], "days", seen.locale).number
            return None if number is None else int(min(number, 366))


def _half(whole: Period, *, is_first: bool, is_month: bool) -> Period:
    """Of a month the first 15 days and the rest; of a year six months."""
    second = whole.first + (timedelta(days=_FIRST_HALF_OF_MONTH) if is_month else relativedelta(months=6))
    return Period(whole.first, second - timedelta(days=1)) if is_first else Period(second, whole.last)


RULES = rules(
    (
        rf"\b(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(?P<part>half|week|fortnight|(?P<count>{COUNT})\s+days)"
        rf"\s+(?:of|in)\s+(?:the\s+)?(?:(?:(?P<side>{SIDE})\s+)?(?P<unit>month|year)\b|(?P<month>{MONTH})(?:\s+(?P<year>{YEAR}))?"
        rf"|(?P<whole_year>(?:19|20)\d\d)\b)",
        _part,
    ),
)
