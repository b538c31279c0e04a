"""Figures of merit for classifiers. Each takes one entry per case; a confidence is that of the predicted label."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from evals.results.figures import Share, share

BINS = 15


def accuracy(correct: Sequence[bool]) -> Share:
    """Share of right answers."""
    return share(correct)


def accuracy_error(correct: Sequence[bool]) -> float:
    """Standard error of `accuracy`."""
    return float(np.std(correct) / np.sqrt(len(correct)))


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean over the labels that occur in `truth` of each one's F1."""
    wanted, given = Counter(truth), Counter(predicted)
    hits = Counter(t for t, p in zip(truth, predicted, strict=True) if t == p)
    return sum(2 * hits[label] / (number + given[label]) for label, number in wanted.items()) / len(wanted)


def recall_by_label(truth: Sequence[str], correct: Sequence[bool]) -> dict[str, Share]:
    """Per label of `truth`, the share of its cases that were answered right."""
    found: dict[str, list[bool]] = {}
    for label, is_right in zip(truth, correct, strict=True):
        found.setdefault(label, []).append(is_right)
    return {label: share(found[label]) for label in sorted(found)}


def expected_calibration_error(correct: Sequence[bool], confidences: Sequence[float]) -> float:
    """Mean distance between confidence and accuracy over 15 bins of equal width (Guo et al. 2017)."""
    right, confidence = np.asarray(correct, dtype=float), np.asarray(confidences)
    gaps = np.bincount(bins_of(confidences), weights=right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum()) / len(right)


def bins_of(confidences: Sequence[float]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The bin of each."""
    return np.minimum((np.asarray(confidences) * BINS).astype(np.int64), BINS - 1)


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
