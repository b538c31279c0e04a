"""What belongs to an address around the street that was found: the flat or plot ahead of it, and behind it the
district, the town and the postcode of some country."""

import re
from collections.abc import Iterator

from core.security.pii.reading.hints import Gate
from core.security.pii.reading.text import Reading

_UNIT = (
    r"(?:flat|unit|apartment|apt|suite|room|plot|house|h\.? ?no|no|number|nr|block|shop|studio|floor|villa|tower|door"
    r"|casa|piso|apto|wohnung|top)\b\.?"
)
_UNIT_AHEAD = re.compile(
    rf"(?i)(?<![\w])(?:{_UNIT}\s?#?\s?(?:\w{{0,3}}\d[\w/\-]{{0,5}}|[a-z])(?:,\s?|\s)){{0,2}}"
    rf"(?:{_UNIT}\s?#?\s?(?:(?:\w{{0,3}}\d[\w/\-]{{0,5}}|[a-z])(?:,\s?|\s))?)"
    rf"(?-i:(?:[A-Z][\w'’\-]+\s?){{1,4}},\s)?\Z|(?<!\w)(?:room|flat|apt|apartment|unit|suite|lot"
    rf"|bed) \w{{1,4}},? (?:at|in|of|over [^,\n]{{2,30}}[,]) \Z"
)
_STATES = r"(?:VIC|NSW|QLD|WA|SA|TAS|ACT|NT)"
_POSTCODE = (
    rf"(?:\d{{5}}-\d{{3}}|\d{{4}}-\d{{3}}|\d{{2}}-\d{{3}}|\d{{4}}\s?[A-Z]{{2}}|[A-Z]\d[\dW]\s?[A-Z\d]{{4}}"
    rf"|{_STATES},?\s\d{{4}}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|(?:[A-Z]{{1,2}}-)?\d{{4,6}}|\d{{3}}\s\d{{2,3}})(?![\w]|[.,]\d)"
)
"""Brazil, Portugal, Poland, the Netherlands, Ireland, Australia, Canada; figures alone elsewhere."""
_WORD = (
    r"(?:[A-Z][\w'’.]*(?:-[A-Z][\w'’]*)*|\d{1,4}[A-Za-z]?(?!\d|-?\d)|d[aeio]s?|of|la|el|in|upon|apto|apt|flat|bloco|bl"
    r"|sector|phase|block|floor|piso|[-–])"
)
_TO_POSTCODE = re.compile(rf"(?:[-/](?:[IVX]{{1,4}}|[A-Za-z\d]{{1,4}}))?(?:,?[\s]+{_WORD}){{0,12}}?,?[\s]+{_POSTCODE}")
_TOWN = re.compile(r"(?:,?\s(?!I\b|Please\b|The\b|My\b|And\b|But\b|Can\b)[A-Z][\w'’\-]+){1,3}")
_LANDMARK = re.compile(
    r"(?i),?\s(?:opposite|opp\.?|near|nr\.?|behind|beside|next to|off|adjacent to)\s(?:the\s)?"
    r"(?:(?-i:[A-Z])[\w'’\-]*|[a-z]{3,12})(?:\s[\w'’\-]{2,20}){0,3}(?=,|\.|\n"
    r"|\Z)(?:,\s(?-i:[A-Z][\w'’\-]+(?:\s[A-Z][\w'’\-]+)*))*"
)
_OF_FIGURES = re.compile(r"\d{4,6}\Z")


_UNIT_TO_POSTCODE = re.compile(
    rf"(?<![\w])(?i:{_UNIT})\s?#?\s?(?=[\w/\-]{{0,6}}\d)[\w/\-]{{1,8}}(?:,?\s{_WORD}){{2,12}}?,?[\s]+{_POSTCODE}"
)
_UNIT_SAID = re.compile(r"(?i)\b(?:flat|unit|apt|apartment|plot|house|h\.? ?no|villa|door)\b")

_UNIT_HINTS = Gate(test=re.compile(r"\b(?:flat|unit|apt|apartment|plot|house|villa|door|h\.?no\b|h\.?\Z)").search)


def units_with_postcode(reading: Reading) -> Iterator[tuple[int, int]]:
    """ "Flat 4B, Gulmohar Apartments, MG Road, Bengaluru 560001": no number stands by the street."""
    if reading.has(_UNIT_HINTS) and _UNIT_SAID.search(reading.cased):
        for found in _UNIT_TO_POSTCODE.finditer(reading.cased):
            if "," in found[0]:
                yield found.span()


def with_unit(text: str, start: int) -> int:
    """Where the address begins, with the flat or plot ahead of the street."""
    found = _UNIT_AHEAD.search(text, max(0, start - 70), start)
    return found.start() if found else start


def with_town(text: str, end: int) -> int:
    """Where it ends, with landmark, town and postcode."""
    if landmark := _LANDMARK.match(text, end, min(len(text), end + 90)):
        end = landmark.end()
    if found := _TO_POSTCODE.match(text, end, min(len(text), end + 110)):
        end = found.end()
        # "50674 Koeln", "1017 JV Amsterdam".
        if town := _TOWN.match(text, end, min(len(text), end + 60)):
            end = town.end()
    return end
