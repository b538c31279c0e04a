"""What the suites about understanding share: one timed pass over texts, and what was measured."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from agent.understanding.heads import HEADS_DIR, WEIGHTS_FILE, Heads
from knowledge.embed import ENCODER_DIR, Encoder

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Timed(Generic[Answer]):
    answers: list[Answer]
    p50_ms: float
    """Median time of one text, on one thread."""


@dataclass(frozen=True, slots=True)
class Understander:
    """What is measured: an encoder and the heads on it."""

    encoder: Encoder
    heads: Heads
    notes: dict[str, object]
    """The checksums that say what was measured."""


def time_each(texts: Sequence[str], answer: Callable[[str], Answer]) -> Timed[Answer]:
    """Answers each text by itself, as in service."""
    answer(texts[0])
    answers: list[Answer] = []
    seconds: list[float] = []
    for text in texts:
        start = time.perf_counter()
        answers.append(answer(text))
        seconds.append(time.perf_counter() - start)
    return Timed(answers, float(np.median(seconds)) * 1000)


def load_understander(directory: Path | None) -> Understander:
    """The heads in `directory`, without one the committed ones, on their encoder.

    Raises:
        ConfigurationError: the files cannot be used.
    """
    encoder = _find_encoder(directory)
    directory = directory or HEADS_DIR
    heads = Heads.load(directory)
    notes: dict[str, object] = {
        "heads_sha256": hashlib.sha256((directory / WEIGHTS_FILE).read_bytes()).hexdigest(),
        "encoder_sha256": (encoder / "SHA256SUMS").read_text(encoding="utf-8").split()[0],
    }
    return Understander(Encoder.load(encoder), heads, notes)


def _find_encoder(heads: Path | None) -> Path:
    """The folder `encoder` beside the heads, as a comparison leaves it, or the committed one."""
    own = heads / "encoder" if heads else ENCODER_DIR
    return own if own.is_dir() else ENCODER_DIR
