"""A run in Langfuse: cases as a dataset, answers as an experiment, and nothing personal in either."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app
from evals.results.folder import RunFolder
from evals.results.record import Record
from evals.results.result import Result, Run
from tests.langfuse_server import LangfuseServer, langfuse_server

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PERSONAL = ["zara", "quill", "mail.example", "NWBK", "900123"]
RECORDS = [
    Record(
        id="Zara Quill asks", input="I am Zara Quill, zara.quill@mail.example",
        expected={"iban": "GB29NWBK60161331926819"},
        answer="Hello Zara Quill.", value=1, reason="It says Zara Quill.", group="greeting",
    ),
    Record(
        id="second", input="call +44 7700 900123", expected="x", answer="y", value=0,
        reason="no answer for 07700 900123",
    ),
    Record(id="third", input="hello", answer=None, value=None, reason="the model was away"),
    Record(id="second", input="call +44 7700 900123", expected="x", answer="x", value=1, trial=1),
]  # fmt: skip


@pytest.fixture
def langfuse(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[LangfuseServer]:
    with langfuse_server() as server:
        server.answers["POST", "/api/public/v2/datasets"] = _dataset
        server.answers["POST", "/api/public/dataset-items"] = _item
        server.answers["GET", "/api/public/projects"] = {
            "data": [{"id": "p1", "name": "bank", "organization": {"id": "o1", "name": "bank"}, "metadata": {}}]
        }
        monkeypatch.setenv("LANGFUSE_BASE_URL", server.base_url)
        monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", f"pk-{request.node.name}")
        monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-test")
        yield server


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    folder = RunFolder(tmp_path / "run")
    run = Run(
        started_at=AT, ended_at=AT, seconds=1, cpu_seconds=1, revision="abc123def4567890", dirty=False,
        data_sha256="ab" * 32, versions={}, seeds={}, models=["offline"], settings={}, options={},
    )  # fmt: skip
    result = Result(suite="answers", data="cases.csv", n=3, trials=2, metrics={}, errors={}, run=run)
    folder.begin(result)
    for record in RECORDS:
        folder.add(record)
    folder.write(result.model_copy(update={"metrics": {"accuracy": 0.5, "recall": {"greeting": 1.0}}}))
    return folder.path


def upload(folder: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["evals", "upload", str(folder), *options])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_a_run_becomes_a_dataset_an_experiment_for_each_trial_and_scores(
    langfuse: LangfuseServer, run_folder: Path
) -> None:
    code, printed = upload(run_folder, "--json")
    assert (code, json.loads(printed)) == (
        0,
        {
            "dataset": "tellergraph-answers",
            "items": 3,
            "experiments": ["2026-11-02 09:30:00 abc123def456 trial 0", "2026-11-02 09:30:00 abc123def456 trial 1"],
        },
    )
    items = [json.loads(sent.body) for sent in langfuse.requests if sent.path == "/api/public/dataset-items"]
    assert [item["input"] for item in items] == ["I am [PERSON_1], [EMAIL_1]", "call [PHONE_1]", "hello"]
    assert items[0]["expectedOutput"] == {"iban": "[IBAN_1]"}

    tasks = [span for span in langfuse.spans if span.name == "experiment-item-task"]
    assert [span.attributes.get("langfuse.observation.output") for span in tasks] == [
        "Hello [PERSON_1].",
        "y",
        None,
        "x",
    ]
    assert [span.attributes["langfuse.experiment.item.id"] for span in tasks] == [
        *(item["id"] for item in items),
        items[1]["id"],
    ]
    assert len({span.attributes["langfuse.experiment.id"] for span in tasks}) == 2

    cases = [(score["value"], score.get("comment")) for score in langfuse.scores if score["name"] == "value"]
    assert cases == [(1, "It says [PERSON_1]."), (0, "no answer for [PHONE_1]"), (1, None)]
    whole = {(score["name"], score["value"]) for score in langfuse.scores if score.get("datasetRunId")}
    assert whole == {("accuracy", 0.5), ("recall.greeting", 1.0)}
    raw = langfuse.raw.decode(errors="replace").casefold()
    assert [value for value in PERSONAL if value.casefold() in raw] == []


def test_the_same_run_again_adds_no_second_item(langfuse: LangfuseServer, run_folder: Path) -> None:
    upload(run_folder)
    upload(run_folder)
    ids = [json.loads(sent.body)["id"] for sent in langfuse.requests if sent.path == "/api/public/dataset-items"]
    assert len(ids) == 6
    assert len(set(ids)) == 3


def test_a_langfuse_that_fails_is_told(langfuse: LangfuseServer, run_folder: Path) -> None:
    langfuse.fails = True
    code, printed = upload(run_folder)
    assert code == 1
    assert printed == "Error: Langfuse did not take the run (ApiError).\n"


def test_without_langfuse_the_command_says_what_to_set(run_folder: Path) -> None:
    assert upload(run_folder) == (
        1,
        "Error: Set LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.\n",
    )


def _dataset(body: dict[str, Any]) -> dict[str, Any]:
    dates = {"createdAt": AT.isoformat(), "updatedAt": AT.isoformat()}
    return {"id": "d1", "projectId": "p1", "metadata": {}, **body, **dates}


def _item(body: dict[str, Any]) -> dict[str, Any]:
    dates = {"createdAt": AT.isoformat(), "updatedAt": AT.isoformat()}
    given: dict[str, Any] = {"expectedOutput": None, "metadata": None, "mediaReferences": list[str]()}
    given |= body
    return given | dates | {"status": "ACTIVE", "datasetId": "d1", "datasetName": body["datasetName"]}
