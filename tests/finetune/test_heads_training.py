"""The training command on a tiny stand-in for the published data: it gives heads that load, the same ones each time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from agent.understanding.heads import Heads
from core.errors import InvalidInput
from finetune import heads as training
from finetune.corpus import Example, make_own_examples
from finetune.heads import Recipe, split_groups, train_heads
from finetune.heads_extension import extend_heads, read_heads
from knowledge.embed import Encoder

pytestmark = pytest.mark.finetune

RECIPE = Recipe(epochs=6, hidden=64, hidden_dropout=0.0)


@pytest.fixture(scope="module", autouse=True)
def read_once() -> Iterator[None]:
    """Each text is read once for all of these trainings: that is what most of their time goes into."""
    read = lru_cache(maxsize=None)(Encoder.load().read)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Encoder, "read", lambda _self, text: read(text))
        yield


@pytest.fixture
def few_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """One utterance of each template: encoding all of them takes a minute."""

    def make(seed: int) -> list[Example]:
        return list({example.group: example for example in reversed(make_own_examples(seed))}.values())

    monkeypatch.setattr(training, "make_own_examples", make)


@pytest.mark.usefixtures("few_of_ours")
def test_training_gives_usable_heads_twice_the_same(published: Path, tmp_path: Path) -> None:
    first = train_heads(published, published, tmp_path / "a", tmp_path / "held_out", recipe=RECIPE)
    again = train_heads(published, published, tmp_path / "b", tmp_path / "held_out", recipe=RECIPE)
    understood = Heads.load(tmp_path / "a").predict(Encoder.load().read("freeze my card ending 4821").views)

    assert first == again
    assert understood.intent == "freeze_card"
    assert len((tmp_path / "held_out" / "intents.csv").read_text().splitlines()) == 1 + 2 * 77
    assert "operation" in (tmp_path / "held_out" / "routing_own.jsonl").read_text()


@pytest.mark.usefixtures("few_of_ours")
def test_final_heads_take_the_temperatures_of_the_held_out_run(published: Path, tmp_path: Path) -> None:
    earlier = {"temperature": 0.77, "banking77_temperature": 0.55}
    (tmp_path / "classes.json").write_text(json.dumps(earlier))

    train_heads(published, published, tmp_path / "out", calibrated_by=tmp_path, recipe=RECIPE)

    written = json.loads((tmp_path / "out" / "classes.json").read_text())
    assert {name: written[name] for name in earlier} == earlier


@pytest.mark.usefixtures("few_of_ours")
def test_a_new_intent_is_added_to_heads_that_stay_as_they_were(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = training.make_own_examples(RECIPE.seed)
    known = [example for example in every if example.intent != "open_dispute"]
    with monkeypatch.context() as before:
        before.setattr(training, "make_own_examples", lambda _seed: known)
        train_heads(published, published, tmp_path / "old", tmp_path / "held_out", recipe=RECIPE)
    extend_heads(published, published, tmp_path / "old", tmp_path / "new", recipe=replace(RECIPE, epochs=60))
    (old, _), (new, record) = read_heads(tmp_path / "old"), read_heads(tmp_path / "new")

    assert record["added"]["classes"] == ["own/open_dispute"]
    for one, other in zip(old, new, strict=True):
        assert (other.output_weight[: len(one.output_bias)] == one.output_weight).all()
    understood = Heads.load(tmp_path / "new").predict(Encoder.load().read("I want to dispute a payment").views)
    assert understood.intent == "open_dispute"
    with pytest.raises(InvalidInput, match="know every class"):
        extend_heads(published, published, tmp_path / "new", tmp_path / "again", recipe=RECIPE)


def test_heads_are_never_calibrated_on_rows_that_they_have_seen(published: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="held-out part"):
        train_heads(published, published, tmp_path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        train_heads(published, published, tmp_path, calibrated_by=tmp_path / "nowhere")


def test_no_template_stands_on_both_sides_of_the_split() -> None:
    rest, taken = split_groups(make_own_examples(1), 0.2, seed=1)

    assert not {example.group for example in rest} & {example.group for example in taken}
    assert {example.intent for example in rest} == {example.intent for example in taken}


def test_new_utterances_leave_the_split_of_the_other_classes_alone() -> None:
    rows = [Example(f"text {n}", label, label, f"{label}{n}", "own") for label in "ab" for n in range(20)]
    _, taken = split_groups(rows, 0.2, seed=1)
    _, taken_with_more = split_groups([*rows, Example("new", "a", "a", "a99", "own")], 0.2, seed=1)

    assert {e.group for e in taken if e.label == "b"} == {e.group for e in taken_with_more if e.label == "b"}


def test_new_utterances_leave_what_is_held_out_of_a_published_set_alone() -> None:
    rows = [Example(f"text {n}", "card_arrival", "card_arrival", f"b{n}", "banking77") for n in range(20)]
    own = [Example(f"ours {n}", "card_arrival", "card_arrival", f"o{n}", "own") for n in range(7)]
    _, taken = split_groups(rows, 0.2, seed=1)
    _, taken_with_ours = split_groups([*own, *rows], 0.2, seed=1)

    assert {e.group for e in taken} == {e.group for e in taken_with_ours if e.source == "banking77"}
