"""What the tagger reads of a text: its words, figures and signs one by one, and what each looks like."""

import re
import string
import zlib
from functools import cache
from typing import NamedTuple

from core.security.pii.reading.postcodes import AREAS
from core.security.pii.reading.said import LETTERS, NUMBERS, ORDINALS, TIMES
from core.security.pii.words.ordinary import NAMES_TOO, ORDINARY, capitals, english
from core.security.pii.words.people import PARTICLES, list_given, list_more_given, list_more_surnames, list_surnames

TOKEN = re.compile(r"[^\W\d_]+|\d+|\n|[^\w\s]|_")
TRIGRAMS = 4096
"""Numbers that three letters may have: several share one."""
LONGEST = 24
"""Letters that count of a word."""
_MOST_DIGITS = 21
_MONTHS = frozenset(
    str.split(
        "january february march april may june july august september october november december jan feb mar apr jun jul"
        " aug sep sept oct nov dec"
    )
)
_LOOKS = (
    *("lower", "capital", "upper", "mixed", "letter", "capital letter", "unknown", "break", "other sign", "currency"),
    *("leading zero", "1900s", "2000s", "month's number", "day's number", "two digits", "area"),
    *(f"{length} letters" for length in range(1, LONGEST + 1)),
    *(f"{length} digits" for length in range(1, _MOST_DIGITS + 1)),
    *(f"begins with {digit}" for digit in string.digits),
    *string.punctuation,
)
_LISTED = (
    *("given name", "rarer given name", "surname", "rarer surname", "particle", "name or word", "ordinary"),
    *("English", "English with a capital", "number", "times", "ordinal", "spelt letter", "month"),
)
_NUMBERS = {name: number for number, name in enumerate((*_LOOKS, *_LISTED))}
FEATURES = len(_NUMBERS) + TRIGRAMS


class Seen(NamedTuple):
    """A word as the tagger sees it, without the words around it."""

    features: list[int]
    """Numbers below FEATURES."""
    letters: str
    """Small ones, for the table of word pieces; empty where it is no word."""


@cache
def _lists() -> tuple[tuple[int, frozenset[str]], ...]:
    lists = (
        *(list_given(), list_more_given(), list_surnames(), list_more_surnames(), PARTICLES, NAMES_TOO, ORDINARY),
        *(english(), capitals(), frozenset(NUMBERS), frozenset(TIMES), frozenset(ORDINALS), frozenset(LETTERS)),
        _MONTHS,
    )
    return tuple((_NUMBERS[name], words) for name, words in zip(_LISTED, lists, strict=True))


def see(word: str) -> Seen:
    """One that TOKEN found."""
    if word[0].isdecimal():
        return Seen(_see_digits(word), "")
    if not word[0].isalpha():
        name = "break" if word == "\n" else "currency" if word in "£€" else word
        return Seen([_NUMBERS.get(name, _NUMBERS["other sign"])], "")
    letters = word.lower()[:LONGEST]
    listed = [number for number, words in _lists() if letters in words]
    features = [_NUMBERS[f"{min(len(word), LONGEST)} letters"], _NUMBERS[_case(word)], *listed]
    if letters.upper() in AREAS:
        features.append(_NUMBERS["area"])
    if not listed:
        features.append(_NUMBERS["unknown"])
    return Seen([*features, *_trigrams(letters)], letters)


def _see_digits(token: str) -> list[int]:
    names = [f"{min(len(token), _MOST_DIGITS)} digits", f"begins with {int(token[0])}"]
    if token[0] == "0":
        names.append("leading zero")
    if len(token) == len("1900") and token[:2] in ("19", "20"):
        names.append(f"{token[:2]}00s")
    if len(token) < len("100"):
        value = int(token)
        names.append("month's number" if value <= 12 else "day's number" if value <= 31 else "two digits")
    return [_NUMBERS[name] for name in names]


def _case(token: str) -> str:
    if len(token) == 1:
        return "letter" if token.islower() else "capital letter"
    if token.islower():
        return "lower"
    if token.isupper():
        return "upper"
    return "capital" if token[1:].islower() else "mixed"


def _trigrams(letters: str) -> list[int]:
    """By a digest that is the same on every machine."""
    framed = f"<{letters}>"
    kinds = {framed[at : at + 3] for at in range(len(framed) - 2)}
    hashed = {zlib.crc32(kind.encode("utf-8", "surrogatepass")) % TRIGRAMS for kind in kinds}
    return sorted(len(_NUMBERS) + number for number in hashed)
