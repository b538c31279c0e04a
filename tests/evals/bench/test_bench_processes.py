"""Processes under test are measured with their children, and nothing of theirs outlives the benchmark."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from evals.bench.leftovers import end_leftovers
from evals.bench.processes import BenchError, Child, start, stop, wait_for
from evals.bench.usage import find_footprint, measure
from tests.waiting import eventually

SLEEPER = [sys.executable, "-c", "import signal; print('here', flush=True); signal.pause()"]


def asleep(name: str, folder: Path) -> Child:
    """One that runs: of a process that has just begun the system tells neither command nor environment."""
    child = start(name, SLEEPER, folder)
    eventually(child.tail)
    return child


def test_usage_of_a_process_is_read(tmp_path: Path):
    usage = measure(find_footprint(os.getpid(), tmp_path))
    assert list(usage.cpu_s) == ["server"]
    assert usage.cpu_s["server"] > 0
    assert usage.rss_mib["server"] > 1
    assert usage.threads["server"] >= 1


def test_a_database_is_a_part_of_its_own(tmp_path: Path):
    child = asleep("database", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "postmaster.pid").write_text(f"{child.process.pid}\n{tmp_path}\n")
    footprint = find_footprint(os.getpid(), tmp_path)
    usage = measure(footprint)
    stop(child)
    assert footprint == {"server": os.getpid(), "postgres": child.process.pid}
    assert usage.threads["postgres"] == 1


def test_a_process_that_has_ended_cannot_be_measured(tmp_path: Path):
    child = asleep("ended", tmp_path)
    stop(child)
    with pytest.raises(BenchError, match="has ended"):
        measure({"server": child.process.pid})


def test_what_a_server_left_running_is_ended_and_named(tmp_path: Path):
    child = asleep("left", tmp_path)
    ended = end_leftovers(tmp_path)
    assert [text.endswith(f"({child.process.pid})") for text in ended] == [True]
    child.process.wait(10)
    assert not psutil.pid_exists(child.process.pid)
    assert end_leftovers(tmp_path) == []


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path):
    child = start("broken", [sys.executable, "-c", "raise SystemExit('no database')"], tmp_path)
    with pytest.raises(BenchError, match="no database"):
        wait_for(child, "http://127.0.0.1:1/health")


def test_a_child_gets_none_of_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TELLERGRAPH_LLM", "openai:somewhere-else")
    show = "import os; print(os.environ.get('TELLERGRAPH_LLM'), os.environ.get('TELLERGRAPH_PORT'))"
    child = start("settings", [sys.executable, "-c", show], tmp_path, {"TELLERGRAPH_PORT": "81"})
    child.process.wait(10)
    assert child.tail().split() == ["None", "81"]
