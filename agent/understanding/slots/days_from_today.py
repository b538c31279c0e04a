"""Days that are counted from today: "tomorrow", "in two weeks", "3 days ago", "next working day"."""

import re
from datetime import date, timedelta

from agent.understanding.slots.calendar_words import (
    COUNT,
    UNIT,
    WEEKDAY,
    Seen,
    duration_of,
    shifted,
    weekday_of,
)
from agent.understanding.slots.days_of_week import coming
from agent.understanding.slots.rules import rules
from tools.calendar import is_business_day, next_business_day

_OFFSETS = {
    "day after tomorrow": 2,
    "day before yesterday": -2,
    "tomorrow": 1,
    "yesterday": -1,
    "today": 0,
    "tonight": 0,
    "last night": -1,
}


_EVERYWHERE = (
    r"(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)|tomorrow|yesterday|tonight|last\s+night"
    r"|this\s+(?:morning|afternoon|evening)|today"
)


_AT_ONCE = (
    r"right\s+now|immediately|straight\s?away|right\s+away|asap|at\s+once|now(?=\s*(?:please|pls|instead|,|$|[.!?]))"
)
""" "now" inside a sentence is no day: "I now want to know"."""


_PAYS = re.compile(
    r"\b(?:pay|send|transfer|move|make\s+it|do\s+it|schedule|wire|payment)\b|^\W*(?:\w+\W+){0,2}now\W*$", re.IGNORECASE
)


def _word(match: re.Match[str], seen: Seen) -> date | None:
    said = re.sub(r"\s+", " ", match[0].lower()).removeprefix("the ")
    return seen.today + timedelta(days=_OFFSETS.get(said, 0))


def _at_once(match: re.Match[str], seen: Seen) -> date | None:
    """Today, of a payment; who wants something frozen at once names no day."""
    return seen.today if _PAYS.search(match.string) else None


def _counted(match: re.Match[str], seen: Seen) -> date | None:
    """ "in two weeks", "3 days ago", "a week on Friday"."""
    duration = duration_of(match["count"], match["unit"], seen.locale)
    if duration.number is None or duration.unit in ("hours", "minutes"):
        return None
    if match["unit"].lower() == "night" and duration.number != 1:
        # "20 to 2 at night".
        return None
    groups = match.groupdict()
    if groups.get("on"):
        start = coming(weekday_of(groups["on"]), seen.today)
    else:
        start = seen.today + timedelta(days=bool(groups.get("tomorrow")))
    return shifted(start, duration, -1 if groups.get("ago") else 1)


def _working_days(match: re.Match[str], seen: Seen) -> date | None:
    duration = duration_of(match["count"], "days", seen.locale)
    day = seen.today
    for _ in range(min(int(duration.number or 0), 366)):
        day = next_business_day(day)
    return day


def _next_working_day(match: re.Match[str], seen: Seen) -> date | None:
    if (match["side"] or "").lower() in ("last", "previous"):
        return business_day_up_to(seen.today - timedelta(days=1))
    return next_business_day(seen.today)


def business_day_up_to(day: date) -> date:
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day


RULES = rules(
    (rf"\b(?:{_EVERYWHERE})\b", _word),
    (rf"\b(?:{_AT_ONCE})\b", _at_once),
    (
        r"(?:(?<=\buntil\s)|(?<=\btill\s)|(?<=\bup\sto\s)|(?<=\bbetween\s)|(?<=\bfrom\s)(?=now\s+(?:to|until|till)\b))now\b",
        _word,
    ),
    (rf"\b(?:in|within)\s+(?P<count>{COUNT})\s*(?P<unit>{UNIT})(?:'?\s+time)?", _counted),
    (
        rf"\b(?P<count>{COUNT})\s*(?P<unit>{UNIT})\s+(?:from\s+(?:now|today)|(?:from\s+)?(?P<tomorrow>tomorrow)"
        rf"|today|(?P<ago>ago(?:\s+today)?|back|earlier|before\s+(?:now|today))|(?:from|on)\s+(?P<on>{WEEKDAY}))",
        _counted,
    ),
    (rf"\b(?:in|within)\s+(?P<count>{COUNT})\s+(?:working|business|banking)\s+days?(?:'?\s+time)?", _working_days),
    (rf"\b(?P<count>{COUNT})\s+(?:working|business|banking)\s+days?\s+from\s+(?:now|today)\b", _working_days),
    (r"\b(?P<side>next|last|previous|following|first)\s+(?:working|business|banking)\s+day\b", _next_working_day),
)
