"""What the suites about understanding share: one timed pass over texts, and what was measured."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from agent.understanding.heads import HEADS_DIR, WEIGHTS_FILE, Heads
from knowledge.embed import ENCODER_DIR, Encoder, Vectors

Prediction = TypeVar("Prediction")


@dataclass(frozen=True, slots=True)
class TimedPredictions(Generic[Prediction]):
    predictions: list[Prediction]
    p50_ms: float
    """Median time of one text through encoder and head, on one thread."""


def predict_timed(texts: Sequence[str], predict: Callable[[Vectors], Prediction]) -> TimedPredictions[Prediction]:
    """Runs each text through the committed encoder and `predict`."""
    encoder = Encoder.load()
    predict(encoder.encode(texts[:1])[0])
    predictions: list[Prediction] = []
    seconds: list[float] = []
    for text in texts:
        start = time.perf_counter()
        predictions.append(predict(encoder.encode([text])[0]))
        seconds.append(time.perf_counter() - start)
    return TimedPredictions(predictions, float(np.median(seconds)) * 1000)


def load_heads(directory: Path | None) -> tuple[Heads, dict[str, object]]:
    """The heads and the checksums that say what was measured."""
    directory = directory or HEADS_DIR
    heads = Heads.load(directory)
    digest = hashlib.sha256((directory / WEIGHTS_FILE).read_bytes()).hexdigest()
    encoder = (ENCODER_DIR / "SHA256SUMS").read_text(encoding="utf-8").split()[0]
    return heads, {"heads_sha256": digest, "encoder_sha256": encoder}
