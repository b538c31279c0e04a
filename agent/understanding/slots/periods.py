"""Periods of days: "last month", "in June", "the past 10 days", "Q3 2025", "the weekend"."""

import re
from collections.abc import Iterator

from agent.understanding.slots import periods_around_today, periods_counted, periods_of_year, periods_within
from agent.understanding.slots.calendar_words import (
    MONTH,
    UNIT,
    Seen,
    duration_of,
)
from agent.understanding.slots.mention import Mention, Period

_RULES = (*periods_around_today.RULES, *periods_counted.RULES, *periods_of_year.RULES, *periods_within.RULES)


_FIRST_CHARACTER = re.compile(r"\b(?:over|at|on|during|for|in|of|since|from|until)\s+", re.IGNORECASE)


_HINT = re.compile(
    rf"{MONTH}|week|month|quarter|year|day|{UNIT}|20\d\d|\bq[1-4]|summer|autumn|winter|spring|last|past|next|fall",
    re.IGNORECASE,
)
"""Without any of it no period is named."""


def find_periods(text: str, seen: Seen) -> Iterator[Mention]:
    """Every period that may be meant; of overlapping ones the longest is. A counted one has its duration as a part."""
    if not _HINT.search(text):
        return
    for pattern, rule in _RULES:
        for match in pattern.finditer(text):
            try:
                period = rule(match, seen)
            except (OverflowError, ValueError):
                # Beyond the years that a calendar has.
                continue
            if period is not None:
                yield _mention(match, period, seen)


def _mention(match: re.Match[str], period: Period, seen: Seen) -> Mention:
    start = match.start()
    if lead := _FIRST_CHARACTER.match(match[0]):
        start += lead.end()
    groups = match.groupdict()
    if groups.get("here"):
        start = match.start("here")
    parts: tuple[Mention, ...] = ()
    if groups.get("count"):
        duration = duration_of(groups["count"], match["unit"], seen.locale)
        parts = (Mention("duration", match[0], start, match.end(), duration),)
    return Mention("period", match.string[start : match.end()], start, match.end(), period, parts=parts)
