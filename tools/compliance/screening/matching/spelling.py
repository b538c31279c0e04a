"""A name as tokens: lower-case Latin letters, whatever script, marks and punctuation it came in. Pure.

Scripts are romanised by ``anyascii`` (CLDR and national tables). Arabic and Hebrew come without their short vowels,
which the index knows to expect; Chinese comes as one syllable after another.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from anyascii import anyascii
from jellyfish import metaphone
from nicknames import NickNamer

MOST_TOKENS = 12
"""Of one name; what is longer is cut. Names of lists have up to ten."""
_MOST_LETTERS = 300

_SPACES = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile(r"['’‘`´ʹʺʻʼʽʾʿ]")
_SYLLABLE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
_WITHOUT_VOWELS = re.compile(r"[\u0590-\u05ff\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")
_VOWELS = re.compile(r"[aeiouyw]")
_TWICE = re.compile(r"(.)\1+")
_ALIKE = str.maketrans("qcvjzgpt", "kkwysybd")
"""Consonants that romanisations of one letter exchange."""


@dataclass(frozen=True, slots=True)
class Words:
    titles: frozenset[str]
    light: frozenset[str]
    """Particles and legal forms."""
    spellings: dict[str, frozenset[int]]
    """The groups of spellings that a token is in."""


@dataclass(frozen=True, slots=True)
class Spelled:
    tokens: tuple[str, ...]
    voweless: bool = False
    """From a script that leaves out short vowels."""

    def joined(self) -> list[tuple[str, tuple[int, ...]]]:
        """Two or three neighbours as one word, with their places: names are split and joined at will."""
        return [
            ("".join(self.tokens[first : first + length]), tuple(range(first, first + length)))
            for length in (2, 3)
            for first in range(len(self.tokens) - length + 1)
        ]


@lru_cache(maxsize=1)
def words() -> Words:
    with Path(__file__).with_name("words.toml").open("rb") as file:
        read: dict[str, Any] = tomllib.load(file)
    groups: dict[str, set[int]] = {}
    for number, group in enumerate(read["spellings"]):
        for token in group.split():
            groups.setdefault(token, set()).add(number)
    light = frozenset(read["particles"].split()) | frozenset(read["legal_forms"].split())
    spellings = {token: frozenset(found) for token, found in groups.items()}
    return Words(frozenset(read["titles"].split()), light, spellings)


@lru_cache(maxsize=65_536)
def spell(name: str) -> Spelled:
    """Empty for what has no letter in it."""
    text = unicodedata.normalize("NFKC", name[:_MOST_LETTERS])
    voweless = bool(_WITHOUT_VOWELS.search(text))
    latin = anyascii(_APOSTROPHES.sub("", text))
    if _HAN.search(text):
        latin = _SYLLABLE.sub(" ", latin)
    found = _SPACES.sub(" ", _APOSTROPHES.sub("", latin).lower()).split()[:MOST_TOKENS]
    without = [token for token in found if token not in words().titles]
    return Spelled(tuple(without or found), voweless)


@lru_cache(maxsize=1)
def _nicknames() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=65_536)
def other_spellings(token: str) -> frozenset[str]:
    """What the same person may be called by: nicknames and the names that they are of."""
    if not token.isalpha():
        return frozenset()
    names = _nicknames()
    return frozenset(names.nicknames_of(token) | names.canonicals_of(token)) - {token}


@lru_cache(maxsize=65_536)
def sound(token: str) -> str:
    """Metaphone, which is made for English; empty where it says too little."""
    key = metaphone(token).replace(" ", "") if token.isalpha() else ""
    return key if len(key) > 1 else ""


@lru_cache(maxsize=65_536)
def skeleton(token: str) -> str:
    """Consonants alone, those that romanisations exchange made one: what Arabic and Hebrew write down of a name."""
    found = _TWICE.sub(
        r"\1", _VOWELS.sub("", token.replace("ph", "f").replace("kh", "h").replace("gh", "g")).translate(_ALIKE)
    )
    return found if len(found) > 1 else ""
