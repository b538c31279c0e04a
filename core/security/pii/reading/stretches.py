"""Where in a text a value may be said sign by sign at all: runs of words of which each may be a sign, a pause or a
correction. What reads signs (spoken.py, dictated.py) looks nowhere else, which most texts have little of."""

import re
from functools import lru_cache
from typing import NamedTuple

from core.security.pii.reading.postcodes import AREAS
from core.security.pii.reading.said import (
    LETTERS,
    MISHEARD,
    NUMBERS,
    ROUND,
    SEPARATORS_ABROAD,
    TIMES,
    like_a_number,
    misspelt_number,
)

_WORD = re.compile(r"(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[^\W_]+")
_LENGTH_OF_OURS = 36
"""A UUID is an id of ours: nobody says one."""
_CAPITALS = re.compile(r"[A-Z]{2,5}")
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")
_LONGEST = 48
"""Characters of a piece that is remembered."""
PAUSES = (
    frozenset(
        str.split(
            "and then plus followed next is comes by after that finally lastly capital letter"
            " number uh uhm um umm er erm"
            " ehm hmm hm ok okay yeah like so dash hyphen minus space stroke slash dot point comma line bar underscore"
            " hold on let me see digit digits first last"
        )
    )
    | SEPARATORS_ABROAD
)
"""Words that may stand between the signs of a value."""
_OF_PHRASES = frozenset(
    str.split(
        "oh oops ah no nope not sorry wait correction actually scratch strike my mistake bad i mean meant make it"
        " it's its"
        " s hang hold that's thats rather let's starts begins ends finishes with in the rest other second half part bit"
        " are for as ray x"
    )
)
"""Of which longer ones are made: "no wait, I mean", "and ends with"."""
_BEFORE_SPELT = frozenset({"for", "in", "like"})
_LETTER_BEFORE = 4
"""Words from a letter to the word that begins with it: "n is as in nuts"."""
_BREAKS, _GOES_ON, _PERHAPS, _SAYS = -1, 0, 1, 2
"""The last two count: one word that only sounds like a figure says none."""


class Stretch(NamedTuple):
    start: int
    end: int


@lru_cache(maxsize=32)
def list_stretches(cased: str, lower: str) -> tuple[Stretch, ...]:
    """Those with a figure or a letter in them; one word alone says too little of any value."""
    found: list[Stretch] = []
    start = end = at = behind = -1
    says, last, letter, since = 0, "", "", _LETTER_BEFORE + 1
    is_shouted = _TWO_CAPITALS.search(cased) is not None
    for piece in lower.split():
        words, only_breaks = _words_of(piece) if len(piece) <= _LONGEST else _read(piece)
        at = lower.index(piece, behind + 1)
        behind = at + len(piece) - 1
        if only_breaks and since > _LETTER_BEFORE and (not is_shouted or cased.startswith(piece, at)):
            if says >= _SAYS and not lower[start:end].isalpha():
                found.append(Stretch(start, end))
            start, says = -1, 0
            continue
        for said, kind, first, stop in words:
            if kind == _BREAKS:
                is_spelt = since <= _LETTER_BEFORE and (last in _BEFORE_SPELT or (since == 1 and said[0] == letter))
                if not is_spelt and not _CAPITALS.fullmatch(cased, at + first, at + stop):
                    if says >= _SAYS and not lower[start:end].isalpha():
                        found.append(Stretch(start, end))
                    start, says, last, since = -1, 0, said, since + 1
                    if len(said) == 1:
                        letter, since = said, 1
                    continue
                kind = _GOES_ON
            start, end = at + first if start < 0 else start, at + stop
            says += _SAYS if since == 1 and said in _SPELLS else kind
            last = said
            letter, since = (said, 1) if len(said) == 1 else (letter, since + 1)
    if says >= _SAYS and not lower[start:end].isalpha():
        found.append(Stretch(start, end))
    return tuple(found)


_SPELLS = frozenset({"for", "as", "is", "like"})


def _read(piece: str) -> tuple[list[tuple[str, int, int, int]], bool]:
    """The words of a piece between spaces, each with its kind and place; and whether there is nothing in it but words
    that break a stretch."""
    words = [(word[0], _kind_of(word[0]), *word.span()) for word in _WORD.finditer(piece)]
    return words, bool(words) and all(kind == _BREAKS and len(said) > 1 for said, kind, _, _ in words)


_words_of = lru_cache(maxsize=8192)(_read)


def _kind_of(said: str) -> int:
    if ":" in said or (len(said) == _LENGTH_OF_OURS and "-" in said):
        return _BREAKS
    return _SAYS if said[0] <= "9" else _kind(said)


@lru_cache(maxsize=8192)
def _kind(said: str) -> int:
    if any(map(str.isdigit, said)) or said in NUMBERS or said in TIMES or said in LETTERS:
        return _SAYS
    if len(said) == 1 or (len(said) == 2 and said.upper() in AREAS):
        return _GOES_ON if said in "ai" else _SAYS
    if said not in PAUSES and (said in MISHEARD or misspelt_number(said) or like_a_number(said)):
        return _SAYS if misspelt_number(said) else _PERHAPS
    return _GOES_ON if said in PAUSES or said in _OF_PHRASES or said in ROUND or said.startswith(_HUMS) else _BREAKS


_HUMS = ("uh", "um", "er", "eh", "hm", "mm")
