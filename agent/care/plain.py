"""A message in plain spelling, as the care detector reads it: "i losst my fone, hlp" is "i lost my phone, help".

Text-speak is written out (spelling.toml). A word that the encoder does not know becomes the word of the lexicon that is
near it or sounds alike, or else what the bank's speller makes of it. Other words stay. Nothing else reads the result.
"""

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz.distance import OSA

from agent.understanding.spelling import Speller

LEXICON = Path(__file__).with_name("lexicon.yaml")
_TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("spelling.toml").read_text(encoding="utf-8"))
_SHORT: dict[str, str] = _TABLE["short"]
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SHORTEST, _LONG = 4, 7
"""Letters from which a word is put right, and from which it may have two slips."""
_ENDINGS = ("s", "es", "ed", "er", "ers", "ing", "ly")
_SOUNDS = tuple((re.compile(pattern), sound) for pattern, sound in _TABLE["sounds"])


class PlainSpelling:
    """Threads may share one."""

    def __init__(self, speller: Speller, words: tuple[str, ...]) -> None:
        """Args:
        words: what a word may be corrected to before the speller is asked, in small letters.
        """
        self._speller = speller
        self._words = {word: sound_of(word) for word in words if len(word) >= _SHORTEST}
        self._find = lru_cache(maxsize=4096)(self._nearest)

    @classmethod
    @cache
    def load(cls) -> "PlainSpelling":
        table: dict[str, dict[str, list[str]]] = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
        phrases = (phrase for parts in table.values() for listed in parts.values() for phrase in listed)
        listed = dict.fromkeys(word for phrase in phrases for word in _WORD.findall(phrase) if word.isalpha())
        return cls(Speller.load(), tuple(listed) + tuple(_TABLE["words"]))

    def write(self, text: str) -> str:
        """The text; positions in it may shift."""
        short = _WORD.sub(lambda match: _SHORT.get(match[0].lower(), match[0]), text.replace("\u2019", "'"))
        return _WORD.sub(lambda match: self._find(match[0].lower()) or match[0], short)

    def _nearest(self, word: str) -> str | None:
        if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()) or self._is_right(word):
            return None
        sound, allowed = sound_of(word), 2 if len(word) >= _LONG else 1
        best: tuple[int, str] | None = None
        for right, its_sound in self._words.items():
            if its_sound[:1] != sound[:1]:
                continue
            slips = OSA.distance(word, right, score_cutoff=allowed + 2)
            alike = its_sound == sound
            if slips <= (allowed + 2 if alike else allowed):
                best = min(filter(None, (best, (slips - 2 * alike, right))))
        right = best[1] if best else self._speller.correct(word)
        return None if right == word else right

    def _is_right(self, word: str) -> bool:
        """Whether the encoder knows it, or what it is a form of."""
        stems = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
        forms = (form for stem in stems if len(stem) >= _SHORTEST for form in (stem, f"{stem}e"))
        return any(self._speller.is_word(form) or form in self._words for form in (word, *forms))


def sound_of(word: str) -> str:
    """Its consonants as they sound, and the vowel that it begins with: "fn" for phone and fone."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word
