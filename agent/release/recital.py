"""Keeps a model from reciting its instructions. They are no secret, and nothing depends on them (design rules 1 and 2);
but a customer has no use for them, and whoever makes a model say them tries what else it will do.

What is compared is letters alone, so that case, spaces, marks, look-alike letters and figures for letters change
nothing; also backwards and shifted by 13. A translation or a retelling is not noticed.
"""

import codecs
from collections.abc import Iterable
from functools import lru_cache

from core.security.pii.reading.folded import fold

LONGEST = 30
"""Letters in a row that may be the same by chance."""
_FREE = 14
"""Letters in a row that go out before it is known whether they go on so: ordinary words never wait."""
_GRAM = 6
_FIGURES = str.maketrans("0134578@$", "oleastbas")


class Recital:
    """Reads along with one answer. ``push`` and ``finish`` return what may go out. What agrees with the instructions
    for a few words waits until it is known whether it goes on so."""

    def __init__(self, instructions: Iterable[str]) -> None:
        self._grams = _grams_of(tuple(instructions))
        self._held = ""
        self._letters = ""
        """The last ones, a gram at most."""
        self._matched = 0
        """Grams in a row that stand in the instructions."""
        self._is_reciting = False
        self.found = 0
        """Recitals that were left out."""

    def push(self, text: str) -> str:
        return "".join(map(self._take, text)) if self._grams else text

    def finish(self) -> str:
        held, self._held, self._letters, self._matched, self._is_reciting = self._held, "", "", 0, False
        return held

    def _take(self, character: str) -> str:
        for letter in _letters_of(character):
            self._letters = (self._letters + letter)[-_GRAM:]
            self._matched = self._matched + 1 if self._letters in self._grams else 0
        agreed = self._matched + _GRAM - 1 if self._matched else 0
        if agreed > LONGEST:
            self.found += not self._is_reciting
            self._is_reciting, self._held = True, ""
            return ""
        self._is_reciting = False
        if agreed > _FREE:
            self._held += character
            return ""
        out, self._held = self._held + character, ""
        return out


@lru_cache(maxsize=16)
def _grams_of(instructions: tuple[str, ...]) -> frozenset[str]:
    letters = ["".join(_letters_of(text)) for text in instructions]
    readings = [reading for each in letters for reading in (each, each[::-1], codecs.encode(each, "rot13"))]
    return frozenset(each[start : start + _GRAM] for each in readings for start in range(len(each) - _GRAM + 1))


def _letters_of(text: str) -> str:
    folded = text if text.isascii() else "".join(map(fold, text))
    return "".join(filter(str.isalpha, folded.lower().translate(_FIGURES)))
