"""Keeps a model from reciting its instructions. They are no secret, and nothing depends on them (design rules 1 and 2);
but a customer has no use for them, and whoever makes a model say them tries what else it will do.

What is compared is letters alone, so that case, spaces, marks, look-alike letters and figures for letters change
nothing; also backwards and shifted by 13. A translation or a retelling is not noticed.
"""

import codecs
from collections.abc import Iterable
from functools import lru_cache

from agent.models.fencing.folded import fold

LONGEST = 32
"""Letters in a row that may be the same by chance."""
_GRAM = 6
_FIGURES = str.maketrans("0134578@$", "oleastbas")


class Recital:
    """Reads along with one answer. ``push`` and ``finish`` return what may go out; what may become a recital is held,
    a word or two at most."""

    def __init__(self, instructions: Iterable[str]) -> None:
        self._grams = _grams_of(tuple(instructions))
        self._held = ""
        self._letters = ""
        """The last letters, less than a gram."""
        self._starts: list[int] = []
        """Where each of the last letters stands in what is held."""
        self._matched = 0
        """Grams in a row that stand in the instructions."""
        self.found = 0
        """Recitals that were left out."""

    @property
    def _is_reciting(self) -> bool:
        return self._matched > LONGEST - _GRAM

    def push(self, text: str) -> str:
        if not self._grams:
            return text
        return "".join(map(self._take, text))

    def finish(self) -> str:
        held, self._held = ("" if self._is_reciting else self._held), ""
        self._letters, self._starts, self._matched = "", [], 0
        return held

    def _take(self, character: str) -> str:
        self._held += character
        out = ""
        for letter in _letters_of(character):
            out += self._read(letter)
        return out

    def _read(self, letter: str) -> str:
        was_reciting = self._is_reciting
        self._letters = (self._letters + letter)[-_GRAM:]
        self._starts.append(len(self._held) - 1)
        if len(self._letters) == _GRAM and self._letters in self._grams:
            self._matched += 1
            if self._is_reciting:
                return self._leave_out(was_reciting)
            return ""
        self._matched = 0
        return self._let_go()

    def _leave_out(self, was_reciting: bool) -> str:
        self.found += not was_reciting
        self._held, self._starts = "", [0] * (_GRAM - 1)
        return ""

    def _let_go(self) -> str:
        """Of what is held, all before the last letters that a gram may begin with."""
        self._starts = self._starts[-(_GRAM - 1) :]
        if len(self._starts) < _GRAM - 1:
            return ""
        end = self._starts[0]
        out, self._held = self._held[:end], self._held[end:]
        self._starts = [start - end for start in self._starts]
        return out


@lru_cache(maxsize=16)
def _grams_of(instructions: tuple[str, ...]) -> frozenset[str]:
    letters = ["".join(_letters_of(text)) for text in instructions]
    readings = [reading for each in letters for reading in (each, each[::-1], codecs.encode(each, "rot13"))]
    return frozenset(each[start : start + _GRAM] for each in readings for start in range(len(each) - _GRAM + 1))


def _letters_of(text: str) -> str:
    folded = text if text.isascii() else "".join(map(fold, text))
    return "".join(filter(str.isalpha, folded.lower().translate(_FIGURES)))
