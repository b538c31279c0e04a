"""Makes a version of the model from a file, with its card and what drift is measured against."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from tools.fraud.features.dataset import Dataset, days_before
from tools.fraud.features.scratch import scratch_bank
from tools.fraud.features.shapes import NAMES
from tools.fraud.model.drift import deciles, spread
from tools.fraud.model.evaluation import events_features
from tools.fraud.model.scorer import Scorer
from tools.fraud.model.training import LEFT_OUT, MONOTONE, PARAMETERS, ROUNDS, train_trees
from tools.fraud.model.versions import MODELS_DIR, Metadata, save_version

_CARD = """# Fraud model {version}

Gradient-boosted trees ({trees} trees, at most {leaves} leaves each), grown with LightGBM, stored as arrays
(`trees.npz`) and read without it. A calibrated probability that a card payment is a fraud.

- Data: `{data}`. Events from {trained_from} to {trained_to} (UTC): {rows} of them, {frauds} frauds. Labels are known
  {delay_days:g} days after their event; what is younger at the end of the file was not learnt.
- Features: {features} of those that are served online (`fraud_features_at`); {unused} are not used, because they say
  nothing in this data: {unused_names}.
- What frauds at a counterparty say goes one way: more of them never lower the score (monotone constraints, in
  `metadata.json`).
- Calibration: monotone, from trees that had not seen what they scored (three parts in time).
{note}
Use it for: ordering payments by suspicion, beside rules. Not for: a decision about a person without a way to ask for a
human; payments unlike those it has learnt from. `tellergraph fraud drift` tells how unlike they have become.
"""


@dataclass(frozen=True)
class Made:
    metadata: Metadata
    folder: Path


def make_version(
    data: Dataset,
    version: str,
    *,
    days: int,
    delay_days: float = 7,
    all_features: bool = False,
    folder: Path = MODELS_DIR,
    note: str = "",
    report: Callable[[str], None] = lambda _: None,
) -> Made:
    """Of the last ``days`` days whose labels are known when the file ends.

    Raises:
        InvalidInput: the file is too short, or the version exists.
    """
    end = data.occurred_at[-1].astype("datetime64[D]") + np.timedelta64(1, "D")
    known_until = days_before(end.astype("datetime64[us]"), delay_days)
    known = int(data.before(known_until).sum())
    first = int(data.before(days_before(known_until, days)).sum())
    if first == known:
        raise InvalidInput(f"{data.name} has no event older than {delay_days:g} days: no label is known yet.")
    report(f"loading {len(data)} events")
    with scratch_bank(data, delay_days) as url:
        report(f"computing features of {known - first} events")
        rows = events_features(url, range(first + 1, known + 1), delay_days)
    report("training")
    truth = data.is_fraud[first:known]
    trees = train_trees(rows, truth, left_out=() if all_features else LEFT_OUT)
    scores = Scorer(version, trees).probabilities(rows)
    edges, shares = _distribution(rows)
    score_edges = deciles(scores)
    metadata = Metadata(
        version=version,
        data=f"{data.name}, SHA-256 {data.sha256}",
        trained_from=str(data.occurred_at[first].astype("datetime64[s]")),
        trained_to=str(data.occurred_at[known - 1].astype("datetime64[s]")),
        rows=known - first,
        frauds=int(truth.sum()),
        delay_days=int(delay_days),
        parameters=PARAMETERS | {"rounds": ROUNDS, "monotone": MONOTONE},
        edges=edges,
        shares=shares,
        score_edges=score_edges,
        score_shares=spread(scores, score_edges),
    )
    unused = [name for name in NAMES if name not in trees.names]
    card = _CARD.format(
        **vars(metadata),
        trees=len(trees.feature),
        leaves=PARAMETERS["num_leaves"],
        features=len(trees.names),
        unused=len(unused),
        unused_names=", ".join(f"`{name}`" for name in unused) or "none",
        note=f"\n{note}\n" if note else "",
    )
    return Made(metadata, save_version(trees, metadata, card, folder))


def _distribution(rows: NDArray[Any]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    edges = {name: deciles(rows[:, at]) for at, name in enumerate(NAMES)}
    return edges, {name: spread(rows[:, at], edges[name]) for at, name in enumerate(NAMES)}
