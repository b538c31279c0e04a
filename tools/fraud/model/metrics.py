"""How good probabilities are, in numpy alone, by the definitions of scikit-learn and the Fraud Detection Handbook."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
Keys = NDArray[Any]


def roc_auc(truth: Bools, score: Floats) -> float:
    """The chance that a fraud has a higher score than a genuine event, ties counting half (Mann and Whitney 1947)."""
    frauds = int(truth.sum())
    others = len(truth) - frauds
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return float((ranks[truth].sum() - frauds * (frauds + 1) / 2) / (frauds * others))


def average_precision(truth: Bools, score: Floats) -> float:
    """The sum over thresholds of precision times the recall gained, without interpolation."""
    precision, recall = precision_recall(truth, score)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def precision_recall(truth: Bools, score: Floats) -> tuple[Floats, Floats]:
    """At each distinct score, highest first."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    caught = np.cumsum(truth[order])[ends]
    return caught / (ends + 1), caught / max(int(truth.sum()), 1)


def card_precision(truth: Bools, score: Floats, customer: Keys, day: Keys, most: int = 100) -> float:
    """Of the ``most`` customers with the highest scores of a day, how many were defrauded that day; the mean over days.

    A customer found out on one day is not looked at on the days after (handbook, chapter 4.4, card_precision_top_k).
    """
    found: set[Any] = set()
    shares: list[float] = []
    for one in np.unique(day):
        rows = np.flatnonzero((day == one) & ~np.isin(customer, list(found)))
        who, inverse = np.unique(customer[rows], return_inverse=True)
        highest = np.full(len(who), -np.inf)
        np.maximum.at(highest, inverse, score[rows])
        defrauded = np.zeros(len(who), dtype=bool)
        np.logical_or.at(defrauded, inverse, truth[rows])
        looked_at = np.argsort(-highest, kind="stable")[:most]
        caught = looked_at[defrauded[looked_at]]
        found.update(who[caught].tolist())
        shares.append(len(caught) / most)
    return float(np.mean(shares))


def recall_at(truth: Bools, score: Floats, share: float) -> float:
    """How many of the frauds are among the share of events with the highest scores."""
    looked_at = np.argsort(-score, kind="stable")[: max(round(len(score) * share), 1)]
    return float(truth[looked_at].sum() / max(int(truth.sum()), 1))


def brier(truth: Bools, probability: Floats) -> float:
    """Mean squared error of the probabilities (Brier 1950)."""
    return float(np.mean((probability - truth) ** 2))


def calibration(truth: Bools, probability: Floats, bins: int = 20) -> list[tuple[int, float, float]]:
    """Bins of equally many events: how many, the mean probability, the share of frauds."""
    parts = np.array_split(np.argsort(probability, kind="stable"), bins)
    return [(len(part), float(probability[part].mean()), float(truth[part].mean())) for part in parts if len(part)]


def calibration_error(truth: Bools, probability: Floats, bins: int = 20) -> float:
    """Expected calibration error over such bins (Naeini et al. 2015, with bins of equal size)."""
    return sum(n * abs(said - was) for n, said, was in calibration(truth, probability, bins)) / len(truth)


def all_metrics(
    truth: Bools, probability: Floats, customer: Keys, day: Keys, scenario: Keys | None = None
) -> dict[str, Any]:
    """Every figure by its name; ``recall_by_scenario`` is at a review rate of 1 %."""
    found: dict[str, Any] = {
        "roc_auc": roc_auc(truth, probability),
        "average_precision": average_precision(truth, probability),
        "card_precision_at_100": card_precision(truth, probability, customer, day),
        "recall_at_1_percent": recall_at(truth, probability, 0.01),
        "ece": calibration_error(truth, probability),
        "brier": brier(truth, probability),
    }
    if scenario is not None:
        found["recall_by_scenario"] = recall_by_scenario(truth, probability, scenario, 0.01)
    return found


def recall_by_scenario(truth: Bools, score: Floats, scenario: Keys, share: float) -> Mapping[str, float]:
    looked_at = np.zeros(len(score), dtype=bool)
    looked_at[np.argsort(-score, kind="stable")[: max(round(len(score) * share), 1)]] = True
    return {str(one): float(looked_at[truth & (scenario == one)].mean()) for one in np.unique(scenario[truth]).tolist()}
