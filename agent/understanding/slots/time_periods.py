"""Periods of a day: "the last 3 hours", "tomorrow morning", of a meeting "between 2 and 4"."""

import re
from collections.abc import Iterator
from datetime import datetime, time

from agent.understanding.slots.calendar_words import COUNT, HOUR, and_a_half, duration_of
from agent.understanding.slots.clock import HALF_OF_DAY, MINUTES, NOT_COUNTED, time_of
from agent.understanding.slots.mention import Mention, TimePeriod
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.phrases import one_of
from agent.understanding.slots.times import moved

_PARTS = {
    "morning": TimePeriod(time(0), time(12)),
    "afternoon": TimePeriod(time(12), time(19)),
    "evening": TimePeriod(time(18), time(0)),
    "night": TimePeriod(time(18), time(6)),
}
"""Of the day; wide, so that nobody's evening is left out."""
_PART_OF_DAY = re.compile(
    rf"(?:\b(?:{one_of('before_part')})\s+|(?<=day\s))(?P<part>{'|'.join(_PARTS)})\b", re.IGNORECASE
)
_HOUR_BEFORE = re.compile(rf"\b{HOUR}(?:[:. ]{MINUTES})?\s+$", re.IGNORECASE)
""" "8 this morning" is a time."""
_COUNTED = re.compile(
    rf"\b(?:last|past|previous|(?P<ahead>next|coming))\s+(?:(?P<count>{COUNT})\s*)?(?P<unit>(?:minutes?|mins?|hours?|hrs?)\b)"
    r"(?P<half>\s+and\s+a\s+half)?",
    re.IGNORECASE,
)
_IS_MEETING = re.compile(rf"\b(?:{one_of('about_meeting')})\b", re.IGNORECASE)
_TWO_HOURS = re.compile(
    rf"\b(?:between|from)\s+(?P<first>{HOUR})\s+(?:and|to|till|until)\s+(?P<last>{HOUR})\b"
    # "between 2 and 4 tomorrow afternoon", "... on Monday afternoon"
    rf"(?:\s*{HALF_OF_DAY}|(?=\s+(?:this|tomorrow|(?:on\s+)?\w+day)\s+(?P<that>morning|afternoon|evening)\b))?{NOT_COUNTED}",
    re.IGNORECASE,
)


def find_time_periods(text: str, now: datetime, locale: str) -> Iterator[Mention]:
    """Counted ones have their length as a part, those between two hours both ends."""
    if _IS_MEETING.search(text):
        yield from _between_hours(text)
    yield from _counted(text, now, locale)
    for match in _PART_OF_DAY.finditer(text):
        if not just_before(_HOUR_BEFORE, text, match.start()):
            yield Mention("time_period", match["part"], *match.span("part"), _PARTS[match["part"].lower()])


def _counted(text: str, now: datetime, locale: str) -> Iterator[Mention]:
    for match in _COUNTED.finditer(text):
        length = duration_of(match["count"], match["unit"], locale)
        if match["half"]:
            length = and_a_half(length, match["unit"], locale)
        other = moved(now, length, 1 if match["ahead"] else -1)
        if other is None:
            continue
        this = now.time().replace(microsecond=0)
        value = TimePeriod(this, other) if match["ahead"] else TimePeriod(other, this)
        part = Mention("duration", match[0], match.start(), match.end(), length)
        yield Mention("time_period", match[0], match.start(), match.end(), value, parts=(part,))


def _between_hours(text: str) -> Iterator[Mention]:
    for match in _TWO_HOURS.finditer(text):
        half = {"ampm": match["ampm"], "part": match["part"] or match["that"]}
        first, last = time_of({"hour": match["first"], **half}), time_of({"hour": match["last"], **half})
        if first and last and first > last:
            # "from 11 to 1pm"
            first = time_of({"hour": match["first"]})
        if first is None or last is None:
            continue
        start, end = match.start("first"), len(match[0].rstrip()) + match.start()
        parts = (
            Mention("time", match["first"], *match.span("first"), first, role="from"),
            Mention("time", text[match.start("last") : end], match.start("last"), end, last, role="to"),
        )
        yield Mention("time_period", text[start:end], start, end, TimePeriod(first, last), parts=parts)
