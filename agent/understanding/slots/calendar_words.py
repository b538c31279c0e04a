"""Words of the calendar as patterns and numbers: weekdays, months, units; and the day from which they are seen."""

import re
from calendar import day_name, month_abbr, month_name
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.mention import Duration, Tense, Unit
from agent.understanding.slots.numbers import DIGITS, WORDS, parse_number
from agent.understanding.slots.vocabulary import ONES

_NAMED_MONTHS = {
    name.lower(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name
}
MONTHS = _NAMED_MONTHS | {"sept": 9}
_NAMED_DAYS = {name.lower(): number for number, name in enumerate(day_name)}
WEEKDAYS = (
    _NAMED_DAYS
    | {name[:3]: number for name, number in _NAMED_DAYS.items()}
    | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
)

_LONG_DAYS = [name.lower() for name in day_name] + ["tues", "weds", "thurs"]
_SHORT_DAYS = "mon|tue|wed|thur|thu|fri|sat|sun"
_BEFORE_SHORT = "on|by|until|till|since|every|each|this|next|last|coming|from|to|and|or|for"
_AFTER_DAY = (
    r"(?:\W*$|\s*[,.!?/-]|\s+(?:\d|(?:the|at|on|to|till|until|and|or|for|is|works|would|please|next|week|morning"
    r"|afternoon|evening|night)\b))"
)
""" "sun life" begins with no day."""
_AFTER_WORD = "|".join(rf"(?<=\b{word}\s)" for word in _BEFORE_SHORT.split("|"))
WEEKDAY = (
    rf"(?:\b(?:{'|'.join(_LONG_DAYS)})(?:s|'s)?\b"
    rf"|(?:^(?=\w+{_AFTER_DAY})|{_AFTER_WORD}|(?<=,\s))(?:{_SHORT_DAYS})\b(?!'))"
)
"""Short names only where nothing else can be meant: "on sat", not "I sat"."""
MONTH = rf"\b(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
YEAR = r"(?:(?:19|20)\d\d\b|'\d\d\b)"

_UNITS: dict[str, Unit] = {
    "minute": "minutes",
    "min": "minutes",
    "hour": "hours",
    "hr": "hours",
    "h": "hours",
    "day": "days",
    "night": "days",
    "week": "weeks",
    "wk": "weeks",
    "fortnight": "weeks",
    "month": "months",
    "mth": "months",
    "quarter": "months",
    "year": "years",
    "yr": "years",
    "decade": "years",
}
_TIMES = {"fortnight": 2, "quarter": 3, "decade": 10}
UNIT = r"(?:minutes?|mins?|hours?|hrs?|h|days?|nights?|weeks?|wks?|fortnights?|months?|mths?|years?|yrs?|decades?)\b"
SIDE = r"this|current|last|previous|past|next|coming|following"
STEPS = {"last": -1, "previous": -1, "past": -1, "prior": -1, "next": 1, "coming": 1, "following": 1, "upcoming": 1}
"""How many weeks, months or years lie between the running one and the one that is called so."""
HOUR_WORDS = {word: number for number, word in enumerate(ONES) if 1 <= number <= 12}
HOUR = rf"(?:2[0-4]|1\d|0?\d|{'|'.join(HOUR_WORDS)})"
"""An hour of the day, as a pattern."""
VAGUE = r"(?:few|several|some|many|couple\s+of|a\s+couple\s+of|a\s+few)"
COUNT = rf"(?:half\s+an?\b|an?\b|{WORDS}|{DIGITS}(?:\s+and\s+a\s+half)?|(?:a\s+)?{VAGUE})"


_AND_A_HALF = re.compile(r"\s+and\s+a\s+half$", re.IGNORECASE)


def unit_of(said: str) -> tuple[Unit, int]:
    """ "fortnights" is ("weeks", 2)."""
    word = said.lower()
    word = word if word in _UNITS else word.removesuffix("s")
    return _UNITS[word], _TIMES.get(word, 1)


def duration_of(count: str | None, unit: str, locale: str) -> Duration:
    """What ``COUNT`` and ``UNIT`` matched; no count is one."""
    name, times = unit_of(unit)
    if count is None:
        number = Decimal(1)
    elif re.fullmatch(VAGUE, count.strip(), re.IGNORECASE) and not re.search("couple", count, re.IGNORECASE):
        return Duration(None, name)
    elif count.lower().startswith("half a") and len(count.split()) == 2:
        number = Decimal("0.5")
    elif "couple" in count.lower():
        number = Decimal(2)
    else:
        plain = _AND_A_HALF.sub("", count) if count[0].isdecimal() else count
        number = Decimal(1) if count.lower() in ("a", "an") else parse_number(plain, locale)
        number += Decimal("0.5") if plain != count else 0
    return Duration(number * times, name)


def and_a_half(duration: Duration, unit: str, locale: str) -> Duration:
    """ "an hour and a half"; no longer if it has no number."""
    one = duration_of(None, unit, locale).number
    return duration if duration.number is None or one is None else duration._replace(number=duration.number + one / 2)


def shifted(day: date, duration: Duration, sign: int) -> date | None:
    """The day that lies so far before (-1) or after (1) another; None when that is beyond the calendar."""
    number = (duration.number if duration.number is not None else Decimal(3)) * sign
    name = duration.unit
    try:
        if name in ("months", "years"):
            months = number * (12 if name == "years" else 1)
            whole = int(months)
            return day + relativedelta(months=whole, days=round((months - whole) * 30))
        days = {"weeks": number * 7, "days": number}.get(name, Decimal(0))
        return day + timedelta(days=int(days))
    except (OverflowError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Seen:
    """From where days are seen."""

    now: datetime
    locale: str
    tense: Tense

    @property
    def today(self) -> date:
        return self.now.date()

    def nearest(self, *days: date | None) -> date | None:
        """Of days in order, the last that has come or the first that is still to come, as the tense says."""
        real = [day for day in days if day is not None]
        if self.tense == "past":
            return next((day for day in reversed(real) if day <= self.today), real[0] if real else None)
        return next((day for day in real if day >= self.today), real[-1] if real else None)

    def nearest_on(self, weekday: str | None, *days: date | None) -> date | None:
        """The same, unless a day that is nearer to today is the weekday that was named, and it is not: "Saturday the
        21st", on Monday the 23rd, is two days ago, whatever is wanted of it."""
        nearest = self.nearest(*days)
        if weekday is None or nearest is None or nearest.weekday() == (meant := weekday_of(weekday)):
            return nearest
        nearer = [day for day in days if day and self._distance(day) < self._distance(nearest)]
        return next((day for day in nearer if day.weekday() == meant), nearest)

    def _distance(self, day: date) -> timedelta:
        return abs(day - self.today)


def real_day(year: int, month: int, day: int) -> date | None:
    """None if the month has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def year_of(said: str) -> int:
    """ "2026", "'26"."""
    digits = re.sub(r"\D", "", said)
    return int(digits) + (2000 if len(digits) == 2 else 0)


def month_of(said: str) -> int:
    return MONTHS[said.lower().rstrip(".")]


def weekday_of(said: str) -> int:
    word = said.lower().removesuffix("'s")
    return WEEKDAYS[word] if word in WEEKDAYS else WEEKDAYS[word.removesuffix("s")]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
