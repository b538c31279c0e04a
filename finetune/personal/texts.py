"""Texts with their personal data marked, to learn from: as they were written, and varied, so that what is learned are
the words around a value and its form, and not the value."""

import random
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from core.security.pii import Kind, find_personal
from core.security.pii.words.people import list_given, list_more_given, list_more_surnames, list_surnames
from evals.reading import read_lines
from evals.suites.pii import Line
from finetune.corpus import read_banking77, read_clinc150

Part = tuple[str, Kind | None]
"""A piece of a text, and what it is; None: nobody's."""
_DIGITS = str.split("zero one two three four five six seven eight nine")
_DIGIT_WORD = re.compile(rf"\b(?:{'|'.join(_DIGITS)})\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_NAME_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER_OF_A_DATE = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_CAPITAL = re.compile(r"(?<![^\W\d_])[A-Z](?![a-z])")
_STREET = re.compile(r"(?<=\d )[^\W\d_]{4,}")
_PUNCTUATION = re.compile(r"[,;:!?']|\.(?=\s|$)")
_GAP = re.compile(r"([a-z]),? ")
_DATES = frozenset({Kind.DOB, Kind.CARD_EXPIRY})
_WORDS = frozenset({Kind.PASSWORD, Kind.SECURITY_ANSWER, Kind.EMAIL})
_LETTERED = frozenset({Kind.PASSPORT, Kind.NATIONAL_ID, Kind.UK_NINO, Kind.IBAN})
_SAID = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|\n|[^\w\s]|_")
_SIGNS = {"@": ("at",), ".": ("dot",), "_": ("underscore",), "-": ("dash", "hyphen"), ":": ("colon",), "/": ("slash",)}
_WITH_SIGNS = frozenset({Kind.EMAIL, Kind.IP})
_UNSAID = frozenset(string.punctuation) | frozenset("–—’‘“”…·•")
_READ_OUT = frozenset(
    {Kind.PERSON, Kind.ADDRESS, Kind.SECURITY_ANSWER, Kind.PASSWORD, Kind.EMAIL, Kind.DOB, Kind.CARD_EXPIRY}
)
"""Values of words, which nobody spells."""
_SPELT = 4
"""Letters of a code that are said one by one."""
_TEENS = str.split("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_TENS = str.split("twenty thirty forty fifty sixty seventy eighty ninety")
_SLIPS = (0.0, 0.0, 0.0, 0.04, 0.12)
"""Share of the words that are misspelt, drawn for each text."""


@dataclass(frozen=True, slots=True)
class Marked:
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(piece for piece, _ in self.parts)

    def kinds(self) -> list[Kind | None]:
        """Of each character."""
        return [kind for piece, kind in self.parts for _ in piece]


def read_lines_of(path: Path) -> list[Line]:
    """JSON lines as the suite `pii` reads them.

    Raises:
        InvalidInput: the file cannot be read, has no text, or a line is no case.
    """
    lines: list[Line] = []
    for number, line in read_lines(path):
        try:
            lines.append(Line.model_validate_json(line))
        except ValueError as error:
            raise InvalidInput(f"{path}, line {number} is no text with its personal data marked.") from error
    if not lines:
        raise InvalidInput(f"{path} has no texts.")
    return lines


def read_silent(banking77: Path, clinc150: Path, most: int, rng: random.Random) -> list[Marked]:
    """Questions and requests of others, without those in which the recognizers find something: at most ``most`` of each
    set."""
    read = (read_banking77(banking77), read_clinc150(clinc150))
    texts = [each.text for examples in read for each in rng.sample(examples, min(most, len(examples)))]
    return [Marked(((text, None),)) for text in texts if not find_personal(text)]


def mark(line: Line) -> Marked:
    parts: list[Part] = []
    at = 0
    for span in sorted(line.spans, key=lambda span: span.start):
        if span.start >= at:
            parts += [(line.text[at : span.start], None), (line.text[span.start : span.end], span.type)]
            at = span.end
    return Marked((*parts, (line.text[at:], None)))


class Varied:
    """Draws variants of the texts of a batch."""

    def __init__(self, values: Mapping[Kind, Sequence[str]], rng: random.Random) -> None:
        self._values = values
        self._rng = rng
        self._names = [
            sorted(list_more_given()) + 3 * sorted(list_given()),
            sorted(list_more_surnames()) + 3 * sorted(list_surnames()),
        ]

    def vary(self, marked: Marked) -> Marked:
        rng = self._rng
        slips = rng.choice(_SLIPS)
        is_changed = rng.random() < 0.85
        parts: list[Part] = []
        for piece, kind in marked.parts:
            new = piece
            if kind is not None and is_changed:
                new = self._value(piece, kind)
            elif kind is None:
                new = self._digits(new) if len(marked.parts) == 1 and is_changed and rng.random() < 0.5 else new
                new = _WORD.sub(lambda word: self._misspelt(word[0], slips), new) if slips else new
            parts.append((new, kind))
        return Marked(tuple(self._surface(parts)))

    def mask(self, marked: Marked) -> Marked:
        """With our own placeholders in the place of most values, which are nobody's."""
        return Marked(
            tuple(
                (f"[{kind}_{self._rng.randint(1, 4)}]", None) if kind and self._rng.random() < 0.7 else (piece, kind)
                for piece, kind in marked.parts
            )
        )

    def say(self, marked: Marked) -> Marked:
        """As a program writes it down that listens: small letters, no signs, figures in words."""
        last = len(marked.parts) - 1
        said = [(self._said(piece, kind), kind) for piece, kind in marked.parts]
        return Marked(
            tuple(
                (piece if kind else " " * (at > 0) + piece + " " * (at < last), kind)
                for at, (piece, kind) in enumerate(said)
            )
        )

    def _said(self, piece: str, kind: Kind | None) -> str:
        rng = self._rng
        is_code = kind is not None and kind not in _READ_OUT
        zero = rng.choice(("zero", "oh", "oh"))
        words: list[str] = []
        for found in _SAID.finditer(piece.lower()):
            said = found[0]
            if said.isdecimal():
                words += self._in_words(said, zero)
            elif said.isalpha() and is_code and len(said) <= _SPELT:
                words += said
            elif said in _SIGNS:
                words += [rng.choice(_SIGNS[said])] if kind in _WITH_SIGNS else []
            elif said not in _UNSAID:
                words.append(said)
        return " ".join(words)

    def _in_words(self, digits: str, zero: str) -> list[str]:
        """Digit by digit, two or three of a kind together; short numbers often as a whole."""
        if len(digits) <= len("99") and self._rng.random() < 0.6:
            return _to_ninety_nine(int(digits))
        words: list[str] = []
        at = 0
        while at < len(digits):
            same = 2 if digits[at : at + 2] == 2 * digits[at] and self._rng.random() < 0.6 else 1
            words += ["double"] * (same - 1) + [zero if digits[at] == "0" else _DIGITS[int(digits[at])]]
            at += same
        return words

    def join(self, first: Marked, second: Marked) -> Marked:
        return Marked((*first.parts, (self._rng.choice((" ", ". ", "\n", "\n\n")), None), *second.parts))

    def _surface(self, parts: list[Part]) -> list[Part]:
        rng = self._rng
        draw = rng.random()
        if draw < 0.23:
            case: Callable[[str], str] = str.lower if draw < 0.2 else str.upper
            parts = [(case(piece), kind) for piece, kind in parts]
        if rng.random() < 0.12:
            parts = [(piece if kind else _PUNCTUATION.sub("", piece), kind) for piece, kind in parts]
        if rng.random() < 0.08:
            parts = [(piece if kind else _GAP.sub(self._gap, piece), kind) for piece, kind in parts]
        return parts

    def _gap(self, found: re.Match[str]) -> str:
        if self._rng.random() > 0.1:
            return found[0]
        return found[1] + self._rng.choice(("\n", ", ", " um ", ". ", "  "))

    def _value(self, value: str, kind: Kind) -> str:
        draw = self._rng.random()
        if draw < 0.3 and kind in self._values:
            return self._rng.choice(self._values[kind])
        if kind is Kind.PERSON:
            return _NAME_WORD.sub(lambda word: self._renamed(word[0], 0.8), value) if draw < 0.75 else value
        if kind in _DATES:
            return _NUMBER_OF_A_DATE.sub(lambda number: self._in_a_date(number[0]), value) if draw < 0.8 else value
        if kind in _WORDS:
            renamed = _WORD.sub(lambda word: self._renamed(word[0], 0.5), self._digits(value))
            return renamed if draw < 0.6 else value
        if kind is Kind.ADDRESS:
            moved = _STREET.sub(lambda word: self._renamed(word[0], 1.0), value) if draw < 0.7 else value
            return self._digits(moved)
        changed = self._digits(_DIGIT_WORD.sub(lambda word: _cased(self._rng.choice(_DIGITS), word[0]), value))
        if kind in _LETTERED and self._rng.random() < 0.5:
            return _CAPITAL.sub(lambda _: self._rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ"), changed)
        return changed

    def _digits(self, value: str) -> str:
        """Others, but for most of the zeros that numbers begin with."""
        rng = self._rng
        return "".join(
            rng.choice("0123456789")
            if sign.isdecimal()
            and not (sign == "0" and (at == 0 or not value[at - 1].isdecimal()) and rng.random() < 0.8)
            else sign
            for at, sign in enumerate(value)
        )

    def _in_a_date(self, number: str) -> str:
        """A day for a day, a month for a month, a year for a year as far away."""
        rng, value = self._rng, int(number)
        if len(number) == len("1999") and 1900 <= value <= 2100:
            return str(rng.randint(1930, 2008) if value < 2015 else rng.randint(2025, 2034))
        if len(number) <= 2 and 1 <= value <= 31:
            return str(rng.randint(1, 12) if value <= 12 else rng.randint(13, 28)).zfill(len(number))
        return number

    def _renamed(self, word: str, share: float) -> str:
        """Another name in its place, half of them such as are on no list."""
        rng = self._rng
        if rng.random() > share:
            return word
        name = rng.choice(rng.choice(self._names))
        for _ in range(rng.choice((0, 0, 0, 1, 2, 3))):
            at = rng.randrange(len(name))
            near = rng.choice("aeiou" if name[at] in "aeiou" else "bcdfghjklmnprstvwyz")
            name = name[:at] + rng.choice((near, near, name[at] + near, "" if len(name) > 4 else near)) + name[at + 1 :]
        return _cased(name, word)

    def _misspelt(self, word: str, share: float) -> str:
        rng = self._rng
        if rng.random() > share:
            return word
        at = rng.randrange(len(word) - 1)
        before, two, after = word[:at], word[at : at + 2], word[at + 2 :]
        slip = rng.choice((two[::-1], two[1], two[0] + two, rng.choice("abcdefghijklmnoprstuvwy") + two[1]))
        return before + slip + after


def _to_ninety_nine(value: int) -> list[str]:
    if value < len(_DIGITS):
        return [_DIGITS[value]]
    if value < len(_DIGITS) + len(_TEENS):
        return [_TEENS[value - 10]]
    return [_TENS[value // 10 - 2], *([_DIGITS[value % 10]] if value % 10 else [])]


def _cased(word: str, like: str) -> str:
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word


def list_values(batches: Sequence[Sequence[Marked]]) -> dict[Kind, list[str]]:
    values: dict[Kind, list[str]] = {}
    for marked in (each for batch in batches for each in batch):
        for piece, kind in marked.parts:
            if kind is not None:
                values.setdefault(kind, []).append(piece)
    return values
