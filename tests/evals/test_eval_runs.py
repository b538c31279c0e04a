"""What a run leaves on the disk, and how it goes on when it was killed. Issue 9, offline evals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.digests import digest_of_file, digest_of_folder
from core.provenance import find_revision
from evals import known_suites
from evals.cli import app
from evals.results.figures import Metric, share
from evals.results.folder import read_records, read_result
from evals.results.record import Record, Scored
from evals.runner import run_suite
from evals.suite import Case, Options, Plan, Play, Suite, alone
from evals.suites import slots

ROOT = Path(__file__).parents[2]
TALKS = [{"text": f"pay {n} pounds tomorrow", "intents": [], "slots": {}} for n in range(1, 13)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "talks.json"
    path.write_text(json.dumps(TALKS))
    return path


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["run", *map(str, arguments)])


def test_a_run_leaves_a_record_of_each_case_and_says_what_it_is_of(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"

    printed = json.loads(evaluate("slots", data, "--out", out, "--json").stdout)

    written = json.loads((out / "result.json").read_text())
    assert written == printed
    assert list(written) == ["suite", "data", "n", "trials", "metrics", "errors", "run"]
    run = written["run"]
    assert run["revision"] == find_revision()
    assert run["dirty"] == run["revision"].endswith("-dirty")
    assert run["data_sha256"] == digest_of_file(data)
    assert {"python", "tellergraph", "onnxruntime"} <= run["versions"].keys()
    assert run["seeds"]["bootstrap"] > 0
    assert run["cpu_seconds"] > 0
    assert run["options"]["data"] == str(data)
    records = read_records(out)
    assert [record.input for record in records] == [talk["text"] for talk in TALKS]
    assert len({record.id for record in records}) == len(TALKS)
    assert records[0].value == 0
    assert "wrongly amount_of_money" in records[0].reason
    assert written["errors"]["micro_f1"]["method"] == "bootstrap"


def test_a_folder_of_data_has_a_digest_too(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folds"
    folder.mkdir()
    (folder / "fold0.json").write_text(data.read_text())

    assert run_suite("slots", Options(data=folder)).result.run.data_sha256 == digest_of_folder(folder)


KILLED = """
import os, signal, sys
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from evals import known_suites
from evals.cli import app
from evals.suites import slots

@contextmanager
def dying(number):
    with slots._open_player(number) as play:
        played = []
        def play_or_die(case):
            played.append(case)
            if len(played) == 6:
                os.kill(os.getpid(), signal.SIGKILL)
            return play(case)
        yield play_or_die

def plan(options):
    return replace(slots.plan(options), opened=lambda _: __import__("contextlib").nullcontext(dying))

known_suites.SUITES["slots"] = replace(slots.SUITE, plan=plan)
app(sys.argv[1:])
"""


def test_a_run_that_was_killed_goes_on_where_it_was(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-c", KILLED, "run", "slots", str(data), "--out", str(out)]
    killed = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)  # noqa: S603
    assert killed.returncode == -signal.SIGKILL
    before = (out / "records.jsonl").read_bytes()
    assert before.count(b"\n") == 5
    assert read_result(out).run.ended_at is None
    (out / "records.jsonl").write_bytes(before + b'{"value": 1.0, "inp')

    gone_on = evaluate("--resume", out, "--json")

    assert gone_on.exit_code == 0, gone_on.stderr
    after = (out / "records.jsonl").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == len(TALKS)
    run = json.loads(gone_on.stdout)["run"]
    assert run["resumed"] == 5
    assert run["ended_at"] is not None
    whole = run_suite("slots", Options(data=data))
    assert [(each.id, each.value) for each in read_records(out)] == [(each.id, each.value) for each in whole.records]


def test_a_folder_whose_run_ended_before_its_first_case_may_be_named_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    with monkeypatch.context() as patched:
        patched.setattr(slots, "find_mentions", None)
        assert evaluate("slots", data, "--out", out).exit_code == 1
    assert read_result(out).run.ended_at is None

    data.write_text(json.dumps(TALKS[:3]))
    assert evaluate("slots", data, "--out", out).exit_code == 0


def test_the_same_folder_again_computes_nothing_and_another_run_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    first = evaluate("slots", data, "--out", out, "--json")
    monkeypatch.setattr(slots, "find_mentions", None)

    again = evaluate("slots", data, "--out", out, "--json")

    assert json.loads(again.stdout)["metrics"] == json.loads(first.stdout)["metrics"]
    assert json.loads(again.stdout)["run"]["resumed"] == len(TALKS)
    data.write_text(json.dumps(TALKS[:3]))
    refused = {
        "holds a run of other data": ("slots", data, "--out", out),
        "holds a run of another suite": ("pii", ROOT / "evals/data/pii_unseen.jsonl", "--out", out),
        "has other files in it": ("slots", data, "--out", tmp_path),
        "takes suite and options from the run": ("slots", "--resume", out),
        "Name a folder that `--out` wrote": ("--resume", tmp_path / "nowhere"),
        "Name a suite": (),
        "--repeat is for suites whose cases pass or fail": ("slots", data, "--repeat", 2),
        "--judge is for suites whose answers are texts": ("slots", data, "--judge", "openai:x"),
        "name one with --judge": ("slots", data, "--labels", data),
    }
    for message, arguments in refused.items():
        result = evaluate(*arguments)
        assert (result.exit_code, result.stdout) == (2, ""), message
        assert message in result.stderr


def test_processes_find_what_one_finds(data: Path) -> None:
    alone_ = run_suite("slots", Options(data=data))
    together = run_suite("slots", Options(data=data, parallel=2))

    assert [(each.id, each.value, each.answer) for each in together.records] == [
        (each.id, each.value, each.answer) for each in alone_.records
    ]


@contextmanager
def _open_coin(_number: int) -> Generator[Play[list[float | None]]]:
    yield lambda values: Scored(value=values.pop(0), input="toss")


def _plan(_options: Options) -> Plan[list[float | None]]:
    cases = [Case("fair", [1.0, 0.0, 1.0, 0.0]), Case("sure", [1.0] * 4), Case("broken", [1.0, None, 0.0, 1.0])]
    return Plan(cases=cases, opened=alone(_open_coin))


def _measure(records: Sequence[Record]) -> dict[str, Metric]:
    return {"pass_rate": share(record.passed for record in records)}


def test_trials_tell_how_reliably_a_case_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(known_suites.SUITES, "coins", Suite(plan=_plan, measure=_measure, passes=True))

    result, records = run_suite("coins", Options(repeat=4))

    assert (result.n, result.trials, len(records)) == (3, 4, 12)
    # The trial that could not be scored is none: 2 of 3.
    assert result.metrics["pass^k"]["1"] == pytest.approx((2 / 4 + 1 + 2 / 3) / 3, abs=1e-6)
    assert result.metrics["pass^k"]["2"] == pytest.approx((1 / 6 + 1 + 1 / 3) / 3, abs=1e-6)
    assert result.metrics["pass^k"]["4"] == pytest.approx((0 + 1) / 2, abs=1e-6)
    assert result.errors["pass_rate"].method == "bootstrap"
