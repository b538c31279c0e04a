"""What stands in everything that a pattern finds, derived from the pattern itself: hints that cannot be forgotten when
it changes. It is read by the parser of ``re``, which has no public name (decision 0034)."""

import re
from collections.abc import Iterable
from importlib import import_module
from itertools import product
from typing import Any

from core.security.pii.reading.hints import Gate

codes: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_MOST_SPELLINGS = 64
_SHORTEST = 2
"""Letters of a hint: one alone stands in every text."""
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_Spellings = tuple[str, ...]


def needs(*patterns: re.Pattern[str]) -> Gate:
    """What whatever one of the patterns finds has in it. Raises ValueError for a pattern of which that says nothing."""
    return Gate(word for pattern in patterns for word in needed(pattern))


def needed(pattern: re.Pattern[str]) -> list[str]:
    """Of these parts of words one stands in whatever it finds. Raises ValueError as ``needs`` does."""
    found = _of_sequence(parser.parse(pattern.pattern, pattern.flags))
    if not found:
        raise ValueError(f"nothing stands in all that is found: {pattern.pattern}")
    return [*dict.fromkeys(max(words.split(" "), key=len) for words in found)]


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
