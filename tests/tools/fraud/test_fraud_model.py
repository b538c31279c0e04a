"""The model: trees read without LightGBM, figures that mean what their names say, versions, drift."""

from pathlib import Path

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, InvalidInput, NotFound
from tools.fraud.features.shapes import NAMES
from tools.fraud.model import load_scorer, metrics
from tools.fraud.model.drift import deciles, measure_drift, spread, stability_index
from tools.fraud.model.scorer import Scorer
from tools.fraud.model.training import MONOTONE, PARAMETERS, train_trees
from tools.fraud.model.trees import Trees
from tools.fraud.model.versions import (
    MODELS_DIR,
    Metadata,
    list_versions,
    load_metadata,
    load_trees,
    promote,
    read_promoted,
    roll_back,
    save_version,
)


def payments(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Large amounts and terminals with frauds are frauds more often; a third of the terminals' history is not known."""
    random = np.random.default_rng(seed)
    rows = np.full((count, len(NAMES)), np.nan, dtype=np.float32)
    large, last = random.exponential(1.0, count), random.uniform(0, 30, count)
    last[random.random(count) < 1 / 3] = np.nan
    rows[:, NAMES.index("amount_to_median")] = large
    rows[:, NAMES.index("party_last_fraud_days")] = last
    chance = 1 / (1 + np.exp(5 - large - 3 * (np.nan_to_num(last, nan=30) < 9)))
    return rows, random.random(count) < chance


@pytest.fixture(scope="module")
def trees() -> Trees:
    return train_trees(*payments(6_000), rounds=40)


def test_stored_trees_say_what_lightgbm_says(monkeypatch: pytest.MonkeyPatch):
    grown = []
    real = lightgbm.train
    monkeypatch.setattr(lightgbm, "train", lambda *a: grown.append(real(*a)) or grown[-1])
    rows, truth = payments(3_000)
    found = train_trees(rows, truth, rounds=30)
    asked = payments(2_000, seed=1)[0][:, [NAMES.index(name) for name in found.names]]
    # On the thresholds themselves, where rounding would show.
    asked[: found.threshold.shape[0], 0] = found.threshold[:, 0]

    np.testing.assert_allclose(found.log_odds(asked), grown[-1].predict(asked, raw_score=True), atol=1e-5)
    assert PARAMETERS["num_threads"] == 1


@pytest.mark.parametrize("model", ["new", "committed"])
def test_a_row_alone_ends_where_it_ends_among_others(trees: Trees, model: str):
    found = trees if model == "new" else load_trees(MODELS_DIR, read_promoted())
    random = np.random.default_rng(7)
    asked = random.choice(found.threshold.ravel(), size=(300, len(found.names))).astype(np.float32)
    asked[random.random(asked.shape) < 0.2] = np.nan
    for row, leaves in zip(asked, found.leaves(asked), strict=True):
        np.testing.assert_array_equal(found.leaves_of_one(row), leaves)


def test_contributions_add_up_to_the_score(trees: Trees):
    asked = payments(50, seed=2)[0][:, [NAMES.index(name) for name in trees.names]]
    base = trees.value[:, 0].sum()
    for row in asked:
        said = trees.contributions(trees.leaves(row[None])[0])
        assert base + said.sum() == pytest.approx(trees.log_odds(row[None])[0], abs=1e-4)


def test_probabilities_are_shares_of_frauds_in_data_not_seen(trees: Trees):
    rows, truth = payments(20_000, seed=3)
    said = Scorer("v", trees).probabilities(rows)

    assert metrics.calibration_error(truth, said) < 0.015
    assert abs(said.mean() - truth.mean()) < 0.01


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=20))
def test_calibration_keeps_the_order(said: list[float]):
    odds = np.sort(np.array(said))
    found = load_trees(MODELS_DIR, read_promoted()).probabilities(odds)
    assert (np.diff(found) >= 0).all()
    assert ((found > 0) & (found < 1)).all()


def test_too_few_frauds_teach_nothing():
    with pytest.raises(InvalidInput, match="at least 30 frauds"):
        train_trees(np.zeros((100, len(NAMES)), dtype=np.float32), np.arange(100) < 5)


