"""The training command on a tiny stand-in for the published data: it gives heads that load, the same ones each time."""

import csv
import json
from pathlib import Path

import pytest

from agent.understanding.heads import Heads
from agent.understanding.intents import BANKING77_INTENTS
from finetune.corpus import make_own_examples
from finetune.heads import Recipe, split_groups, train_heads
from knowledge.embed import Encoder

pytestmark = pytest.mark.finetune


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    with (folder / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        for label in BANKING77_INTENTS:
            words = label.replace("_", " ")
            writer.writerows(
                [f"{opening} {words}", label] for opening in ("my", "help with", "why", "what about", "the")
            )
    rows = [
        {"text": f"weather in {city}", "intent": "weather", "domain": "utility"} for city in ("Paris", "Oslo", "Bonn")
    ]
    for name in ("train.jsonl", "val.jsonl"):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_training_gives_usable_heads_twice_the_same(published: Path, tmp_path: Path) -> None:
    recipe = Recipe(epochs=4, hidden=64, hidden_dropout=0.0, calibration_share=0.25)

    first = train_heads(published, published, tmp_path / "a", tmp_path / "held_out", recipe)
    again = train_heads(published, published, tmp_path / "b", tmp_path / "held_out", recipe)
    understood = Heads.load(tmp_path / "a").predict(Encoder.load().encode(["freeze my card ending 4821"])[0])

    assert first == again
    assert understood.intent == "freeze_card"
    assert len((tmp_path / "held_out" / "intents.csv").read_text().splitlines()) == 1 + 77
    assert "operation" in (tmp_path / "held_out" / "routing_own.jsonl").read_text()


def test_no_template_stands_on_both_sides_of_the_split() -> None:
    rest, taken = split_groups(make_own_examples(1), 0.2, seed=1)

    assert not {example.group for example in rest} & {example.group for example in taken}
    assert {example.intent for example in rest} == {example.intent for example in taken}
