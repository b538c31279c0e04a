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
from agent.understanding.slots.calendar_words import MONTH, WEEKDAY, Seen
from agent.understanding.slots.mention import Mention
from agent.understanding.slots.numbers import ORDINAL

_RULES = (
    (None, days_from_today.RULES),
    (re.compile(WEEKDAY, re.IGNORECASE), days_of_week.RULES),
    (re.compile(days_of_month.NEEDED, re.IGNORECASE), days_of_month.RULES),
    (re.compile(r"\d"), days_in_figures.RULES),
    (None, days_at_edges.RULES),
    (re.compile(feasts.NAMES, re.IGNORECASE), feasts.RULES),
)
"""What each of the rules needs, and the rules."""

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
    wanted = (rule for needed, rules in _RULES if needed is None or needed.search(text) for rule in rules)
    for pattern, rule in wanted:
        for match in pattern.finditer(text):
            day = rule(match, seen)
            if day is not None and match[0] != "24/7":
                yield Mention("date", match[0], match.start(), match.end(), day)