def ordinary(**changed: float | None) -> np.ndarray:
    values: dict[str, float | None] = dict.fromkeys(NAMES, 0.0)
    values |= {name: None for name in NAMES if name.startswith(("merchant", "country", "device", "channel"))}
    values |= {"amount": 25.0, "hour": 13.0, "count_30d": 60.0, "count_7d": 14.0, "count_1d": 2.0, "median_30d": 24.0}
    values |= {"mean_7d": 25.0, "mean_30d": 25.0, "deviation_30d": 10.0, "deviation_7d": 10.0, "largest_30d": 55.0}
    values |= {"largest_7d_to_median": 1.8, "amount_to_mean": 1.0, "amount_to_median": 1.04, "amount_to_largest": 0.45}
    values |= {
        name: None for name in NAMES if name.endswith(("_fraud_days", "_plain_days", "_large_days", "genuine_since"))
    }
    values |= {"amount_to_customer_frauds": None, "customer_days": 100.0, "party_last_genuine_days": 7.5}
    return np.array([*(values | changed).values()], dtype=np.float64)


def test_the_committed_model_is_calm_about_the_usual_and_says_why_it_is_not():
    scorer = load_scorer()
    calm = scorer.score(ordinary())
    large = scorer.score(
        ordinary(amount=190.0, amount_z=16.5, amount_to_mean=7.6, amount_to_median=7.9, amount_to_largest=3.5)
    )
    assert calm.probability < 0.01
    assert large.probability > 0.3
    assert large.model == read_promoted()
    first = large.contributions[0]
    assert first.log_odds > 0
    assert first.feature.startswith("amount")
    assert f"{first.value:,.1f}" in first.words


@pytest.mark.parametrize("name", sorted(MONOTONE))
def test_more_known_frauds_at_a_terminal_never_make_a_payment_there_less_suspicious(name: str):
    random = np.random.default_rng(11)
    usual = np.repeat(ordinary()[None].astype(np.float32), 40, axis=0)
    for at, other in enumerate(NAMES):
        if other.startswith(("amount", "party")):
            usual[:, at] = random.choice([0, 0.3, 1, 5, 8, 20, 40, np.nan], 40)
    for row in usual:
        asked = np.repeat(row[None], 61, axis=0)
        asked[:, NAMES.index(name)] = np.linspace(0, 40, 61)
        assert (np.diff(load_scorer().probabilities(asked)) * MONOTONE[name] >= -1e-9).all()


def test_the_committed_model_scores_no_genuine_rows_of_the_data_by_heart():
    """Weights and a card, and nothing else of the data: no file beside them."""
    names = {path.name for path in (MODELS_DIR / read_promoted()).iterdir()}
    assert names == {"trees.npz", "metadata.json", "MODEL_CARD.md"}


def test_one_score_and_a_batch_of_one_agree():
    scorer, features = load_scorer(), ordinary(amount=300.0)
    row = features.astype(np.float32)[None]
    assert scorer.score(features).probability == pytest.approx(scorer.probabilities(row)[0], abs=1e-6)


TRUTH = np.array([1, 0, 1, 0, 0, 0, 1, 0], dtype=bool)
SCORE = np.array([0.9, 0.8, 0.8, 0.3, 0.2, 0.2, 0.1, 0.0])


def slow_roc_auc(truth: np.ndarray, score: np.ndarray) -> float:
    pairs = [(a > b) + (a == b) / 2 for a in score[truth] for b in score[~truth]]
    return sum(pairs) / len(pairs)


def slow_average_precision(truth: np.ndarray, score: np.ndarray) -> float:
    found, recall = 0.0, 0.0
    for threshold in sorted(set(score), reverse=True):
        told = score >= threshold
        now = truth[told].sum() / truth.sum()
        found, recall = found + (now - recall) * truth[told].mean(), now
    return found


def test_metrics_are_what_their_definitions_say():
    random = np.random.default_rng(5)
    for truth, score in [(TRUTH, SCORE), (random.random(300) < 0.1, np.round(random.random(300), 2))]:
        assert metrics.roc_auc(truth, score) == pytest.approx(slow_roc_auc(truth, score))
        assert metrics.average_precision(truth, score) == pytest.approx(slow_average_precision(truth, score))
    assert metrics.brier(np.array([True, False]), np.array([0.8, 0.4])) == pytest.approx(0.1)


