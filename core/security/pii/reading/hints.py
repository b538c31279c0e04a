"""What a text must have for a pattern to find anything in it, looked for once for all patterns.

A text is cut at its spaces, and of each piece it is remembered which hints stand in it: one bit for each. The bits of a
text's pieces together say which patterns are worth trying, so that a recognizer costs next to nothing where its own
words are not there. A hint never hides what its pattern would find: what ``needs`` derives from a pattern stands in
everything that the pattern matches."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module
from itertools import count, product
from typing import Any

codes: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_REMEMBERED = 16384
"""Pieces, of some 200 bytes each."""
_LONGEST = 48
"""Characters of a piece that is remembered."""
_KEY = 2
"""Characters by which the words that begin there are looked up."""
_bits = count()
_by_start: dict[str, list[tuple[str, int]]] = {}
_tests: list[tuple[Callable[[str], object], int]] = []


class Hints:
    """Words, or parts of them, of which one stands in a text; or what is true of one of a text's pieces."""

    __slots__ = ("apart", "bit", "perhaps")

    def __init__(self, words: Iterable[str] = (), test: Callable[[str], object] | None = None) -> None:
        """In small letters. ``test`` is asked about each piece between spaces."""
        words = tuple(words)
        self.bit = 1 << next(_bits)
        self.apart = tuple(word for word in words if " " in word)
        """Those with a space, which stand in no piece as a whole: ``perhaps`` says that a part of one does."""
        self.perhaps = 1 << next(_bits) if self.apart else 0
        for word in words:
            bit = self.perhaps if word in self.apart else self.bit
            part = max(word.split(" "), key=len)
            _by_start.setdefault(part[:_KEY], []).append((part, bit))
        if test is not None:
            _tests.append((test, self.bit))
        _marks_of.cache_clear()

    def stand_in(self, lower: str, marks: int) -> bool:
        """``marks``: of that text."""
        if marks & self.bit:
            return True
        if marks & self.perhaps:
            for word in self.apart:
                if word in lower:
                    return True
        return False


class Gate(Hints):
    """Without one of them a recognizer finds nothing: to try it all the same would change its cost alone."""

    __slots__ = ()


def marks_in(lower: str) -> int:
    """Bits of the hints that stand in a text in small letters."""
    marks = 0
    for piece in lower.split():
        marks |= _marks_of(piece) if len(piece) <= _LONGEST else _looked_up(piece)
    return marks


def _looked_up(piece: str) -> int:
    marks = 0
    for at in range(len(piece)):
        for word, bit in (*_by_start.get(piece[at], ()), *_by_start.get(piece[at : at + _KEY], ())):
            if piece.startswith(word, at):
                marks |= bit
    for test, bit in _tests:
        if not marks & bit and test(piece):
            marks |= bit
    return marks


_marks_of = lru_cache(maxsize=_REMEMBERED)(_looked_up)


def needs(*patterns: re.Pattern[str]) -> Gate:
    """What whatever one of the patterns finds has in it. Raises ValueError for a pattern of which that says nothing."""
    return Gate(word for pattern in patterns for word in needed(pattern))


def needed(pattern: re.Pattern[str]) -> list[str]:
    """Of these parts of words one stands in whatever it finds. Raises ValueError as ``needs`` does."""
    found = _of_sequence(parser.parse(pattern.pattern, pattern.flags))
    if not found:
        raise ValueError(f"nothing stands in all that is found: {pattern.pattern}")
    return [*dict.fromkeys(max(words.split(" "), key=len) for words in found)]


_MOST_SPELLINGS = 64
_SHORTEST = 2
"""Letters of a hint: one alone stands in every text."""
_Spellings = tuple[str, ...]


def _of_sequence(parsed: Iterable[Any]) -> _Spellings:
    """Of which one stands in each match; none where that cannot be said."""
    best: _Spellings = ()
    run: _Spellings = ("",)
    for code, argument in parsed:
        spelt = _spellings(code, argument)
        joined = spelt is not None and len(run) * len(spelt) <= _MOST_SPELLINGS
        if spelt is not None and joined:
            run = tuple(dict.fromkeys(map("".join, product(run, spelt))))
            continue
        best, run = _better(best, run), spelt if spelt is not None and len(spelt) <= _MOST_SPELLINGS else ("",)
        if spelt is None:
            best = _better(best, _within(code, argument))
    return _better(best, run)


def _better(one: _Spellings, other: _Spellings) -> _Spellings:
    return max(one, other, key=_worth)


def _worth(words: _Spellings) -> tuple[int, int]:
    """The longer the shortest of them is, the fewer texts have one by chance."""
    shortest = min((len(max(word.split(" "), key=len)) for word in words), default=0)
    return (shortest, -len(words)) if shortest >= _SHORTEST else (0, 0)


def _spellings(code: Any, argument: Any) -> _Spellings | None:
    """All that an element may stand for, in small letters; None where that is much."""
    if code is codes.LITERAL:
        return _small(argument)
    if code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
        return ("",)
    if code is codes.IN and all(kind is codes.LITERAL for kind, _ in argument):
        letters = [_small(letter) for _, letter in argument]
        return tuple(dict.fromkeys(each[0] for each in letters if each)) if all(letters) else None
    if code is codes.SUBPATTERN:
        return _all_of(argument[-1])
    if code is codes.BRANCH:
        return _all(map(_all_of, argument[1]))
    if code in _REPEATS and argument[:2] == (0, 1):
        inner = _all_of(argument[2])
        return None if inner is None else ("", *inner)
    return None


_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def _small(letter: int) -> _Spellings | None:
    small = chr(letter).lower()
    return (small,) if len(small) == 1 else None


def _all_of(parsed: Iterable[Any]) -> _Spellings | None:
    run: _Spellings = ("",)
    for code, argument in parsed:
        spelt = _spellings(code, argument)
        if spelt is None or len(run) * len(spelt) > _MOST_SPELLINGS:
            return None
        run = tuple(map("".join, product(run, spelt)))
    return run


def _all(spellings: Iterable[_Spellings | None]) -> _Spellings | None:
    found: list[str] = []
    for each in spellings:
        if each is None or len(found) + len(each) > _MOST_SPELLINGS:
            return None
        found.extend(each)
    return tuple(found)


def _within(code: Any, argument: Any) -> _Spellings:
    """Of an element with too many spellings."""
    if code is codes.SUBPATTERN:
        return _of_sequence(argument[-1])
    if code is codes.ATOMIC_GROUP:
        return _of_sequence(argument)
    if code in _REPEATS and argument[0] > 0:
        return _of_sequence(argument[2])
    if code is codes.BRANCH:
        each = [_of_sequence(branch) for branch in argument[1]]
        return tuple(dict.fromkeys(word for words in each for word in words)) if all(each) else ()
    return ()
