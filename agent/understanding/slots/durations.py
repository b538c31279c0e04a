"""Lengths of time: "six months", "an hour and a half", "for days"."""

import re
from collections.abc import Iterator

from agent.understanding.slots.calendar_words import (
    COUNT,
    UNIT,
    and_a_half,
    duration_of,
    unit_of,
)
from agent.understanding.slots.mention import Duration, Mention
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import DIGITS, WORDS

_DURATION = re.compile(
    rf"\b(?P<count>{COUNT})[\s-]*(?P<unit>{UNIT}|quarters?\b)(?P<half>\s+and\s+a\s+half)?", re.IGNORECASE
)


_MEASURES = re.compile(
    r"(?:\b(?:for|over|than|within|of|about|almost|nearly|least|most|takes?|took|after|in|another|last(?:s|ed)?|been|by|next|up\s+to|every)\s+"
    r"(?:about\s+|almost\s+|nearly\s+|only\s+)?|^\W*)$",
    re.IGNORECASE,
)
""" "a day" alone is often no length: "call it a day"."""


_SET_TO = re.compile(
    rf"\b(?P<unit>months|years|weeks|days)\s+(?:to|is|are|should\s+be|=|:)\s+(?P<count>{DIGITS}|{WORDS})\b(?!\s*{UNIT})",
    re.IGNORECASE,
)
""" "change the months to 20"."""


_VAGUE = re.compile(
    r"(?<=\bfor\s)(?P<unit>minutes|hours|days|weeks|months|years|ages)\b|(?<=\bbeen\s)(?P<unit2>hours|days|weeks|months|years)\b|\b(?P<lately>recently|lately)\b",
    re.I,
)


def find_durations(text: str, locale: str) -> Iterator[Mention]:
    """ "six months", "an hour and a half", "for days"."""
    for match in _DURATION.finditer(text):
        if (
            match["count"].lower() in ("a", "an")
            and not match["half"]
            and not just_before(_MEASURES, text, match.start())
        ):
            continue
        duration = duration_of(match["count"], match["unit"], locale)
        if match["half"]:
            duration = and_a_half(duration, match["unit"], locale)
        yield Mention("duration", match[0], match.start(), match.end(), duration)
    for match in _SET_TO.finditer(text):
        duration = duration_of(match["count"], match["unit"], locale)
        yield Mention("duration", match[0], match.start(), match.end(), duration)
    for match in _VAGUE.finditer(text):
        unit, _ = unit_of((match["unit"] or match["unit2"] or "days").replace("ages", "years"))
        yield Mention("duration", match[0], match.start(), match.end(), Duration(None, unit))
