"""Misspelt words of the bank's business, put right for the encoder: it knows words, and cuts what it does not know into
pieces that mean nothing.

`words.txt` beside holds what customers talk about here, the most frequent first. A word that the encoder knows, or that
is near none of these, stays as it is, so names come to no harm; what is found in a message is looked for in its own
words all the same.
"""

import json
import re
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.embed import ENCODER_DIR

WORDS_FILE = Path(__file__).parent / "words.txt"

_WORD = re.compile(r"(?<![\w@.'-])[^\W\d_]{4,20}(?![\w@'-]|\.\w)")
_LONG = 8
"""Letters from which a word may have two slips."""


class Speller:
    """Threads may share one."""

    def __init__(self, known: frozenset[str], right: tuple[str, ...]) -> None:
        """Args:
        known: what needs no correction, in small letters.
        right: what a word may be corrected to, the likeliest first.
        """
        self._known = known | frozenset(right)
        self._right: dict[str, dict[str, str]] = {}
        for word in right:
            self._right.setdefault(word[0], {}).setdefault(_squeezed(word), word)
        self._correct = lru_cache(maxsize=4096)(self._find)

    @classmethod
    @cache
    def load(cls) -> "Speller":
        """The one with the encoder's vocabulary and `words.txt`; the first time about 30 ms."""
        tokenizer = json.loads((ENCODER_DIR / "tokenizer.json").read_text(encoding="utf-8"))
        known = frozenset(word for word in tokenizer["model"]["vocab"] if word.isalpha())
        return cls(known, tuple(WORDS_FILE.read_text(encoding="utf-8").split()))

    def correct(self, text: str) -> str:
        """The text with its misspelt words put right; positions in it may shift."""
        return _WORD.sub(lambda match: self._correct(match[0].lower()) or match[0], text)

    def puts_right(self, text: str, *, letters: int) -> bool:
        """Whether a word of so many letters is corrected."""
        return any(len(match[0]) >= letters and self._correct(match[0].lower()) for match in _WORD.finditer(text))

    def knows(self, word: str) -> bool:
        """Whether it is a word, or near one of the bank's."""
        word = word.lower()
        return self.is_word(word) or self._correct(word) is not None

    def is_word(self, word: str) -> bool:
        """Whether a word in small letters needs no correction."""
        return word in self._known or word.removesuffix("s") in self._known

    def _find(self, word: str) -> str | None:
        if self.is_word(word):
            return None
        allowed = 2 if len(word) >= _LONG else 1
        right = self._right.get(word[0], {})
        near = process.extractOne(
            _squeezed(word), right.keys(), scorer=OSA.distance, processor=None, score_cutoff=allowed
        )
        return right[near[0]] if near else None


def _squeezed(word: str) -> str:
    """With double letters once: whether a letter is doubled is what people remember least."""
    return re.sub(r"(.)\1", r"\1", word)
