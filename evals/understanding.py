"""What the suites about understanding share: one timed pass over texts, and what was measured."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from agent.understanding.heads import HEADS_DIR, WEIGHTS_FILE, Heads
from core.digests import digest_of_file
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


def stopwatch(answer: Callable[[str], Answer]) -> Callable[[str], tuple[Answer, float]]:
    """Answers a text and says in how many seconds. Its first answer, which is slower, is not timed."""
    answer("hello")

    def timed(text: str) -> tuple[Answer, float]:
        start = time.perf_counter()
        found = answer(text)
        return found, time.perf_counter() - start

    return timed


def load_understander(directory: Path | None) -> Understander:
    """The heads in `directory`, without one the committed ones, on their encoder.

    Raises:
        ConfigurationError: the files cannot be used.
    """
    return Understander(Encoder.load(_find_encoder(directory)), Heads.load(directory or HEADS_DIR))


def describe_understander(directory: Path | None) -> dict[str, object]:
    """The checksums that say what is measured.

    Raises:
        ConfigurationError: the heads cannot be used.
    """
    heads = directory or HEADS_DIR
    Heads.load(heads)
    return {
        "heads_sha256": digest_of_file(heads / WEIGHTS_FILE),
        "encoder_sha256": (_find_encoder(directory) / "SHA256SUMS").read_text(encoding="utf-8").split()[0],
    }


def _find_encoder(heads: Path | None) -> Path:
    """The folder `encoder` beside the heads, as a comparison leaves it, or the committed one."""
    own = heads / "encoder" if heads else ENCODER_DIR
    return own if own.is_dir() else ENCODER_DIR
