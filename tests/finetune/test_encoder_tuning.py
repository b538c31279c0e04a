"""Fine-tuning the encoder: what each part promises, and the whole on a tiny stand-in for the published data."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agent.understanding.heads import Heads
from finetune import encoder_promotion
from finetune.corpus import Example
from finetune.encoder_adapter import (
    attach_adapter,
    average_adapters,
    load_published,
    load_tuned,
    merge_adapter,
    save_adapter,
)
from finetune.encoder_losses import SupervisedContrast, disagreement, soft_cross_entropy
from finetune.encoder_onnx import find_published_model
from finetune.encoder_promotion import (
    EncoderRecipe,
    NotPromoted,
    check_comparison,
    compare_encoder,
    make_tuned_encoder,
)
from finetune.encoder_training import TuningRecipe, tune_encoder
from finetune.heads import Recipe, read_banking77, read_clinc150
from knowledge.embed import Encoder

pytestmark = pytest.mark.finetune

TINY = EncoderRecipe(
    TuningRecipe(rank=2, epochs=1, others=4, queue=64), Recipe(epochs=2, hidden=32, hidden_dropout=0.0)
)


def test_the_base_has_sixteen_values_in_each_block_of_64_weights() -> None:
    upper = attach_adapter(load_published(find_published_model()), rank=2)
    weight = upper.state_dict()["0.intermediate.dense.base_layer.weight"]

    assert max(len(block.unique()) for block in weight.reshape(-1, 64)[:200]) <= 16


def test_merged_layers_do_what_base_and_adapter_did() -> None:
    upper = attach_adapter(load_published(find_published_model()), rank=2)
    adapter = [p for name, p in upper.named_parameters() if "lora_B" in name]
    for parameter in adapter:
        torch.nn.init.normal_(parameter, std=0.01)
    states, mask = torch.randn(2, 5, 384), torch.ones(2, 1, 1, 5, dtype=torch.bool)
    plain = load_published(find_published_model())
    plain.load_state_dict({name: torch.from_numpy(value) for name, value in merge_adapter(upper).items()}, strict=False)

    with torch.no_grad():
        expected, found = upper[0](states, mask), plain.encoder.layer[3](states, mask)
        published = load_published(find_published_model()).encoder.layer[3](states, mask)

    assert (found - expected).abs().max() < 1e-5
    assert (found - published).abs().max() > 1e-2


def test_a_saved_adapter_gives_the_layers_again(tmp_path: Path) -> None:
    upper = attach_adapter(load_published(find_published_model()), rank=2)
    save_adapter(upper, tmp_path)

    again = load_tuned(find_published_model(), tmp_path)

    assert all(np.allclose(value, again[name], atol=1e-6) for name, value in merge_adapter(upper).items())


def make_adapter(folder: Path, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """Saves a random adapter; returns the layers merged with it."""
    upper = attach_adapter(load_published(find_published_model()), rank=2, seed=seed)
    for name, parameter in upper.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    save_adapter(upper, folder)
    return load_tuned(find_published_model(), folder)


def test_the_mean_of_two_adapters_gives_the_mean_of_the_layers(tmp_path: Path) -> None:
    first, second = make_adapter(tmp_path / "a", 1), make_adapter(tmp_path / "b", 2)

    average_adapters([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
    found = load_tuned(find_published_model(), tmp_path / "mean")

    changed = "encoder.layer.3.intermediate.dense.weight"
    assert np.abs(first[changed] - second[changed]).max() > 0.05
    assert all(np.allclose(found[name], (first[name] + second[name]) / 2, atol=1e-3) for name in first)


def test_the_contrast_is_small_for_texts_near_their_own_class() -> None:
    points = torch.nn.functional.normalize(torch.tensor([[1.0, 0.01], [1.0, 0.0], [0.0, 1.0], [0.01, 1.0]]), dim=1)

    near = SupervisedContrast(2, 8)(points, torch.tensor([0, 0, 1, 1]))
    far = SupervisedContrast(2, 8)(points, torch.tensor([0, 1, 0, 1]))

    assert near < 0.1 < 5 < far


def test_the_contrast_remembers_earlier_batches() -> None:
    contrast = SupervisedContrast(2, 8)
    point = torch.tensor([[1.0, 0.0]])

    assert contrast(point, torch.tensor([3])) == 0
    assert contrast(torch.tensor([[0.0, 1.0]]), torch.tensor([5])) == 0
    assert contrast(torch.tensor([[0.0, 1.0]]), torch.tensor([3])) > 5


def test_a_sure_and_right_answer_costs_nothing() -> None:
    assert soft_cross_entropy(torch.tensor([[99.0, 0.0]]), torch.tensor([[1.0, 0.0]])) == pytest.approx(0)


def test_two_answers_to_one_text_may_not_differ() -> None:
    even, sure = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]).log()

    assert disagreement(torch.cat([sure, sure])) == pytest.approx(0)
    # The mean of both Kullback-Leibler divergences: half of 0.4 ln(0.9 / 0.5) + 0.4 ln(0.5 / 0.1).
    assert disagreement(torch.cat([even, sure])) == pytest.approx(0.4394, abs=1e-4)


@pytest.fixture
def published_sets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(banking77: Path, clinc150: Path, seed: int) -> list[Example]:
        return read_banking77(banking77) + read_clinc150(clinc150)

    monkeypatch.setattr(encoder_promotion, "read_examples", read)


@pytest.mark.usefixtures("published_sets_alone")
def test_a_tuned_encoder_keeps_the_vectors_of_the_published_one(published: Path, tmp_path: Path) -> None:
    comparison = compare_encoder(published, published, find_published_model(), tmp_path, TINY)
    texts = ["where is my card", "weather in Oslo"]
    tuned, committed = Encoder.load(tmp_path / "encoder"), Encoder.load()

    assert comparison.rows == 2 * 77
    assert json.loads((tmp_path / "comparison.json").read_text())["rows"] == 2 * 77
    assert np.allclose(tuned.encode(texts), committed.encode(texts), atol=1e-5)
    assert tuned.read(texts[0]).views.shape == (3 * 384,)
    assert np.allclose(np.linalg.norm(tuned.read(texts[0]).views.reshape(3, 384), axis=1), 1, atol=1e-5)
    assert Heads.load(tmp_path).predict(tuned.read(texts[0]).views).intents


def test_the_same_seed_makes_the_same_adapter_again_and_another_seed_another(published: Path, tmp_path: Path) -> None:
    rows, source = read_banking77(published) + read_clinc150(published), find_published_model()
    recipe = dataclasses.replace(TINY.tuning, batch=32)

    def tune(name: str, seed: int, start: Path | None = None) -> bytes:
        save_adapter(tune_encoder(rows, {}, source, recipe, seed, lambda _: None, start), tmp_path / name)
        return (tmp_path / name / "adapter_model.safetensors").read_bytes()

    first = tune("first", seed=3)

    assert tune("again", seed=3) == first
    assert tune("other", seed=4) != first
    assert tune("more", seed=3, start=tmp_path / "first") == tune("more again", seed=3, start=tmp_path / "again")


def write_comparison(path: Path, recipe: EncoderRecipe, published: float, tuned: float) -> Path:
    figures = {"linear_on_published": published, "heads_on_tuned": tuned, "recipe": dataclasses.asdict(recipe)}
    path.write_text(json.dumps(figures))
    return path


@pytest.mark.parametrize(("published_accuracy", "tuned_accuracy"), [(0.93, 0.92), (0.93, 0.93)])
def test_an_encoder_that_is_no_better_is_never_promoted(
    tmp_path: Path, published: Path, published_accuracy: float, tuned_accuracy: float
) -> None:
    path = write_comparison(tmp_path / "comparison.json", TINY, published_accuracy, tuned_accuracy)

    with pytest.raises(NotPromoted, match="Not promoted"):
        make_tuned_encoder(published, published, find_published_model(), path, tmp_path / "out", tmp_path / "a", TINY)

    assert not (tmp_path / "out").exists()


def test_a_comparison_of_another_recipe_promotes_nothing(tmp_path: Path) -> None:
    path = write_comparison(tmp_path / "comparison.json", TINY, 0.92, 0.94)
    other = dataclasses.replace(TINY, tuning=dataclasses.replace(TINY.tuning, rank=8))

    check_comparison(path, TINY)
    with pytest.raises(NotPromoted, match="another recipe"):
        check_comparison(path, other)
