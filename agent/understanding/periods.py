"""Periods of days in a customer's words: "last month", "in June", "the past 10 days". First version."""

import re
from calendar import month_abbr, month_name
from datetime import date, timedelta

from dateutil.relativedelta import MO, relativedelta

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, start=1)} | {"a": 1}
_MONTHS = {name.casefold(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name}
_MONTHS["sept"] = 9
_RUNNING = re.compile(r"\b(?:this|current)\s+(week|month|year)\b")
_LAST = re.compile(r"\b(?:last|previous)\s+(week|month|year)\b")
_NUMBER = r"(\d{1,3}|" + "|".join(_NUMBERS) + ")"
_SPAN = re.compile(rf"\b(?:(?:last|previous)\s+{_NUMBER}|past(?:\s+{_NUMBER})?)\s+(day|week|month|year)s?\b")
_SINCE = re.compile(r"\bsince\b(?!\s+(?:i|it|my|we|you)\b)")
_ISO = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_MONTH = re.compile(r"\b(?:in|for|during|of|since|about)\s+(?:last\s+)?(" + "|".join(_MONTHS) + r")\b(?:\s+(20\d\d))?")

Period = tuple[date, date]
"""First and last day, inclusive."""


def find_period(text: str, today: date) -> Period | None:
    """The period that the text names, seen from ``today``; None if it names none. It never ends after today."""
    text = text.casefold()
    period = _relative(text, today) or _named_month(text, today) or _iso(text)
    if period is None or period[0] > today:
        return None
    return period[0], today if _SINCE.search(text) else min(period[1], today)


def _relative(text: str, today: date) -> Period | None:
    if re.search(r"\btoday\b", text):
        return today, today
    if re.search(r"\byesterday\b", text):
        return today - timedelta(days=1), today - timedelta(days=1)
    if match := _SPAN.search(text):
        said = match[1] or match[2] or "one"
        number = _NUMBERS.get(said) or int(said)
        return today - relativedelta(**{f"{match[3]}s": number}) + timedelta(days=1), today  # pyright: ignore[reportArgumentType]
    if match := _RUNNING.search(text):
        return _start(match[1], today), today
    if match := _LAST.search(text):
        this = _start(match[1], today)
        return this - relativedelta(**{f"{match[1]}s": 1}), this - timedelta(days=1)  # pyright: ignore[reportArgumentType]
    return None


def _start(unit: str, today: date) -> date:
    if unit == "week":
        return today + relativedelta(weekday=MO(-1))
    return today.replace(day=1) if unit == "month" else today.replace(month=1, day=1)


def _named_month(text: str, today: date) -> Period | None:
    match = _MONTH.search(text)
    if match is None:
        return None
    month = _MONTHS[match[1]]
    year = int(match[2]) if match[2] else today.year - (month > today.month)
    first = date(year, month, 1)
    return first, first + relativedelta(months=1, days=-1)


def _iso(text: str) -> Period | None:
    days: list[date] = []
    for found in _ISO.findall(text):
        try:
            days.append(date.fromisoformat(found))
        except ValueError:
            return None
    return (min(days), max(days)) if days else None
