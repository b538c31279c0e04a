"""Dates of birth as lists write them: "10 Dec 1948", "Dec 1948", "1948", "circa 1948", "1961 to 1963", "1948-12-10"."""

import re
from calendar import monthrange
from datetime import date, timedelta

from tools.compliance.screening.entries import BirthDates

CIRCA = 2
"""Years on either side of "circa" and "approximately"."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_CIRCA = re.compile(r"^(?:circa|c\.|approximately|approx\.?|about)\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"^(?:between\s+)?(.+?)\s*(?:\bto\b|\band\b|–|(?<=\d{4})-(?=\d{4}))\s*(.+)$", re.IGNORECASE)
_DAY = re.compile(r"^(\d{1,2})\s+([A-Za-z]{3})[a-z]*\.?\s+(\d{4})$")
_MONTH = re.compile(r"^([A-Za-z]{3})[a-z]*\.?\s+(\d{4})$")
_YEAR = re.compile(r"^(\d{4})$")
_ISO = re.compile(r"^(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T+Z].*)?$")
_AMERICAN = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")


def find_births(text: str) -> BirthDates | None:
    """None for what is no date that we know: a list may say "unknown", and no day is made up from it."""
    said = text.strip().rstrip(".")
    circa = _CIRCA.match(said)
    found = _span(said[circa.end() :] if circa else said)
    return _widened(found) if found and circa else found


def years(first: int, last: int) -> BirthDates | None:
    """From the first day of one year to the last of another; None for what no calendar has."""
    if not 1000 <= first <= last <= 9998:
        return None
    return BirthDates(earliest=date(first, 1, 1), latest=date(last, 12, 31))


def around(year: int) -> BirthDates | None:
    return years(year - CIRCA, year + CIRCA)


def span(first: BirthDates, last: BirthDates) -> BirthDates | None:
    return BirthDates(earliest=first.earliest, latest=last.latest) if first.earliest <= last.latest else None


def _widened(found: BirthDates) -> BirthDates:
    margin = timedelta(days=366 * CIRCA)
    return BirthDates(earliest=found.earliest - margin, latest=found.latest + margin)


def _span(said: str) -> BirthDates | None:
    single = _single(said)
    if single:
        return single
    between = _BETWEEN.match(said)
    if not between:
        return None
    first, last = (_single(_CIRCA.sub("", part)) for part in between.groups())
    return span(first, last) if first and last else None


def _single(said: str) -> BirthDates | None:
    if day := _DAY.match(said):
        return _on(int(day[3]), _MONTHS.get(day[2].lower()), int(day[1]))
    if month := _MONTH.match(said):
        return _on(int(month[2]), _MONTHS.get(month[1].lower()), None)
    if iso := _ISO.match(said):
        return _on(int(iso[1]), int(iso[2]), int(iso[3]) if iso[3] else None)
    if american := _AMERICAN.match(said):
        return _on(int(american[3]), int(american[1]), int(american[2]))
    if year := _YEAR.match(said):
        return years(int(year[1]), int(year[1]))
    return None


def _on(year: int, month: int | None, day: int | None) -> BirthDates | None:
    if not month:
        return None
    try:
        first = date(year, month, day or 1)
        last = date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        return None
    return BirthDates(earliest=first, latest=last)
