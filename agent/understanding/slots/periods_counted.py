"""Periods that are counted from today: "the past 10 days", "the next 3 months", "last fortnight"."""

import re
from datetime import date, timedelta

from agent.understanding.slots.calendar_words import (
    COUNT,
    UNIT,
    Seen,
    duration_of,
    shifted,
)
from agent.understanding.slots.mention import Duration, Period
from agent.understanding.slots.rules import rules

BACK = r"last|previous|past|prior"


AHEAD = r"next|coming|following|upcoming"


def counted_back(today: date, duration: Duration) -> Period | None:
    """ "the last 7 days" ends today and has seven days."""
    first = shifted(today, duration, -1)
    return Period(first + timedelta(days=1), today) if first is not None and first < today else None


def counted_ahead(today: date, duration: Duration) -> Period | None:
    """ "the next 7 days" begins today and has seven days."""
    end = shifted(today, duration, 1)
    return Period(today, end - timedelta(days=1)) if end is not None and end > today else None


def _counted(match: re.Match[str], seen: Seen) -> Period | None:
    duration = duration_of(match["count"], match["unit"], seen.locale)
    if duration.unit in ("hours", "minutes"):
        return None
    count = counted_ahead if re.fullmatch(AHEAD, match["side"], re.IGNORECASE) else counted_back
    return count(seen.today, duration)


def _fortnight(match: re.Match[str], seen: Seen) -> Period | None:
    count = counted_ahead if re.fullmatch(AHEAD, match["side"], re.IGNORECASE) else counted_back
    return count(seen.today, duration_of(None, match["unit"], seen.locale))


RULES = rules(
    (
        rf"\b(?P<side>{BACK}|{AHEAD})\s+(?P<count>{COUNT})\s*(?P<unit>{UNIT}|quarters?\b)",
        _counted,
    ),
    (rf"\b(?P<count>{COUNT})\s+(?P<side>last|past|previous|next)\s+(?=\w+s\b)(?P<unit>{UNIT})", _counted),
    (rf"\b(?P<side>{BACK}|{AHEAD})\s+(?P<unit>fortnight)\b", _fortnight),
)
