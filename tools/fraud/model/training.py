"""Grows the trees with LightGBM, which is needed here and nowhere else (extra ``fraud``)."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError, InvalidInput
from tools.fraud.features.shapes import NAMES
from tools.fraud.model.trees import Floats, Rows, Trees

PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "max_depth": 6,
    "min_data_in_leaf": 100,
    "lambda_l2": 20.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "max_bin": 255,
    "seed": 7,
    "deterministic": True,
    "force_col_wise": True,
    # Its threads spin while they wait for each other; on cores shared with others that costs more than it gains.
    "num_threads": 1,
    "verbosity": -1,
}
ROUNDS = 350
LEFT_OUT = (
    "hour",
    "is_night",
    "is_weekend",
    "count_1h",
    "sum_1d",
    "mean_1d",
    "deviation_1d",
    "seconds_since_last",
    "time_of_day_share",
    "customer_days",
    "party_is_new",
    "party_days",
    "party_visits_30d",
    "party_count_1d",
    "party_count_7d",
    "party_count_30d",
    "party_mean_30d",
    "amount_to_party_mean",
)
"""Features that say nothing in the simulated data of the handbook, and with a week of it are learnt as noise: without
them ROC AUC rose by 0.003 on the weeks that were tuned on. A bank's own data may well need them."""
MONOTONE = {
    "party_risk_1d": 1,
    "party_risk_7d": 1,
    "party_risk_30d": 1,
    "party_risk_recent": 1,
    "party_frauds_30d": 1,
    "party_victims_30d": 1,
    "party_plain_frauds_30d": 1,
    "party_last_genuine_days": 1,
    "party_last_fraud_days": -1,
    "party_last_plain_days": -1,
    "party_genuine_since": -1,
}
"""Which way suspicion goes where it can go one way only: more frauds, and longer without a payment known to be genuine,
never speak for a terminal. What a month of labels says otherwise is noise."""
_FOLDS = 3
"""Parts in time, each scored by trees that have not seen it, from which the calibration is learnt."""
_LEAST_FRAUDS = 30
_POINTS = 12


def train_trees(
    rows: Rows, truth: NDArray[np.bool_], *, left_out: Sequence[str] = LEFT_OUT, rounds: int = ROUNDS
) -> Trees:
    """From rows of shape (events, ``NAMES``) in the order of time, NaN for what is not known.

    Raises:
        ConfigurationError: LightGBM is not installed.
        InvalidInput: there are too few frauds, or nothing else.
    """
    if truth.sum() < _LEAST_FRAUDS or truth.all():
        raise InvalidInput(f"To learn from, there have to be genuine payments and at least {_LEAST_FRAUDS} frauds.")
    # What is the same in all rows, or known in none, says nothing.
    told = [
        at
        for at, name in enumerate(NAMES)
        if name not in left_out and len(np.unique(rows[:, at][~np.isnan(rows[:, at])])) > 1
    ]
    names = tuple(NAMES[at] for at in told)
    rows = rows[:, told]
    calibration = _calibrate(_held_out_log_odds(rows, truth, names, rounds), truth)
    return _as_arrays(_grow(rows, truth, names, rounds), names, calibration)


def _grow(rows: Rows, truth: NDArray[np.bool_], names: tuple[str, ...], rounds: int) -> Any:
    # Not in the base installation.
    try:
        import lightgbm  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
    except ModuleNotFoundError as error:
        raise ConfigurationError("LightGBM is missing: pip install 'tellergraph[fraud]'.") from error
    data = lightgbm.Dataset(rows, truth.astype(np.int32), feature_name=list(names), params={"verbosity": -1})
    one_way = [MONOTONE.get(name, 0) for name in names]
    return lightgbm.train(PARAMETERS | {"monotone_constraints": one_way}, data, rounds)


