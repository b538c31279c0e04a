"""How sure a figure is, and whether two runs differ: against figures worked out by hand or from the literature."""

import json
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from evals.cli import app
from evals.judging.labels import cohens_kappa
from evals.results.figures import Metric, share
from evals.results.record import Record
from evals.statistics.comparing import compare_runs, exact_p
from evals.statistics.estimates import binomial, estimate_errors


def records(values: Sequence[float], prefix: str = "case") -> list[Record]:
    return [Record(id=f"{prefix} {number}", value=value, input="") for number, value in enumerate(values)]


def measure(found: Sequence[Record]) -> dict[str, Metric]:
    values = [record.value or 0.0 for record in found]
    return {"mean": float(np.mean(values)), "share": share(values), "count": len(found)}


def test_wilsons_interval() -> None:
    """Newcombe 1998, table I: 81 of 263, and 0 of 20."""
    found, none = binomial(81 / 263, 263), binomial(0.0, 20)

    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    assert found.standard_error == pytest.approx(sqrt(81 * 182 / 263) / 263, abs=1e-6)
    assert (none.low, none.high) == (0.0, pytest.approx(0.1611, abs=5e-5))


def test_the_bootstrap_finds_the_standard_error_of_a_mean() -> None:
    values = np.random.default_rng(5).normal(10, 3, 400)

    errors = estimate_errors(records(values.tolist()), measure)

    assert errors["mean"].method == "bootstrap"
    assert errors["mean"].standard_error == pytest.approx(values.std() / 20, rel=0.15)
    assert errors["mean"].low < values.mean() < errors["mean"].high
    assert errors["share"].method == "binomial"
    assert "count" not in errors


def test_trials_of_one_case_are_drawn_together() -> None:
    """Ten trials each of ten cases that always go the same way say no more than ten cases do."""
    once = records([1.0, 0.0] * 5)
    often = [record.model_copy(update={"trial": trial}) for record in once for trial in range(10)]

    assert estimate_errors(often, measure)["mean"].standard_error == pytest.approx(
        estimate_errors(once, measure)["mean"].standard_error
    )
    assert estimate_errors(often, measure)["share"].method == "bootstrap"


def test_runs_on_the_same_cases_are_compared_case_by_case() -> None:
    """Hard and easy cases differ by far more than the two runs, of which the second is better on each case."""
    old = np.linspace(0, 1, 40)
    first, second = records(old.tolist()), records((old + 0.01).tolist())

    paired = compare_runs(first, second[::-1], measure)
    apart = compare_runs(first, records((old + 0.01).tolist(), "other"), measure)

    assert paired.method == "paired bootstrap"
    assert (paired.differences["mean"].low, paired.differences["mean"].high) == (
        pytest.approx(0.01),
        pytest.approx(0.01),
    )
    assert paired.differences["mean"].is_clear
    assert apart.method == "unpaired bootstrap"
    assert not apart.differences["mean"].is_clear
    assert apart.differences["count"].low is None
    assert apart.mcnemar is None


def test_mcnemar_counts_the_cases_that_passed_in_one_run_only() -> None:
    first = records([1.0] * 10 + [0.0] * 10)
    second = records([1.0] * 9 + [0.0] + [1.0] * 8 + [0.0] * 2)

    found = compare_runs(first, second, measure).mcnemar

    assert found is not None
    assert (found.only_first, found.only_second) == (1, 8)
    assert found.p == pytest.approx(0.0390625, abs=1e-6)
    assert exact_p(0, 0) == exact_p(3, 3) == 1


def test_kappa_is_agreement_beyond_chance() -> None:
    """Cohen's own formula on 20 both yes, 15 both no, 5 and 10 otherwise: (0.7 - 0.5) / 0.5."""
    pairs = [("y", "y")] * 20 + [("n", "n")] * 15 + [("y", "n")] * 5 + [("n", "y")] * 10

    assert cohens_kappa(pairs) == pytest.approx(0.4)
    assert cohens_kappa([("y", "y")] * 3) == 0


def test_the_command_compares_two_folders(tmp_path: Path) -> None:
    texts = ["my PIN is 4821", "mail jo@mail.example please", "my card is lost"]
    folders = [tmp_path / name for name in ("one", "two", "fewer")]
    for folder, some in zip(folders, (texts, texts, texts[:2]), strict=True):
        data = tmp_path / f"{folder.name}.jsonl"
        data.write_text("\n".join(json.dumps({"text": text, "spans": []}) for text in some))
        run = CliRunner().invoke(app, ["run", "pii", str(data), "--out", str(folder)])
        assert run.exit_code == 0, run.stderr

    same, other = (
        json.loads(CliRunner().invoke(app, ["compare", str(folders[0]), str(each), "--json"]).stdout)
        for each in folders[1:]
    )
    shown = CliRunner().invoke(app, ["compare", str(folders[0]), str(folders[1])])

    assert (same["method"], same["same_data"]) == ("paired bootstrap", True)
    assert same["differences"]["false_alarm_rate"]["value"] == 0
    assert (other["method"], other["same_data"], other["mcnemar"]) == ("unpaired bootstrap", False, None)
    assert "paired bootstrap: 3 cases and 3" in shown.stdout
    assert "McNemar, exact: p = 1.0000" in shown.stdout


def test_runs_that_cannot_be_compared_are_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["compare", str(tmp_path), str(tmp_path)])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Name a folder that `--out` wrote" in result.stderr
