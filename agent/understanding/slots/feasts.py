"""Feasts: "Christmas Eve", "Easter Monday", "next Halloween"."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from dateutil.easter import easter

from agent.understanding.slots.calendar_words import (
    YEAR,
    Seen,
    year_of,
)
from agent.understanding.slots.rules import rules

_FEASTS: tuple[tuple[str, Callable[[int], date]], ...] = (
    (r"christmas\s+eve", lambda year: date(year, 12, 24)),
    (r"(?:christmas|xmas)(?:\s+day)?", lambda year: date(year, 12, 25)),
    (r"boxing\s+day", lambda year: date(year, 12, 26)),
    (r"new\s+year'?s?\s+eve", lambda year: date(year, 12, 31)),
    (r"new\s+year(?:'?s)?(?:\s+day)?", lambda year: date(year, 1, 1)),
    (r"valentine'?s?(?:\s+day)?", lambda year: date(year, 2, 14)),
    (r"hallowe'?en", lambda year: date(year, 10, 31)),
    (r"good\s+friday", lambda year: easter(year) - timedelta(days=2)),
    (r"easter\s+monday", lambda year: easter(year) + timedelta(days=1)),
    (r"easter(?:\s+sunday)?", easter),
)


NAMES = "|".join(pattern for pattern, _ in _FEASTS)


def _feast(match: re.Match[str], seen: Seen) -> date | None:
    of = next(of for pattern, of in _FEASTS if re.fullmatch(pattern, match["feast"], re.IGNORECASE))
    if match["year"]:
        return of(year_of(match["year"]))
    if match["side"]:
        days = [of(seen.today.year + number) for number in (-1, 0, 1)]
        if match["side"].lower() == "last":
            return next(day for day in reversed(days) if day < seen.today)
        return next(day for day in days if day > seen.today)
    return seen.nearest(*(of(seen.today.year + number) for number in (-1, 0, 1)))


RULES = rules(
    (rf"\b(?:(?P<side>last|next)\s+)?(?P<feast>{NAMES})\b(?:\s+(?P<year>{YEAR}))?", _feast),
)
