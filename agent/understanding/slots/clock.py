"""Parts of which times of day are said, as patterns, and the time that they make together."""

import re
from collections.abc import Mapping
from datetime import time

from agent.understanding.slots.calendar_words import HOUR_WORDS, MONTHS
from agent.understanding.slots.numbers import parse_number
from agent.understanding.slots.phrases import one_of

HOUR_FIGURES = r"(?:2[0-4]|1\d|0?\d)"
HOUR_IN_WORDS = "|".join(HOUR_WORDS)
MINUTES = r"[0-5]\d"
OCLOCK = r"o'?\s?clock"
HALF_OF_DAY = r"(?:(?P<ampm>[ap])\.?\s?m\b\.?|(?:in\s+the\s+|at\s+)?(?P<part>morning|afternoon|evening|night|noon)\b)"
""" "pm", "in the afternoon"."""
PERHAPS_HALF = rf"(?:\s*{HALF_OF_DAY})?"
FREE = r"(?<![\d£€$.,:/+-])"
"""No amount, date or phone number goes on here."""
FREE_OR_RANGE = r"(?<![\d£€$.,:/+])(?<!(?<![m\d])-)"
"""As FREE, but a hyphen may stand behind another time: "9-10:30", "2pm-4pm"."""
NOT_COUNTED = rf"(?!\s*(?:[/%£€$-]|[.,:]\d|st\b|nd\b|rd\b|th\b|(?:{one_of('counted')}|{'|'.join(MONTHS)})\b|\d))"
"""What follows is nothing that a number counts."""

_MINUTE_WORDS = {"five": 5, "ten": 10, "quarter": 15, "twenty": 20, "twenty five": 25, "half": 30}
_OH = re.compile(r"\bo'?h?\s?(?=five)")
_NOON = 12
_HOURS_OF_DAY = 24
_MINUTES_OF_HOUR = 60
_NIGHT_BEGINS = 6
"""An hour up to which "at night" is after midnight."""


def time_of(said: Mapping[str, str | None]) -> time | None:
    """What ``hour``, ``minutes``, ``way`` (past, to, after, before), ``ampm``, ``part`` and ``tonight`` say; None if no
    clock shows it."""
    hour = _in_half(_hour(said.get("hour") or "0"), said)
    minutes = _minutes(said["minutes"]) if said.get("minutes") else 0
    if (said.get("way") or "").lower() in ("to", "before") and minutes:
        hour, minutes = (hour - 1) % _HOURS_OF_DAY, _MINUTES_OF_HOUR - minutes
    return time(hour % _HOURS_OF_DAY, minutes) if hour <= _HOURS_OF_DAY and minutes < _MINUTES_OF_HOUR else None


def _hour(said: str) -> int:
    return HOUR_WORDS.get(said.lower()) or int(said)


def _minutes(said: str | None) -> int:
    """ "quarter", "oh five", "25"."""
    word = _OH.sub("", re.sub(r"[\s-]+", " ", (said or "0").lower()))
    return _MINUTE_WORDS[word] if word in _MINUTE_WORDS else int(parse_number(word, "en"))


def _in_half(hour: int, said: Mapping[str, str | None]) -> int:
    """The hour in the half of the day that is said."""
    ampm = (said.get("ampm") or "").lower()
    part = (said.get("part") or ("evening" if said.get("tonight") else "")).lower()
    if hour == _HOURS_OF_DAY or (hour == _NOON and (ampm == "a" or part in ("morning", "night"))):
        return 0
    is_late = ampm == "p" or part in ("afternoon", "evening") or (part == "night" and hour >= _NIGHT_BEGINS)
    return hour + _NOON if is_late and hour < _NOON and ampm != "a" and part != "morning" else hour
