"""Single days: those of today, weekdays, days of a month, in figures, at the edge of something longer, and feasts."""

import re
from collections.abc import Iterator

from agent.understanding.slots import (
    days_at_edges,
    days_from_today,
    days_in_figures,
    days_of_month,
    days_of_week,
    feasts,
)
from agent.understanding.slots.calendar_words import MONTH, Seen
from agent.understanding.slots.mention import Mention
from agent.understanding.slots.numbers import ORDINAL

_RULES = (
    *days_from_today.RULES,
    *days_of_week.RULES,
    *days_of_month.RULES,
    *days_in_figures.RULES,
    *days_at_edges.RULES,
    *feasts.RULES,
)

_HINT = re.compile(
    rf"\d|day|morrow|night|now|asap|once|immediate|away|morning|afternoon|evening|week|month|year|quarter|mon|tue|wed|thu|fri|sat|sun"
    rf"|{MONTH}|{feasts.NAMES}|{ORDINAL}|ago",
    re.IGNORECASE,
)
"""Without any of it no day is named; most messages name none."""


def find_days(text: str, seen: Seen) -> Iterator[Mention]:
    """Every day that may be meant; of overlapping ones the longest is."""
    if not _HINT.search(text):
        return
    for pattern, rule in _RULES:
        for match in pattern.finditer(text):
            day = rule(match, seen)
            if day is not None and match[0] != "24/7":
                yield Mention("date", match[0], match.start(), match.end(), day)
