"""How good a model is on a test that comes after a history, as if the test were living through it.

Labels are known ``delay_days`` after their event and not before: in features, in training, and where known victims are
left out. Protocol of the Fraud Detection Handbook (Le Borgne et al. 2022, chapter 5, get_train_test_set): train on some
days, wait for the delay, test on the days after.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from tools.fraud.features.batch import feature_rows
from tools.fraud.features.dataset import Dataset, days_before, join
from tools.fraud.features.scratch import scratch_bank
from tools.fraud.features.shapes import NAMES
from tools.fraud.model.metrics import all_metrics
from tools.fraud.model.scorer import Scorer
from tools.fraud.model.training import train_trees
from tools.fraud.model.versions import MODELS_DIR, load_trees, read_promoted

HANDBOOK_DAYS = 7
"""Of training, and of frauds whose victims count as known, in the handbook's protocol."""
TRAIN_DAYS = 28
"""Of training otherwise: older frauds add little and are another time's."""
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Protocol:
    """``train``: a model of the history's last ``train_days`` days with labels; else the promoted one, or ``model``."""

    delay_days: float = 7
    train: bool = False
    train_days: int | None = None
    exclude_known: bool = False
    models: Path = MODELS_DIR
    model: str | None = None

    @property
    def days(self) -> int:
        return self.train_days or (HANDBOOK_DAYS if self.exclude_known else TRAIN_DAYS)


@dataclass(frozen=True)
class Evaluation:
    """Columns of shape (events,), of the events that were looked at."""

    model: str
    train_rows: int
    truth: NDArray[np.bool_]
    probability: NDArray[np.float64]
    customer: NDArray[np.str_]
    day: NDArray[np.int64]
    scenario: NDArray[np.str_] | None
    left_out: int = 0
    protocol: Protocol = field(default_factory=Protocol)

    def as_json(self) -> dict[str, Any]:
        found = all_metrics(self.truth, self.probability, self.customer, self.day, self.scenario)
        return found | {
            "n": len(self.truth),
            "frauds": int(self.truth.sum()),
            "left_out": self.left_out,
            "model": self.model,
            "delay_days": self.protocol.delay_days,
            "train_rows": self.train_rows,
            "train_days": self.protocol.days if self.protocol.train else None,
            "exclude_known": self.protocol.exclude_known,
        }


def evaluate(
    history: Dataset, test: Dataset, protocol: Protocol, report: Callable[[str], None] = lambda _: None
) -> Evaluation:
    """Raises InvalidInput when the history is too short or nothing is left to test on; and as ``load_trees``."""
    _refuse_one_kind(test.is_fraud)
    both = join(history, test)
    start = test.occurred_at[0].astype("datetime64[D]").astype("datetime64[us]")
    known_until = days_before(start, protocol.delay_days)
    known = int(history.before(known_until).sum())
    first = int(history.before(days_before(known_until, protocol.days)).sum()) if protocol.train else known
    if known == 0 or (protocol.train and first == known):
        raise InvalidInput("The history has no event whose label is known when the test begins.")
    scorer = None if protocol.train else _promoted(protocol)
    report(f"loading {len(both)} events")
    with scratch_bank(both, protocol.delay_days) as url:
        report(f"computing features of {known - first + len(test)} events")
        learnt = events_features(url, range(first + 1, known + 1), protocol.delay_days)
        asked = events_features(url, range(len(history) + 1, len(both) + 1), protocol.delay_days)
    if scorer is None:
        report(f"training on {known - first} events")
        scorer = Scorer("trained on the history", train_trees(learnt, history.is_fraud[first:known]))
    found = Evaluation(
        scorer.model,
        known - first,
        test.is_fraud,
        scorer.probabilities(asked).astype(np.float64),
        test.customer,
        test.days(),
        test.scenario,
        protocol=protocol,
    )
    return _without_known(found, history, known_until) if protocol.exclude_known else found


def _promoted(protocol: Protocol) -> Scorer:
    version = protocol.model or read_promoted(protocol.models)
    return Scorer(version, load_trees(protocol.models, version))


def events_features(url: str, ids: range, delay_days: float) -> Rows:
    """Shape (events, features), with a connection for each core."""
    cores = min(os.cpu_count() or 1, 8)
    size = max(-(-len(ids) // cores), 1)
    spans = [ids[start : start + size] for start in range(0, len(ids), size)]
    with ThreadPoolExecutor(cores) as pool:
        parts = pool.map(partial(feature_rows, url, delay_days=delay_days), spans)
        return np.concatenate([*parts, np.zeros((0, len(NAMES)), dtype=np.float32)])


def _without_known(found: Evaluation, history: Dataset, known_until: np.datetime64) -> Evaluation:
    """Less, on each day, the customers with a fraud between the first of the training days and the delay before."""
    begin = known_until.astype("datetime64[D]").astype(np.int64) - HANDBOOK_DAYS
    fraud_days, victims = history.days()[history.is_fraud], history.customer[history.is_fraud]
    kept = np.ones(len(found.truth), dtype=bool)
    for day in np.unique(found.day):
        last = day - int(np.ceil(found.protocol.delay_days)) - 1
        known = np.unique(victims[(fraud_days >= begin) & (fraud_days <= last)])
        kept &= (found.day != day) | ~np.isin(found.customer, known)
    _refuse_one_kind(found.truth[kept])
    return replace(
        found,
        truth=found.truth[kept],
        probability=found.probability[kept],
        customer=found.customer[kept],
        day=found.day[kept],
        scenario=None if found.scenario is None else found.scenario[kept],
        left_out=int((~kept).sum()),
    )


def _refuse_one_kind(truth: NDArray[np.bool_]) -> None:
    if not truth.any() or truth.all():
        raise InvalidInput("To measure anything, the test needs frauds and genuine payments.")
