"""The drift report: steady where nothing changed, moved where customers ask for other things, honest where few ask."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from core.services import Services
from finetune.cli import app
from finetune.registry.drift import STEPS, Window, measure_drift, read_windows

pytestmark = pytest.mark.finetune

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def window(intents: dict[str, int], step: int = 180) -> Window:
    confidences = [0] * STEPS
    confidences[step] = sum(intents.values())
    return Window(intents, tuple(confidences))


def test_the_same_mix_is_steady() -> None:
    report = measure_drift(window({"a": 3000, "b": 1000}), window({"a": 750, "b": 250}))

    assert report.verdict == "steady"
    assert report.intents.index == pytest.approx(0)
    assert report.warnings == []


def test_an_intent_that_became_common_is_named_first() -> None:
    report = measure_drift(window({"a": 5000, "b": 4900, "lost": 100}), window({"a": 400, "b": 400, "lost": 200}))

    assert report.verdict == "moved"
    assert next(iter(report.intents.by_intent)) == "lost"


def test_less_confidence_counts_as_drift_though_the_mix_is_the_same() -> None:
    report = measure_drift(window({"a": 1000}, step=190), window({"a": 1000}, step=80))

    assert report.verdict == "moved"
    assert (report.confidence.distance, report.intents.index) == (pytest.approx(1), pytest.approx(0))
    assert report.confidence.mean_now < report.confidence.mean_before


def test_a_few_messages_prove_nothing_and_the_report_says_so() -> None:
    few = {f"intent {n}": 1 for n in range(20)}
    report = measure_drift(window({f"intent {n}": 100 for n in range(40)}), window(few))

    assert "Too few messages" in report.warnings[0]
    assert report.verdict != "moved"


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), min_size=1))
def test_nothing_drifts_from_itself(intents: dict[str, int]) -> None:
    same = measure_drift(window(intents), window(intents))

    assert same.verdict == "steady"
    assert same.intents.index == 0


def write_lines(path: Path, lines: list[object]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_the_command_reads_files_and_prints_one_object(tmp_path: Path) -> None:
    before = write_lines(tmp_path / "before", [{"intent": "a", "confidence": 0.9}] * 400)
    now = write_lines(tmp_path / "now", [{"intent": "b", "confidence": 1.0, "at": "today"}] * 400)

    result = CliRunner().invoke(app, ["registry", "drift", "--reference", str(before), "--recent", str(now), "--json"])

    found = json.loads(result.stdout)
    assert (found["verdict"], found["reference"], found["recent"]) == ("moved", 400, 400)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [([], "no message"), ([{"intent": "a"}], "line 1: Field required"), ([{"intent": "a", "confidence": 2}], "line 1")],
)
def test_a_file_of_something_else_is_named(tmp_path: Path, lines: list[object], reason: str) -> None:
    path = str(write_lines(tmp_path / "file", lines))

    result = CliRunner().invoke(app, ["registry", "drift", "--reference", path, "--recent", path])

    assert result.exit_code == 2
    assert reason in result.stderr


def test_a_bank_without_tables_yet_is_told_to_be_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    # Short, so that sockets fit in it.
    with TemporaryDirectory(prefix="tg-", dir="/tmp") as directory:
        monkeypatch.setenv("TELLERGRAPH_DATA_DIR", f"{directory}/data")
        result = CliRunner().invoke(app, ["registry", "drift"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert "run 'tellergraph db migrate'" in result.stderr


def test_the_banks_own_conversations_are_compared_without_their_texts(empty: Services) -> None:
    with psycopg.connect(empty.owner_url) as owner:
        for days_ago, intent, confidence in [(1, "freeze_card", 0.403), (10, "balance", 0.903), (12, "balance", 1.0)]:
            _insert(owner, NOW - timedelta(days=days_ago), intent, confidence)
        _insert(owner, NOW - timedelta(days=90), "balance", 0.9)

    before, now = read_windows(empty.owner_url, NOW, timedelta(days=7), timedelta(days=28))

    assert before == Window({"balance": 2}, (*window({"": 1}, 180).confidences[:199], 1))
    assert now == window({"freeze_card": 1}, 80)


def _insert(owner: psycopg.Connection, at: datetime, intent: str, confidence: float) -> None:
    session, turn = uuid4(), uuid4()
    owner.execute("insert into chat_sessions values (%s, 'visitor:x', 'title', %s, %s)", (session, at, at))
    owner.execute(
        "insert into chat_turns (id, session_id, owner, status, worker_id, lease_expires_at, started_at)"
        " values (%s, %s, 'visitor:x', 'done', %s, %s, %s)",
        (turn, session, uuid4(), at, at),
    )
    for role, value in (("user", (intent, confidence)), ("assistant", (None, None))):
        owner.execute(
            "insert into chat_messages (session_id, turn_id, owner, role, content, intent, confidence, created_at)"
            " values (%s, %s, 'visitor:x', %s, 'words', %s, %s, %s)",
            (session, turn, role, *value, at),
        )
