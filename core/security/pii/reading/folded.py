"""A text as it is compared: without case, accents, invisible characters and look-alike letters of other alphabets, and
with the way back to the characters it came from."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from core.security.pii.reading.hints import Hints, marks_in
from core.security.pii.reading.plain_figures import has_figures

_REMEMBERED = 64
"""Texts, as in the engine."""
MOST_BETWEEN = 3
"""Characters that may stand between two pieces of one value: a line break, a hyphen, a comma and a space."""

WORDS = re.compile(r"[^\W\d_]+|\d+")
_OTHER = re.compile(r"[^\x00-\x7f]")
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјкмтнвгԁѕАВЕКМНОРСТХУІЈЅαβεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧøØłŁđĐıħ",
    "aeopcyxijkmthbrdsABEKMHOPCTXYIJSabeikvoptuxABEZHIKMNOPTYXoOlLdDih",
)
"""Letters that look like Latin ones, or are Latin ones that Unicode does not take apart."""
_WRITTEN_OUT = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th"}
_INVISIBLE = frozenset({"Mn", "Me", "Cf"})


class Token(NamedTuple):
    """A run of letters or of digits in the folded text."""

    word: str
    start: int
    end: int


class Compact:
    """The words of some tokens without anything between them."""

    def __init__(self, lower: str, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.text = "".join(token.word for token in tokens)
        self._lower = lower
        self._starts = [0, *accumulate(len(token.word) for token in tokens)][:-1]

    def pieces(self, start: int, end: int) -> list[Token]:
        return self.tokens[bisect_right(self._starts, start) - 1 : bisect_right(self._starts, end - 1)]

    def gaps(self, start: int, end: int) -> list[str]:
        return [self._lower[left.end : right.start] for left, right in pairwise(self.pieces(start, end))]

    def is_bounded(self, start: int, end: int) -> bool:
        """Whether it begins and ends with a token."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1) - 1
        return self._starts[first] == start and self._starts[last] + len(self.tokens[last].word) == end

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where it stands in the folded text."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1) - 1
        left, right = self.tokens[first], self.tokens[last]
        return (
            left.start + (start - self._starts[first] if _is_literal(left) else 0),
            right.start + end - self._starts[last] if _is_literal(right) else right.end,
        )


def _is_literal(token: Token) -> bool:
    """Whether the token stands in the text as it is; a number in words does not."""
    return len(token.word) == token.end - token.start


@dataclass(frozen=True)
class Folded:
    """``lower`` and ``cased`` have the same length; character ``i`` of them comes from ``source[i]`` of the text."""

    text: str
    cased: str
    lower: str
    source: "range | list[int]"

    @classmethod
    @lru_cache(maxsize=_REMEMBERED)
    def of(cls, text: str) -> "Folded":
        """The same one for recognizers, tagger, and what looks for the customer's own."""
        if text.isascii():
            return cls(text, text, text.lower(), range(len(text)))
        if all(map(_is_plain, _OTHER.findall(text))):
            return cls(text, text, text.lower(), range(len(text)))
        pieces = [fold(character) for character in text]
        cased = "".join(pieces)
        source = [place for place, piece in enumerate(pieces) for _ in piece]
        return cls(text, cased, "".join(map(_lower, cased)), source)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where it stands in the text, with what is invisible behind it."""
        return self.source[start], self.source[end] if end < len(self.source) else len(self.text)

    @cached_property
    def marks(self) -> int:
        return marks_in(self.lower)

    def has(self, hints: Hints) -> bool:
        return hints.stand_in(self.lower, self.marks)

    @cached_property
    def has_figures(self) -> bool:
        """Others than those that are plainly nobody's."""
        return has_figures(self.cased)

    @cached_property
    def words(self) -> list[str]:
        """Of the tokens."""
        return WORDS.findall(self.lower)

    @cached_property
    def compact_text(self) -> str:
        return "".join(self.words)

    @cached_property
    def tokens(self) -> list[Token]:
        return [Token(match[0], *match.span()) for match in WORDS.finditer(self.lower)]

    @cached_property
    def compact(self) -> "Compact":
        return Compact(self.lower, self.tokens)


@lru_cache(maxsize=4096)
def fold(character: str) -> str:
    """Without accents and look-alikes; nothing of what is invisible."""
    if character.isascii():
        return character
    if character in _WRITTEN_OUT:
        return _WRITTEN_OUT[character]
    if (digit := unicodedata.digit(character, None)) is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character).translate(_LOOK_ALIKE)
    return "".join(part for part in parts if unicodedata.category(part) not in _INVISIBLE)


@lru_cache(maxsize=4096)
def _is_plain(character: str) -> bool:
    """Whether it stays as it is, such as a pound sign."""
    return fold(character) == character == character.lower()


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character