def _held_out_log_odds(rows: Rows, truth: NDArray[np.bool_], names: tuple[str, ...], rounds: int) -> Floats:
    found = np.zeros(len(rows))
    for part in np.array_split(np.arange(len(rows)), _FOLDS):
        seen = np.ones(len(rows), dtype=bool)
        seen[part] = False
        grown = _as_arrays(_grow(rows[seen], truth[seen], names, rounds), names, np.zeros((2, 2)))
        found[part] = grown.log_odds(rows[part])
    return found


def _calibrate(log_odds: Floats, truth: NDArray[np.bool_]) -> Floats:
    """Log-odds of what the trees say and of what is so: bins of equally many frauds, smoothed towards the share of all,
    pooled until they increase (pool adjacent violators; Zadrozny and Elkan 2002), joined by lines. It is strictly
    increasing, so that no order is lost. Shape (2, points)."""
    order = np.argsort(log_odds, kind="stable")
    frauds = np.flatnonzero(truth[order])
    cuts = [int(part[-1]) + 1 for part in np.array_split(frauds, _POINTS)[:-1]]
    parts = [order[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(order)])]
    rate = float(truth.mean())
    bins = [(float(log_odds[part].mean()), float(truth[part].sum()) + rate, len(part) + 1.0) for part in parts]
    pooled: list[tuple[float, float, float]] = []
    for one in bins:
        pooled.append(one)
        while len(pooled) > 1 and pooled[-2][1] / pooled[-2][2] >= pooled[-1][1] / pooled[-1][2]:
            (at, k, n), (last, more, others) = pooled[-2], pooled.pop()
            pooled[-1] = ((at * n + last * others) / (n + others), k + more, n + others)
    known = np.array([at for at, _, _ in pooled])
    share = np.array([k / n for _, k, n in pooled])
    said = np.log(share / (1 - share))
    # Beyond the outermost bins with the slope of the trees themselves.
    reach = 10.0
    return np.array([[known[0] - reach, *known, known[-1] + reach], [said[0] - reach, *said, said[-1] + reach]])


def _as_arrays(booster: Any, names: tuple[str, ...], calibration: Floats) -> Trees:
    grown = [list(_nodes(tree["tree_structure"])) for tree in booster.dump_model()["tree_info"]]
    trees, most = len(grown), max(map(len, grown))
    shape = (trees, most)
    feature, left, right = (np.zeros(shape, dtype=np.intp) for _ in range(3))
    threshold, value = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    nan_left = np.zeros(shape, dtype=bool)
    left[:], right[:] = np.arange(most), np.arange(most)
    for at, nodes in enumerate(grown):
        for node in nodes:
            number = node["number"]
            value[at, number] = node["value"]
            if "left" in node:
                feature[at, number], threshold[at, number] = node["feature"], _below(node["threshold"])
                nan_left[at, number] = node["nan_left"]
                left[at, number], right[at, number] = node["left"], node["right"]
    depth = max(node["depth"] for nodes in grown for node in nodes)
    return Trees(names, feature, threshold, nan_left, left, right, value, depth, calibration)


def _nodes(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Numbered from the root on. The value of an inner node is LightGBM's mean of what is below it."""
    waiting, numbered = [(root, 0, 0)], 1
    while waiting:
        node, number, depth = waiting.pop()
        if "split_feature" not in node:
            yield {"number": number, "depth": depth, "value": node["leaf_value"]}
            continue
        children = numbered, numbered + 1
        numbered += 2
        waiting += [(node["left_child"], children[0], depth + 1), (node["right_child"], children[1], depth + 1)]
        yield {
            "number": number,
            "depth": depth,
            "value": node["internal_value"],
            "feature": node["split_feature"],
            "threshold": node["threshold"],
            # Where nothing was missing in training, LightGBM takes what is missing for zero.
            "nan_left": node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0,
            "left": children[0],
            "right": children[1],
        }


def _below(threshold: float) -> np.float32:
    """The largest float32 that is not greater: a float32 is on the same side of both."""
    most = float(np.finfo(np.float32).max)
    near = np.float32(min(max(threshold, -most), most))
    return near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf))
