"""Tells from a message what the customer lets be known: a payment that they dispute, fraud, a lost phone, a complaint,
hardship, a death, coercion. One logistic regression for each over what the encoder saw of the message and of each of
its sentences, and over the words of lexicon.yaml in them; the weights and their card are in ``weights/`` beside
(finetune/care.py).

Pure. A message is read in plain spelling (plain.py), and may tell several; the likeliest part of it counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import yaml

from agent.care.plain import LEXICON, PlainSpelling
from core.errors import ConfigurationError
from knowledge.embed import Encoder

Concern = Literal["dispute", "fraud", "lost_phone", "complaint", "hardship", "bereavement", "coercion"]
CONCERNS: tuple[Concern, ...] = get_args(Concern)
WEIGHTS = Path(__file__).parent / "weights"
FILE = "care.npz"
_CUE = np.float32(0.5)
"""What a word weighs beside the encoder's unit vectors."""

MOST_PARTS = 14
"""Of one message besides the whole of it."""
_LONG, _WINDOW = 24, 16
"""Words of a sentence from which windows of so many words are read besides, each half in the next."""
_SHORTEST = 8
"""Letters of a sentence that tells something."""
_ENDS = re.compile(r"(?<=[.!?;\n])\s+|\n+|,\s+(?=(?:and|but|because|since|as|by the way)\b)")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words that go with each concern, as patterns: what lets it be known, and what it is about."""

    says: tuple[re.Pattern[str], ...]
    about: tuple[re.Pattern[str], ...]

    @classmethod
    def load(cls) -> "Lexicon":
        table: dict[Concern, dict[str, list[str]]] = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
        return cls(*(tuple(_any_of(table[concern][part]) for concern in CONCERNS) for part in ("says", "about")))

    def read(self, text: str) -> Floats:
        """[3 * concerns]: whether it says, is about, and both."""
        plain = text.lower().replace("\u2019", "'")
        says = np.array([bool(pattern.search(plain)) for pattern in self.says], np.float32)
        about = np.array([bool(pattern.search(plain)) for pattern in self.about], np.float32)
        return _CUE * np.concatenate([says, about, says * about])


@dataclass(frozen=True, slots=True)
class CareDetector:
    """Threads may share one."""

    lexicon: Lexicon
    weights: Floats
    """[concerns, width of the encoder's views and the lexicon's]"""
    bias: Floats
    """[concerns]"""
    thresholds: Floats
    """[concerns] Probability from which it counts."""

    @classmethod
    def load(cls, directory: Path = WEIGHTS) -> "CareDetector":
        """Raises ConfigurationError for a file that is missing or of another shape."""
        try:
            with np.load(directory / FILE) as arrays:
                found = cls(Lexicon.load(), arrays["weights"], arrays["bias"], arrays["thresholds"])
        except (OSError, KeyError, ValueError) as error:
            raise ConfigurationError(f"The care detector in {directory} cannot be read: check it out again.") from error
        if len(found.weights) != len(CONCERNS) or found.bias.shape != found.thresholds.shape:
            raise ConfigurationError(f"The care detector in {directory} is another version's: check it out again.")
        return found

    def detect(self, message: str, encoder: Encoder) -> tuple[Concern, ...]:
        """In the order of CONCERNS."""
        if not message.strip():
            return ()
        plain = PlainSpelling.load().write(message)
        views = np.stack([seen(part, encoder, self.lexicon) for part in parts_of(plain)])
        likeliest = self.probabilities(views).max(axis=0)
        return tuple(concern for concern, is_so in zip(CONCERNS, likeliest >= self.thresholds, strict=True) if is_so)

    def probabilities(self, views: Floats) -> Floats:
        """[texts, concerns] from [texts, width]."""
        return (1.0 / (1.0 + np.exp(-(views @ self.weights.T + self.bias)))).astype(np.float32)


def seen(text: str, encoder: Encoder, lexicon: Lexicon) -> Floats:
    """What the regressions read of a text."""
    return np.concatenate([encoder.read(text).views, lexicon.read(text)])


def _any_of(beginnings: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, beginnings))})")


def parts_of(message: str) -> Sequence[str]:
    """The message and, where it has several, its sentences, and windows of its long ones."""
    told = [part for part in map(str.strip, _ENDS.split(message)) if len(part) >= _SHORTEST]
    windows = [window for part in told for window in _windows(part.split())]
    parts = [*(told if len(told) > 1 else ()), *windows]
    return [message, *parts[:MOST_PARTS]]


def _windows(words: list[str]) -> list[str]:
    if len(words) < _LONG:
        return []
    starts = range(0, len(words) - _WINDOW // 2, _WINDOW // 2)
    return [" ".join(words[start : start + _WINDOW]) for start in starts]
