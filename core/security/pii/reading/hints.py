"""What a text must have for a pattern to find anything in it, looked for once for all patterns.

A text is cut at its spaces, and of each piece it is remembered which hints stand in it: one bit for each. The bits of a
text's pieces together say which patterns are worth trying, so that a recognizer costs next to nothing where its own
words are not there. A hint never hides what its pattern would find (needed.py)."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count

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

    __slots__ = ("any", "apart", "bit", "perhaps")

    def __init__(self, words: Iterable[str] = (), test: Callable[[str], object] | None = None) -> None:
        """In small letters. ``test`` is asked about each piece between spaces."""
        words = tuple(words)
        self.bit = 1 << next(_bits)
        self.apart = tuple(word for word in words if " " in word)
        """Those with a space, which stand in no piece as a whole: ``perhaps`` says that a part of one does."""
        self.perhaps = 1 << next(_bits) if self.apart else 0
        self.any = self.bit | self.perhaps
        for word in words:
            bit = self.perhaps if word in self.apart else self.bit
            part = max(word.split(" "), key=len)
            _by_start.setdefault(part[:_KEY], []).append((part, bit))
        if test is not None:
            _tests.append((test, self.bit))
        _marks_of.cache_clear()

    def stand_in(self, lower: str, marks: int) -> bool:
        """``marks``: of that text."""
        found = marks & self.any
        if not found:
            return False
        if found & self.bit:
            return True
        for word in self.apart:  # noqa: SIM110 - a generator would cost as much again, and this is asked for each pattern
            if word in lower:
                return True
        return False


class Gate(Hints):
    """Without one of them a recognizer finds nothing: to try it all the same would change its cost alone."""

    __slots__ = ()


def any_of(*hints: Hints) -> int:
    """The marks of which a text has one where one of the hints stands in it."""
    marks = 0
    for each in hints:
        marks |= each.any
    return marks


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
