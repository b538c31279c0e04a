"""`tellergraph fraud ...` on files of payments, each in a PostgreSQL of its own, and on the bank's own transactions."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from core.errors import InvalidInput
from core.services import Services
from tools.fraud.cli import fraud_app
from tools.fraud.features.backfill import backfill
from tools.fraud.features.batch import compute_features
from tools.fraud.features.dataset import COLUMNS, join, read_dataset
from tools.fraud.features.shapes import NAMES
from tools.fraud.model import load_scorer
from tools.fraud.model.recent import drift_of_bank
from tools.fraud.model.versions import MODELS_DIR

HEADER = ",".join(COLUMNS)
START = datetime(2026, 1, 1, tzinfo=UTC)
PER_DAY = 100


def lines(first: int, days: range, seed: int = 0) -> list[str]:
    """Thirty customers and terminals; terminals 1 to 3 are compromised, on every day."""
    random = np.random.default_rng(seed)
    made: list[str] = []
    for day in days:
        for second in np.sort(random.integers(0, 86_400, PER_DAY)).tolist():
            customer, terminal = random.integers(0, 30, 2).tolist()
            fraud = terminal in (1, 2, 3) and random.random() < 0.8
            at = START + timedelta(days=day, seconds=second)
            amount = random.integers(100, 9000)
            made.append(f"{first + len(made)},{at:%Y-%m-%d %H:%M:%S},{customer},{terminal},{amount},{fraud:d}")
    return made


def write(path: Path, rows: list[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("payments")
    history = write(folder / "history.csv", lines(0, range(32)))
    return history, write(folder / "test.csv", lines(10_000, range(32, 36), 1))


def run(*arguments: str, code: int = 0) -> dict:
    done = CliRunner().invoke(fraud_app, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_a_model_trained_on_the_history_is_measured_on_the_test(files, tmp_path):
    history, test = map(str, files)
    plots = tmp_path / "plots"
    found = run("evaluate", "--history", history, "--test", test, "--train", "--plots", str(plots))

    assert found["roc_auc"] > 0.7
    assert {"average_precision", "card_precision_at_100", "recall_at_1_percent", "ece", "brier"} <= set(found)
    assert (found["n"], found["model"]) == (4 * PER_DAY, "trained on the history")
    assert (found["train_days"], found["train_rows"]) == (28, 25 * PER_DAY)
    assert sorted(path.name for path in plots.iterdir()) == ["calibration.png", "precision_recall.png", "scores.png"]


def test_a_version_is_trained_promoted_used_and_watched(files, tmp_path):
    history, test = map(str, files)
    models = ["--models", str(tmp_path / "models")]
    made = run("train", "--data", history, "--version", "own", "--promote", "--note", "Invented.", *models)
    assert (made["rows"], made["promoted"]) == (25 * PER_DAY, True)
    assert "Invented." in (tmp_path / "models" / "own" / "MODEL_CARD.md").read_text()

    found = run("evaluate", "--history", history, "--test", test, "--exclude-known", *models)
    assert (found["model"], found["exclude_known"]) == ("own", True)
    assert found["left_out"] + found["n"] == 4 * PER_DAY
    drift = run("drift", "--data", history, "--days", "10", *models)
    assert (drift["model"], drift["rows"]) == ("own", 10 * PER_DAY)
    assert set(drift["features"]) == set(NAMES)
    assert run("versions", *models) == {"versions": ["own"], "promoted": "own"}
    assert run("rollback", *models, code=1)["error"]["code"] == "invalid_input"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,yesterday,1,1,100,0", "occurred_at is no date"),
        ("1,2026-01-01 10:00:00,,1,100,0", "customer_id or terminal_id is empty"),
        ("1,2026-01-01 10:00:00,1,1,-5,0", "amount_cents is no amount"),
        ("1,2026-01-01 10:00:00,1,1,much,0", "amount_cents is no amount"),
        ("1,2026-01-01 10:00:00,1,1,1.5,0", "amount_cents is no whole number"),
        ("1,2026-01-01 10:00:00,1,1,100,perhaps", "is_fraud is neither"),
        ("0,2026-01-01 10:00:00,1,1,100,0", "transaction_id has to be there and different"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, row: str, words: str):
    with pytest.raises(InvalidInput, match=words):
        read_dataset(write(tmp_path / "wrong.csv", ["0,2026-01-01 09:00:00,1,1,100,0", row]))


def test_a_file_that_is_none_is_refused_with_what_to_do(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"no column amount_cents, is_fraud; wanted are transaction_id"):
        read_dataset(
            write(tmp_path / "short.csv", ["1,2026-01-01,1,1"], "transaction_id,occurred_at,customer_id,terminal_id")
        )
    with pytest.raises(InvalidInput, match=r"\.parquet or \.csv"):
        read_dataset(write(tmp_path / "payments.txt", []))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_dataset(broken)
    with pytest.raises(InvalidInput, match="no rows"):
        read_dataset(write(tmp_path / "empty.csv", []))


def test_parquet_and_csv_of_the_same_are_the_same(files, tmp_path: Path):
    path = tmp_path / "it's.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy (from read_csv('{files[0]}')) to '{str(path).replace(chr(39), chr(39) * 2)}'")
    ours, theirs = read_dataset(path), read_dataset(files[0])
    for name in ("occurred_at", "customer", "terminal", "amount_cents", "is_fraud"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_order_and_kind_of_ids_change_nothing(files, tmp_path: Path):
    shuffled = write(tmp_path / "any order.csv", sorted(lines(0, range(32)), key=lambda row: row[::-1]))
    renamed = [
        f"tx-{int(one):05d},{at},Zoë {customer},shop {terminal},{rest}"
        for one, at, customer, terminal, rest in (row.split(",", 4) for row in lines(0, range(32)))
    ]
    plain = read_dataset(files[0])
    for other in (read_dataset(shuffled), read_dataset(write(tmp_path / "words.csv", renamed))):
        for name in ("occurred_at", "amount_cents", "is_fraud"):
            np.testing.assert_array_equal(getattr(plain, name), getattr(other, name))
        np.testing.assert_array_equal(plain.customer, np.char.replace(other.customer, "Zoë ", ""))
        np.testing.assert_array_equal(plain.terminal, np.char.replace(other.terminal, "shop ", ""))


def test_moments_with_a_zone_become_those_of_utc_wherever_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = write(tmp_path / "zones.csv", ["1,2026-01-01 09:00:00+05,1,1,100,0", "2,2026-01-01 09:00:00+00,1,1,100,0"])
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        found = read_dataset(path).occurred_at
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [str(at) for at in found.astype("datetime64[h]")] == ["2026-01-01T04", "2026-01-01T09"]


def test_frauds_without_a_scenario_are_counted_under_none(tmp_path: Path):
    rows = ["1,2026-01-01 09:00:00,1,1,100,1,2", "2,2026-01-01 10:00:00,1,1,100,1,"]
    found = read_dataset(write(tmp_path / "scenarios.csv", rows, f"{HEADER},fraud_scenario"))
    assert found.scenario is not None
    assert found.scenario.tolist() == ["2", ""]


@pytest.mark.parametrize(
    ("frauds", "options", "words"),
    [(False, [], "needs frauds and genuine"), (True, ["--model", "unheard-of"], "no fraud model unheard-of")],
)
def test_what_cannot_be_measured_is_said_before_anything_is_loaded(files, tmp_path, frauds, options, words):
    rows = [row if frauds else f"{row[:-1]}0" for row in lines(10_000, range(32, 36), 1)]
    test = write(tmp_path / "test.csv", rows)
    done = CliRunner().invoke(
        fraud_app, ["evaluate", "--history", str(files[0]), "--test", str(test), "--json", *options]
    )
    assert done.exit_code == 1
    assert words in json.loads(done.stdout)["error"]["message"]
    assert "loading" not in done.stderr


def test_a_history_may_end_a_week_before_the_test(files, tmp_path):
    """Nothing is known of that week, so customers and terminals are as they were before it."""
    test = write(tmp_path / "later.csv", lines(10_000, range(39, 43), 1))
    found = run("evaluate", "--history", str(files[0]), "--test", str(test), "--train", "--exclude-known")

    assert (found["train_days"], found["train_rows"]) == (7, 7 * PER_DAY)
    assert found["left_out"] + found["n"] == 4 * PER_DAY
    assert found["roc_auc"] > 0.5


def test_a_test_older_than_its_history_is_refused(files):
    history, test = map(read_dataset, files)
    with pytest.raises(InvalidInput, match="older than the test"):
        join(test, history)


def test_the_banks_past_is_remembered_and_scored_once(bank: Services, seeded_at: datetime):
    scorer = load_scorer(MODELS_DIR)
    # Loading the demo bank remembers what it is small enough for; a larger one is left to this.
    with psycopg.connect(bank.owner_url) as owner:
        for table in ("fraud_scores", "fraud_labels", "fraud_firsts", "fraud_events", "fraud_party_days"):
            owner.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        owner.execute("update fraud_days_settled set until = '-infinity'")
    first = backfill(bank.owner_url, scorer, seeded_at)
    again = backfill(bank.owner_url, scorer, seeded_at)

    with psycopg.connect(bank.owner_url) as owner:
        [(wanted,)] = owner.execute(
            """select count(*) from transactions
                where amount_minor < 0 and (terminal_id is not null or payee_id is not null)"""
        ).fetchall()
        stored = owner.execute("select event_id, probability, features from fraud_scores order by 1").fetchall()
    assert (first.remembered, first.scored) == (wanted, wanted)
    assert wanted > 500
    assert (again.remembered, again.settled, again.scored) == (0, 0, 0)
    parts = list(compute_features(bank.owner_url, 1, stored[-1][0] + 1))
    rows = np.concatenate([part.rows for part in parts])
    np.testing.assert_array_equal(np.array([row for _, _, row in stored], dtype=np.float32), rows)
    np.testing.assert_allclose([said for _, said, _ in stored], scorer.probabilities(rows), rtol=1e-5)
    assert rows.shape[1] == len(NAMES)

    drift = drift_of_bank(bank.owner_url, seeded_at - timedelta(days=30), MODELS_DIR)
    assert drift.rows > 0
    # The demo bank's customers are not those of the simulation.
    assert drift.as_json()["moved"]
