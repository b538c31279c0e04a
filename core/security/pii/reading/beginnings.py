"""A pattern of words, tried only where one of its words may begin: of each piece of a text between spaces it is
remembered where that is. It finds what ``finditer`` of the pattern finds."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from core.security.pii.reading.hints import Gate
from core.security.pii.reading.needed import codes, parser

_REMEMBERED = 8192
_LONGEST = 48
"""Pieces, and characters of one that is remembered."""
_LETTERS = 6
"""Of a word's beginning."""


def begins(pattern: re.Pattern[str]) -> Gate:
    """Stands where a word begins with which the pattern may begin."""
    return Gate(test=_word_beginnings(pattern).search)


class WordPattern:
    """Of a pattern that begins with a word."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """Raises ValueError where it may begin with anything."""
        self._pattern, self._may_begin = pattern, _word_beginnings(pattern)
        self._places = lru_cache(maxsize=_REMEMBERED)(self._look)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        behind = done = 0
        for piece in text.split():
            at = text.index(piece, behind)
            behind = at + len(piece)
            for place in self._places(piece) if len(piece) <= _LONGEST else self._look(piece):
                if at + place >= done and (found := self._pattern.match(text, at + place)):
                    yield found
                    done = found.end()

    def _look(self, piece: str) -> tuple[int, ...]:
        return tuple(found.start() for found in self._may_begin.finditer(piece))


def _word_beginnings(pattern: re.Pattern[str]) -> re.Pattern[str]:
    going_on, cut = _beginnings(parser.parse(pattern.pattern, pattern.flags))
    found = sorted({each.partition(" ")[0] for each in going_on | cut})
    if not all(each[:1].isalnum() for each in found):
        raise ValueError(f"may begin with anything: {pattern.pattern}")
    return re.compile(rf"\b(?={'|'.join(map(re.escape, found))})", pattern.flags & re.IGNORECASE)


def _beginnings(parsed: Iterable[Any]) -> tuple[set[str], set[str]]:
    """What all that is matched begins with: where it is as short as that, and where more may follow."""
    going_on, cut = {""}, set[str]()
    for code, argument in parsed:
        whole, more = _of(code, argument)
        cut |= {start + end for start in going_on for end in more}
        joined = {start + end for start in going_on for end in whole}
        cut |= {each[:_LETTERS] for each in joined if len(each) >= _LETTERS}
        going_on = {each for each in joined if len(each) < _LETTERS}
    return going_on, cut


def _of(code: Any, argument: Any) -> tuple[set[str], set[str]]:
    if code is codes.LITERAL:
        return {chr(argument)}, set()
    if code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
        return {""}, set()
    if code is codes.IN and all(kind is codes.LITERAL for kind, _ in argument):
        return {chr(letter) for _, letter in argument}, set()
    if code is codes.SUBPATTERN:
        return _beginnings(argument[-1])
    if code is codes.BRANCH:
        each = [_beginnings(branch) for branch in argument[1]]
        return {one for whole, _ in each for one in whole}, {one for _, more in each for one in more}
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        least, most, repeated = argument
        whole, more = _beginnings(repeated)
        if most > 1:
            whole, more = set[str](), more | whole
        return whole | {""} if least == 0 else whole, more
    return set(), {""}
