"""Days of a month: "the 3rd", "the 25th of next month", "5 December", "March 3rd, 2027"."""

import re
from dataclasses import replace
from datetime import date

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import (
    MONTH,
    SIDE,
    UNIT,
    WEEKDAY,
    YEAR,
    Seen,
    month_of,
    real_day,
    year_of,
)
from agent.understanding.slots.numbers import ORDINAL, parse_ordinal
from agent.understanding.slots.rules import rules
from agent.understanding.slots.vocabulary import ASKS, ENDS

_OF = r"\s*(?:of\s+)?(?:the\s+)?"


_NOT_COUNTED = (
    r"(?!\s*(?:one|ones|time|times|transactions?|payments?|cards?|accounts?|payees?|option|line|item|entry|party"
    r"|class|rate|step|choice|thing|attempt|half|quarter|of\s+(?:these|those|them|two|three)))"
)


_GO_ON = ENDS | {*ASKS} | {"works", "suits", "sounds", "looks", "seems", "fits", "onwards", "ideally", "preferably"}
_NEXT_WORD = re.compile(r"\s+([a-z][\w'’]*)")


_STREET = (
    r"(?!\s+(?:(?:street|road|avenue|lane|gardens|terrace|crescent|mews|grove)\b"
    r"|(?-i:St|Rd|Ave|Close|Drive|Way|Court|Place|Hill|House|Row|Walk|Square)\b))"
)
""" "12 March Road" is an address."""


_ANY_DAY = rf"(?:{ORDINAL}|\d{{1,2}})"


_BEFORE_THE = ("on", "by", "for", "from", "until", "till", "since", "before", "after", "between", "of")
_ON_THE = "|".join(rf"(?<=\b{word}\sthe\s)" for word in _BEFORE_THE)


_WEEKDAY_BEFORE = rf"(?:(?P<weekday>{WEEKDAY}),?\s+(?:the\s+)?)?"


def _day_of_month(match: re.Match[str], seen: Seen) -> date | None:
    """ "the 3rd", "the 25th of next month"."""
    if _counts_thing(match):
        return None
    day, side = parse_ordinal(match["day"]), (match["side"] or "").lower()
    if match.groupdict().get("passed"):
        return replace(seen, tense="past").nearest(*_of_months(seen, day))
    first = seen.today.replace(day=1)
    if side in ("this", "current", "next", "following", "coming", "last", "previous", "past"):
        months = {"this": 0, "current": 0, "last": -1, "previous": -1, "past": -1}.get(side, 1)
        return _in_month(first + relativedelta(months=months), day)
    return seen.nearest_on(match.groupdict().get("weekday"), *_of_months(seen, day))


def _counts_thing(match: re.Match[str]) -> bool:
    """ "the 3rd floor": a word follows that does not go on with a sentence. A name with a capital may."""
    after = _NEXT_WORD.match(match.string, match.end())
    return after is not None and after[1] not in _GO_ON


def _of_months(seen: Seen, day: int) -> list[date | None]:
    first = seen.today.replace(day=1)
    return [_in_month(first + relativedelta(months=number), day) for number in range(-2, 3)]


def _in_month(first: date, day: int) -> date | None:
    return real_day(first.year, first.month, day)


def _day_and_month(match: re.Match[str], seen: Seen) -> date | str:
    """The words themselves where the month has no such day: "30 February"."""
    return _real_day_and_month(match, seen) or match[0]


def _real_day_and_month(match: re.Match[str], seen: Seen) -> date | None:
    day = parse_ordinal(match["day"]) if not match["day"].isdecimal() else int(match["day"])
    month, year = month_of(match["month"]), match["year"]
    side = (match.groupdict().get("side") or "").lower()
    if year:
        return real_day(year_of(year), month, day)
    if side:
        return real_day(seen.today.year + {"last": -1, "next": 1}.get(side, 0), month, day)
    years = range(seen.today.year - 4, seen.today.year + 5)
    return seen.nearest_on(match["weekday"], *(real_day(year, month, day) for year in years))


NEEDED = rf"\d|{ORDINAL}"
"""A pattern of what each of the rules needs."""
RULES = rules(
    (
        rf"{_WEEKDAY_BEFORE}\b(?P<passed>(?:last|past|previous)\s+)?(?P<day>\d{{1,2}}\s?(?:st|nd|rd|th)\b)(?:{_OF}(?:(?P<side>{SIDE})\s+)?month\b)?{_NOT_COUNTED}",
        _day_of_month,
    ),
    (
        rf"(?:{_ON_THE}|(?<=day\sthe\s)|^the\s+)(?P<day>{ORDINAL})\b"
        rf"(?:{_OF}(?:(?P<side>{SIDE})\s+)?month\b)?{_NOT_COUNTED}",
        _day_of_month,
    ),
    (rf"^\W*(?:on\s+)?(?:the\s+)?(?P<day>{ORDINAL})(?P<side>)\W*$", _day_of_month),
    (
        r"(?<=\bon\sthe\s)(?P<day>\d{1,2})(?P<side>)(?=\s*(?:$|[,.?!]|please\b|of\s+(?:each|every)\b))",
        _day_of_month,
    ),
    (rf"\b(?P<day>{ORDINAL})\s+(?:of\s+)?(?:the\s+)?(?:(?P<side>{SIDE})\s+)?month\b", _day_of_month),
    (
        rf"{_WEEKDAY_BEFORE}\b(?P<day>{_ANY_DAY})\s*(?:of\s+)?(?P<month>{MONTH}){_STREET}(?:,?\s+(?:of\s+)?(?:(?P<year>{YEAR})|(?P<side>this|last|next)\s+year\b))?",
        _day_and_month,
    ),
    (
        rf"{_WEEKDAY_BEFORE}(?P<month>{MONTH})\s+(?:the\s+)?(?P<day>{_ANY_DAY})\b(?!\s*[:,.]\d|\s*(?:{UNIT}|pounds|quid|euros|dollars|transactions|payments))"
        rf"(?:,?\s+(?:of\s+)?(?:(?P<year>{YEAR})|(?P<side>this|last|next)\s+year\b))?",
        _day_and_month,
    ),
)
