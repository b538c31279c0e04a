"""Rows of figures and letters as people give them bit by bit, whatever stands between: "48 and then 21", "four 511",
"6S 04 then B1". They are read only where a word near them says what they are (numbers/nearness.py), so a row may
be of two figures and a misspelt word, or of letters typed for figures."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from core.security.pii.reading.said import NUMBERS, ROUND, TIMES
from core.security.pii.reading.spoken import (
    CORRECTED,
    DIGITS,
    DOUBTFUL,
    FIGURE,
    FILLER,
    LETTER,
    SURE_LETTER,
    Sign,
    resolved,
    word_sign,
)
from core.security.pii.reading.stretches import PAUSES, list_stretches

_TOKEN = re.compile(
    r"(?P<fix>\b(?:(?:oh|ah|er|um|no|nope|sorry|wait|oops|correction|actually|scratch that|strike that|my mistake|my"
    r" bad"
    r"|i mean|i meant|make that|make it|rather|hang on|hold on|that's|it's)[,.…\s\-]{1,4})*"
    r"(?:no|nope|sorry|wait|oops|correction|actually|scratch that|strike that|my mistake|my bad|i mean|i meant|make"
    r" that"
    r"|make it|rather)\b)"
    r"|(?P<rest>\b(?:(?:and |then |it )?(?:starts|begins|ends|finishes) (?:with|in)|(?:and )?(?:the )?(?:last|rest"
    r"|other|second)"
    r"(?: (?:two|three|four|half|part|bit))?(?: digits)? (?:is|are))\b)"
    r"|(?P<spelt>\b(?P<letter>[a-z])(?:,? (?:is )?(?:for|as in|like) [a-z]{2,12}|\s?[\-=]\s?(?P=letter)[a-z]{2,12})\b)"
    r"|(?P<solid>(?<![^\W_])(?=[a-z|]{0,8}\d)(?:[a-z\d]|\|(?=[a-z\d])|(?<=[a-z\d])\|){1,34})"
    r"|(?P<cue>\b[as]/c\b)|(?P<word>x-ray|[^\W\d_]+)"
)
_GAP = re.compile(r"(?:[^\w£$€%?!\[\]<>@#=]|_){0,5}")
_PARTS = frozenset({"and", "plus"})
_PARTING = re.compile(r"[,;&+\n]")
"""Where a row may be two values as well."""
_OF_ITS_OWN = re.compile(r"(?:19|20)\d\d|\d{1,4}00")
"""Years and round sums are no halves of a number."""
_HUM = re.compile(r"u+h+m*|u+m+|e+r+m*|e+hm+|h+m+|m+m+")
_TWO = 2
_CAPITALS = re.compile(r"[A-Z]{2,5}")
_BETWEEN_SIGNS = frozenset({FILLER, CORRECTED})
_SHORTEST = 3
"""Figures and letters of a value."""
_MONEY = frozenset("£$€")
_SUM = re.compile(r"\d{1,3}(?:,\d{3})*\.\d\d(?: [a-z])?")
_MOST_SIGNS = 40
_MOST_TRIMMED = 4
_MOST_PAUSES = 4
"""In a row without a sign between."""


class Number(NamedTuple):
    start: int
    end: int
    signs: str
    """In capitals, with nothing between them."""
    is_solid: bool = True
    """Letters stand only among figures, with nothing between: they may have been typed for figures."""


class Given(NamedTuple):
    """A row, or a part of one."""

    start: int
    end: int
    versions: Iterator[Number]
    """The longest first: as it is, and without doubtful words at its ends."""


def find_rows(cased: str, lower: str) -> Iterator[Given]:
    """Whatever a value may be made of. A sum of money is none."""
    for row in _rows(cased, lower):
        start, end = row[0].start, row[-1].end
        is_plain = len(row) == 1 and row[0].figures.isdigit()
        if is_plain or sum(map(_length, row)) < _SHORTEST or _is_sum(lower, start, end):
            continue
        parts = _parts(row, lower)
        if len(parts) != _TWO or not any(_OF_ITS_OWN.fullmatch(lower, part[0].start, part[-1].end) for part in parts):
            yield Given(start, end, _versions(row))
        if len(parts) > 1:
            for part in parts:
                yield Given(part[0].start, part[-1].end, _versions(part))


def _length(sign: Sign) -> int:
    """How many figures or letters it stands for at most."""
    if sign.figures in TIMES or sign.figures in ROUND:
        return _SHORTEST
    return len(NUMBERS.get(sign.figures, sign.figures))


def _is_sum(lower: str, start: int, end: int) -> bool:
    return lower[start - 1 : start] in _MONEY or _SUM.fullmatch(lower, start, end) is not None


def _rows(cased: str, lower: str) -> Iterator[list[Sign]]:
    is_shouted = cased.isupper()
    for stretch in list_stretches(cased, lower):
        row: list[Sign] = []
        for found in _TOKEN.finditer(lower, *stretch):
            sign = _word(found[0], *found.span()) if found.lastgroup == "word" else _sign(found)
            if sign is None and not is_shouted and _CAPITALS.fullmatch(cased, *found.span()):
                sign = Sign(found[0], *found.span(), LETTER)
            if row and (sign is None or _is_over(row) or not _GAP.fullmatch(lower, row[-1].end, found.start())):
                yield row
                row = []
            if sign is not None and (row or sign.said not in _BETWEEN_SIGNS):
                row.append(sign)
        if row:
            yield row


def _is_over(row: list[Sign]) -> bool:
    return len(row) >= _MOST_SIGNS or all(sign.said == FILLER for sign in row[-_MOST_PAUSES:])


def _sign(found: re.Match[str]) -> Sign | None:
    said, start, end = found[0], found.start(), found.end()
    match found.lastgroup:
        case "fix":
            return Sign("", start, end, CORRECTED)
        case "solid":
            return Sign(said.replace("|", "l"), start, end, FIGURE)
        case "spelt":
            return Sign(said[0].upper(), start, end, SURE_LETTER)
        case "rest":
            return Sign("", start, end, FILLER)
        case _:
            return None


def _word(said: str, start: int, end: int) -> Sign | None:
    sign = _read_word(said)
    return sign and Sign(sign.figures, start, end, sign.said)


@lru_cache(maxsize=8192)
def _read_word(said: str) -> Sign | None:
    return Sign("", 0, 0, FILLER) if said in PAUSES or _HUM.fullmatch(said) else word_sign(said, 0, 0)


def _parts(row: list[Sign], lower: str) -> list[list[Sign]]:
    parts: list[list[Sign]] = [[]]
    for sign in row:
        last = parts[-1][-1].end if parts[-1] else sign.start
        if lower[sign.start : sign.end] in _PARTS:
            parts.append([])
            continue
        if _PARTING.search(lower, last, sign.start):
            parts.append([])
        parts[-1].append(sign)
    return [part for part in parts if part]


def _versions(row: list[Sign]) -> Iterator[Number]:
    """Also without what may belong to the words around it."""
    if sum(sign.said in _SAID or len(sign.figures) == 1 for sign in row) < _FEWEST_SAID:
        while row and row[0].said == DOUBTFUL:
            row = row[1:]
        while row and row[-1].said == DOUBTFUL:
            row = row[:-1]
    starts, ends = [0], [len(row)]
    while starts[-1] < min(len(row), _MOST_TRIMMED) and row[starts[-1]].said not in _SURE:
        starts.append(starts[-1] + 1)
    while ends[-1] > max(0, len(row) - _MOST_TRIMMED) and row[ends[-1] - 1].said not in _SURE:
        ends.append(ends[-1] - 1)
    for start in starts:
        for end in ends:
            if part := row[start:end]:
                yield from _row(part)


_FEWEST_SAID = 2
"""Signs given one by one, from which a word at the ends may be one as well."""
_SAID = DIGITS - {DOUBTFUL, FIGURE}
_SURE = (DIGITS | {SURE_LETTER}) - {DOUBTFUL}


def _row(row: list[Sign]) -> Iterator[Number]:
    while row and row[0].said in (FILLER, CORRECTED):
        row = row[1:]
    while row and row[-1].said in (FILLER, CORRECTED):
        row = row[:-1]
    corrected = any(sign.said == CORRECTED for sign in row)
    # "Wait" and the like may also only fill a pause.
    for read in [row, [sign for sign in row if sign.said != CORRECTED]] if corrected else [row]:
        signs = "".join(sign.figures for sign in resolved(read)).upper()
        if any(map(str.isdigit, signs)):
            yield Number(row[0].start, row[-1].end, signs, not any(sign.said in (LETTER, SURE_LETTER) for sign in row))
