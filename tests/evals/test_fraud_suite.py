"""`tellergraph evals run fraud` measures as `tellergraph fraud evaluate` does. Issue 9, offline evals."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.cli import app
from tests.tools.fraud.test_fraud_files import lines, write
from tools.fraud.features.dataset import read_dataset
from tools.fraud.model.evaluation import Protocol, evaluate


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    history = write(tmp_path / "history.csv", lines(0, range(3)))
    return history, write(tmp_path / "test.csv", lines(10_000, range(3, 4), 1))


def test_figures_are_those_of_the_other_command_with_errors_and_a_record_of_each_payment(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    history, test = files
    options = ["--history", str(history), "--delay-days", "1", "--out", str(tmp_path / "run"), "--json"]

    done = CliRunner().invoke(app, ["run", "fraud", str(test), *options])

    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    expected = evaluate(read_dataset(history), read_dataset(test), Protocol(delay_days=1)).as_json()
    for name in ("roc_auc", "average_precision", "card_precision_at_100", "brier"):
        assert report["metrics"][name] == pytest.approx(expected[name], abs=1e-6)
        assert report["errors"][name]["method"] == "bootstrap"
    assert (report["n"], report["run"]["frauds"]) == (100, expected["frauds"])
    assert report["run"]["model"] == expected["model"]
    records = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text().splitlines()]
    assert len({record["id"] for record in records}) == 100
    assert {record["expected"] for record in records} == {"fraud", "genuine"}
    assert all(0 <= record["answer"] <= 1 for record in records)


def test_a_history_is_asked_for(files: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(app, ["run", "fraud", str(files[1])])

    assert (done.exit_code, done.stdout) == (2, "")
    assert "needs --history FILE" in done.stderr
