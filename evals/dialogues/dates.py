"""Relative dates in a script: `{wed}`, `{day:+10}`. Pure: today is an argument.

{today} {tomorrow} {yesterday}   the bank's day
{mon} ... {sun}                  the first such weekday after today
{day:+10} {day:-1}               so many days from today
{next:15}                        the first 15th of a month after today; a month without that day is passed over

An ISO date each; with `:words` before the closing brace as people write it, "3 December 2026".
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

WORDS = ":words"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_PLACEHOLDER = re.compile(
    rf"\{{(?P<named>today|tomorrow|yesterday|{'|'.join(_WEEKDAYS)}|day:(?P<offset>[+-]?\d{{1,4}})"
    rf"|next:(?P<of_month>[1-9]|[12]\d|3[01]))(?P<words>{WORDS})?\}}"
)
_NAMED = {"today": 0, "tomorrow": 1, "yesterday": -1}


def fill_dates(text: str, today: date) -> str:
    """Relative dates as dates; other braces stay."""
    return _replace(text, today, lambda day, in_words: say(day) if in_words else day.isoformat())


def list_readings(text: str, today: date) -> list[str]:
    """The ways in which an answer may write `text`: each relative date as ISO date, with or without the year.

    A date asked for in words is written in words only.
    """
    writings: tuple[Callable[[date], str], ...] = (date.isoformat, say, lambda day: f"{day.day} {day:%B}")
    readings = [
        _replace(text, today, lambda day, in_words, write=write: say(day) if in_words else write(day))
        for write in writings
    ]
    return list(dict.fromkeys(readings))


def say(day: date) -> str:
    """ "3 December 2026"."""
    return f"{day.day} {day:%B %Y}"


def _replace(text: str, today: date, write: Callable[[date, bool], str]) -> str:
    return _PLACEHOLDER.sub(lambda match: write(_resolve(match, today), match["words"] is not None), text)


def _resolve(match: re.Match[str], today: date) -> date:
    if match["offset"] is not None:
        return today + timedelta(days=int(match["offset"]))
    if match["of_month"] is not None:
        return _first_after(today, lambda day: day.day == int(match["of_month"]))
    if match["named"] in _NAMED:
        return today + timedelta(days=_NAMED[match["named"]])
    return _first_after(today, lambda day: day.weekday() == _WEEKDAYS.index(match["named"]))


def _first_after(today: date, is_right: Callable[[date], bool]) -> date:
    day = today + _DAY
    while not is_right(day):
        day += _DAY
    return day
