"""Words that are no names by themselves."""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_CONTRACTED = re.compile(r"(?:n['’]t|['’](?:d|ll|ve|re|s|m))\Z")


@cache
def read_words(name: str) -> frozenset[str]:
    return frozenset((_FOLDER / name).read_text(encoding="utf-8").split())


ORDINARY = read_words("ordinary.txt")
NAMES_TOO = read_words("names_too.txt")
"""Common English words that people or firms are called."""


@cache
def english() -> frozenset[str]:
    """Words of English in small letters (SCOWL, sizes 10 to 40)."""
    return read_words("english.txt")


@cache
def capitals() -> frozenset[str]:
    """What English writes with a capital: places, firms, peoples, and people that are known by name (SCOWL, sizes 10 to
    50, and Faker's places)."""
    return read_words("capitals.txt")


def is_unknown(plain: str) -> bool:
    """Whether no list explains the word other than as somebody's name."""
    stem = _CONTRACTED.sub("", plain)
    return stem not in ORDINARY and stem not in english() and stem not in capitals()