def test_card_precision_looks_at_a_customer_found_out_no_more():
    customer = np.array(["a", "b", "c", "a", "b", "d"])
    day = np.array([1, 1, 1, 2, 2, 2])
    truth = np.array([1, 0, 0, 1, 1, 0], dtype=bool)
    score = np.array([0.9, 0.5, 0.1, 0.9, 0.8, 0.1])
    # Day 1: a and b, one of them found. Day 2, without a: b and d, one found.
    assert metrics.card_precision(truth, score, customer, day, most=2) == 0.5
    assert metrics.card_precision(truth, score, customer, day, most=1) == 1.0


def test_recall_is_among_the_share_that_is_reviewed():
    assert metrics.recall_at(TRUTH, SCORE, 1 / 8) == pytest.approx(1 / 3)
    assert metrics.recall_at(TRUTH, SCORE, 1.0) == 1.0
    scenario = np.array(["1", "0", "2", "0", "0", "0", "2", "0"])
    assert metrics.recall_by_scenario(TRUTH, SCORE, scenario, 1 / 8) == {"1": 1.0, "2": 0.0}


def described(version: str, rows: np.ndarray, scores: np.ndarray) -> Metadata:
    edges = {name: deciles(rows[:, at]) for at, name in enumerate(NAMES)}
    shares = {name: spread(rows[:, at], edges[name]) for at, name in enumerate(NAMES)}
    of_scores = deciles(scores)
    return Metadata(version, "d", "a", "b", len(rows), 1, 7, {}, edges, shares, of_scores, spread(scores, of_scores))


def test_versions_are_promoted_and_rolled_back(tmp_path: Path, trees: Trees):
    rows = payments(100)[0]
    for version in ("one", "two"):
        save_version(trees, described(version, rows, np.zeros(100)), "card", tmp_path)
    with pytest.raises(ConfigurationError, match="promote VERSION"):
        read_promoted(tmp_path)

    assert promote("one", tmp_path) == ""
    assert promote("two", tmp_path) == "one"
    assert promote("two", tmp_path) == "two"
    assert (list_versions(tmp_path), read_promoted(tmp_path)) == (["one", "two"], "two")
    assert roll_back(tmp_path) == ("two", "one")
    with pytest.raises(InvalidInput):
        roll_back(tmp_path)
    assert read_promoted(tmp_path) == "one"
    with pytest.raises(NotFound, match="one, two"):
        promote("three", tmp_path)
    with pytest.raises(InvalidInput, match="exists"):
        save_version(trees, described("one", rows, np.zeros(100)), "card", tmp_path)


def test_a_stored_version_is_the_same_when_it_is_read(tmp_path: Path, trees: Trees):
    rows = payments(100)[0]
    save_version(trees, described("one", rows, np.zeros(100)), "card", tmp_path)

    np.testing.assert_array_equal(
        Scorer("one", load_trees(tmp_path, "one")).probabilities(rows), Scorer("one", trees).probabilities(rows)
    )
    assert load_metadata(tmp_path, "one").rows == 100


def test_a_damaged_version_is_not_promoted(tmp_path: Path, trees: Trees):
    rows = payments(100)[0]
    target = save_version(trees, described("one", rows, np.zeros(100)), "card", tmp_path)
    (target / "trees.npz").write_bytes(b"nothing")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        promote("one", tmp_path)


def test_drift_is_none_for_the_same_and_names_what_moved():
    rows, _ = payments(4_000)
    scores = rows[:, NAMES.index("amount_to_median")] / 100
    was = described("v", rows, scores)
    same = measure_drift(
        was, payments(4_000, seed=9)[0], payments(4_000, seed=9)[0][:, NAMES.index("amount_to_median")] / 100
    )
    moved = rows.copy()
    moved[:, NAMES.index("amount_to_median")] *= 2
    other = measure_drift(was, moved, scores)

    assert same.score < 0.02
    assert max(same.features.values()) < 0.02
    assert other.as_json()["moved"] == ["amount_to_median"]
    assert next(iter(other.features)) == "amount_to_median"


def test_what_is_not_known_any_more_is_drift():
    assert stability_index(spread(np.ones(10), [0.5]), spread(np.full(10, np.nan), [0.5])) > 1
    assert stability_index([0.5, 0.5], [0.5, 0.5]) == 0
