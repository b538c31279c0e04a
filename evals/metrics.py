"""Figures of merit for classifiers. Each takes one entry per case; a confidence is that of the predicted label."""

from collections.abc import Sequence

import numpy as np

_BINS = 15


def accuracy(correct: Sequence[bool]) -> float:
    """Share of right answers."""
    return float(np.mean(correct))


def accuracy_error(correct: Sequence[bool]) -> float:
    """Standard error of `accuracy`."""
    return float(np.std(correct) / np.sqrt(len(correct)))


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean over the labels that occur in `truth` of each one's F1."""
    pairs = list(zip(truth, predicted, strict=True))
    scores: list[float] = []
    for label in sorted(set(truth)):
        hits = sum(t == p == label for t, p in pairs)
        scores.append(2 * hits / (sum(t == label for t in truth) + sum(p == label for p in predicted)))
    return float(np.mean(scores))


def recall_by_label(truth: Sequence[str], correct: Sequence[bool]) -> dict[str, float]:
    """Per label of `truth`, the share of its cases that were answered right."""
    return {
        label: float(np.mean([c for t, c in zip(truth, correct, strict=True) if t == label]))
        for label in sorted(set(truth))
    }


def expected_calibration_error(correct: Sequence[bool], confidences: Sequence[float]) -> float:
    """Mean distance between confidence and accuracy over 15 bins of equal width (Guo et al. 2017)."""
    right, confidence = np.asarray(correct, dtype=float), np.asarray(confidences)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float((right - confidence)[bins == b].sum())) for b in range(_BINS)]
    return sum(gaps) / len(right)


def coverage_at_precision(correct: Sequence[bool], confidences: Sequence[float], precision: float) -> float:
    """The largest share of cases that can be answered, the most confident first, with at least this precision.

    Cases of equal confidence are answered together or not at all: no threshold could part them.
    """
    order = np.argsort(-np.asarray(confidences), kind="stable")
    confidence = np.asarray(confidences)[order]
    reached = np.cumsum(np.asarray(correct, dtype=float)[order]) / np.arange(1, len(order) + 1)
    last_of_ties = np.append(confidence[1:] != confidence[:-1], True)
    allowed = np.flatnonzero((reached >= precision) & last_of_ties)
    return float(allowed[-1] + 1) / len(order) if allowed.size else 0.0
