"""`tellergraph evals run latency` against the real server. Issue 9, offline evals."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.cli import app
from evals.results.record import Record
from evals.suites import latency


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    texts = ["How do I activate my new card?", "hello", "what is the weather?", "hello", "where is my money?"]
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts))
    return path


def test_times_to_the_first_token_and_to_the_end_are_told_apart(
    questions: Path, shared_server: str, tmp_path: Path
) -> None:
    options = ["--url", shared_server, "--parallel", "2", "--questions", "3", "--out", str(tmp_path / "run"), "--json"]

    done = CliRunner().invoke(app, ["run", "latency", str(questions), *options])

    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    metrics, run = report["metrics"], report["run"]
    assert (report["n"], metrics["answered"], metrics["failed"], run["clients"]) == (3, 3, 0, 2)
    for name in ("first_token_ms", "total_ms"):
        times = metrics[name]
        assert 0 < times["p50"] <= times["p90"] <= times["p95"] <= times["p99"]
        assert sum(run["distribution"][name]["counts"]) == 3
    assert metrics["first_token_ms"]["p50"] <= metrics["total_ms"]["p50"]
    assert report["errors"]["total_ms.p50"]["method"] == "bootstrap"
    records = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text().splitlines()]
    assert all(record["details"]["first_token_s"] <= record["seconds"] for record in records)
    assert all(record["answer"] for record in records)


def test_a_server_that_is_not_there_is_named(questions: Path) -> None:
    done = CliRunner().invoke(app, ["run", "latency", str(questions), "--url", "http://127.0.0.1:9", "--json"])

    assert (done.exit_code, done.stdout) == (1, "")
    assert "No server answers at http://127.0.0.1:9" in done.stderr


def test_a_question_that_fails_counts_and_has_no_times(shared_server: str) -> None:
    with latency._open_client(f"{shared_server}/nowhere", 0) as ask:
        failed = ask("hello")

    metrics = latency.SUITE.measure([Record.of("one", 0, failed)])
    assert failed.reason == "HTTP 404"
    assert metrics == {"answered": 0, "failed": 1, "answered_rate": 0.0}
