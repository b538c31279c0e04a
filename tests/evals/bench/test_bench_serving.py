"""The benchmark itself, on a handful of turns against the bare servers. Shape only: speed is not a test's business."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from evals.bench.processes import ROOT


def run_benchmark(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evals.bench.serving", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    options = ["--turns", "4", "--rounds", "1", "--concurrency", "1,2", "--soak", "0", "--systems", "proxy,reference"]
    done = run_benchmark(*options, "--json")
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)


def test_every_system_is_measured_at_every_concurrency(result: dict[str, Any]):
    assert {name: list(figures) for name, figures in result["figures"].items()} == {
        "proxy": ["1", "2"],
        "reference": ["1", "2"],
    }


@pytest.mark.parametrize("system", ["proxy", "reference"])
def test_every_turn_is_answered_by_the_model(result: dict[str, Any], system: str):
    figures = result["figures"][system]["2"]
    assert (figures["turns"], figures["errors"], figures["model_calls"]) == (4, 0, 1)
    assert figures["first_token_p50_ms"] < figures["total_p50_ms"]
    assert figures["cpu_ms"] > 0
    assert figures["bytes"] > 1000


def test_the_reference_pays_for_a_database_that_waits_for_its_disk(result: dict[str, Any]):
    assert result["postgres"]["reference"]["fsync"] == "on"
    assert "cpu_postgres_ms" in result["figures"]["reference"]["2"]
    assert "cpu_postgres_ms" not in result["figures"]["proxy"]["2"]


def test_the_run_says_how_it_came_about(result: dict[str, Any]):
    assert result["benchmark"] == "serving"
    assert {"revision", "plan", "python", "cores", "packages"} <= set(result["run"])
    assert (result["failures"], result["leftovers"], result["complaints"]) == ([], [], {})


def test_an_unknown_system_is_refused():
    done = run_benchmark("--systems", "nginx")
    assert done.returncode == 2
    assert "unknown: nginx" in done.stderr


def test_data_of_an_earlier_run_is_not_overwritten(tmp_path: Path):
    (tmp_path / "figures").touch()
    done = run_benchmark("--systems", "proxy", "--keep", str(tmp_path))
    assert done.returncode == 2
    assert "not empty" in done.stderr
