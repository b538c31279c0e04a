"""Words that are no names by themselves."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def read_words(name: str) -> frozenset[str]:
    return frozenset((_FOLDER / name).read_text(encoding="utf-8").split())


ORDINARY = read_words("ordinary.txt")
NAMES_TOO = read_words("names_too.txt")
"""Common English words that people or firms are called."""
