"""`finetune data intents`: every row in one part, every label in training, and one line for wrong input."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.understanding.intents import INTENT_ROUTES
from finetune.cli import app
from finetune.data.folder import read_manifest, read_rows
from finetune.data.leakage import normalise


@pytest.fixture(scope="module")
def made(published: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The data set of the tiny stand-in for BANKING77 and all of our own templates, and what the command printed."""
    out = tmp_path_factory.mktemp("intents") / "set"
    result = CliRunner().invoke(
        app, ["data", "intents", "--banking77", str(published), "--out", str(out), "--seed", "3", "--json"]
    )
    assert result.exit_code == 0, result.stderr
    return out, json.loads(result.stdout)


def test_every_intent_is_trained_and_nothing_leaks(made: tuple[Path, dict[str, Any]]) -> None:
    out, printed = made
    parts = {part: read_rows(out, part) for part in ("train", "validation", "test")}

    assert printed["digest"] == read_manifest(out)["digest"]
    assert printed["labels"] == sorted(INTENT_ROUTES)
    assert {row["label"] for row in parts["train"]} == set(INTENT_ROUTES)
    texts = [{normalise(row["text"]) for row in rows} for rows in parts.values()]
    assert not texts[0] & texts[1]
    assert not texts[0] & texts[2]
    assert not texts[1] & texts[2]
    rows = sum(map(len, parts.values()))
    assert 0.05 * rows < len(parts["test"]) < 0.15 * rows


def test_the_card_says_what_is_in_it(made: tuple[Path, dict[str, Any]]) -> None:
    out, printed = made
    card = (out / "card.md").read_text()
    assert printed["digest"] in card
    assert f"| train | {printed['files']['train.jsonl']['rows']:,} |" in card
    assert "{" not in card


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "train.csv cannot be read"),
        ("text,category\nhi,greetings\n", "labels that are not BANKING77's: greetings"),
    ],
    ids=["missing", "other labels"],
)
def test_wrong_input_is_one_line(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "train.csv").write_text(content)
    result = CliRunner().invoke(app, ["data", "intents", "--banking77", str(tmp_path), "--out", str(tmp_path / "set")])

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "set").exists()
