"""What `finetune export` writes is what other servers load: the merged model, a classifier as ONNX; or nothing."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from typer.testing import CliRunner, Result

from core.digests import digest_of_folder, digest_of_model
from finetune.cli import app
from finetune.quiet import quietly
from finetune.train.classifier import load_classifier
from tests.finetune.tuned import make_chat_adapter, make_text_classifier
from tests.tiny_models import make_tiny_bert, make_tiny_llama, make_tiny_mpnet

pytestmark = pytest.mark.finetune


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_llama(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="module")
def adapter(base: Path) -> Path:
    return make_chat_adapter(base, base.with_name("adapter"))


def export(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["export", *map(str, arguments), "--json"])


def done(*arguments: object) -> str:
    result = export(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refuse(out: Path, *arguments: object, status: int = 2) -> str:
    """What a refused export says; it leaves nothing where it would have been written."""
    before = sorted(out.parent.iterdir())
    result = export(*arguments, "--out", out)
    assert result.exit_code == status, result.output
    assert sorted(out.parent.iterdir()) == before
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    return lines[0]


def test_the_merged_folder_gives_what_base_and_adapter_give_together(base: Path, adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "teller"
    result = json.loads(done(adapter, "--out", out))
    tokens = AutoTokenizer.from_pretrained(out)("Hello! Where is my card?", return_tensors="pt").input_ids
    merged = AutoModelForCausalLM.from_pretrained(out)
    with quietly():
        tuned = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), str(adapter))
    with torch.inference_mode():
        found, meant = merged(tokens).logits, tuned(tokens).logits
        untuned = AutoModelForCausalLM.from_pretrained(base)(tokens).logits

    assert torch.allclose(found, meant, atol=1e-5)
    assert not torch.allclose(found, untuned, atol=1e-2)
    assert result["digest"] == digest_of_model(out)
    assert result["adapter_digest"] == digest_of_folder(adapter)
    assert result["base_digest"] == digest_of_model(base)
    assert json.loads((out / "export.json").read_text())["data_digest"] == result["data_digest"]
    # What vLLM wants beside the weights.
    assert {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"} <= {
        path.name for path in out.iterdir()
    }
    assert AutoTokenizer.from_pretrained(out).chat_template


def test_merged_weights_can_be_stored_in_half(adapter: Path, tmp_path: Path) -> None:
    result = json.loads(done(adapter, "--out", tmp_path / "half", "--precision", "bf16"))

    assert result["dtype"] == "torch.bfloat16"
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "half", dtype="auto").dtype == torch.bfloat16


def test_dora_and_rank_stabilised_adapters_merge_too(base: Path, tmp_path: Path) -> None:
    adapter = make_chat_adapter(base, tmp_path / "adapter", use_dora=True, use_rslora=True)

    assert export(adapter, "--out", tmp_path / "out").exit_code == 0


def test_an_adapter_of_another_base_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = make_tiny_llama(tmp_path / "other", seed=5)

    assert "another base" in refuse(tmp_path / "out", adapter, "--base", other)


def test_a_base_that_is_gone_is_named(adapter: Path, tmp_path: Path) -> None:
    assert "--base" in refuse(tmp_path / "out", adapter, "--base", tmp_path / "gone")


def test_nothing_is_merged_into_four_bits(base: Path, tmp_path: Path) -> None:
    four = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4")
    quantised = tmp_path / "quantised"
    AutoModelForCausalLM.from_pretrained(base, quantization_config=four, device_map="cpu").save_pretrained(quantised)
    AutoTokenizer.from_pretrained(base).save_pretrained(quantised)
    adapter = tmp_path / "adapter"
    shutil.copytree(make_chat_adapter(base, tmp_path / "original"), adapter)
    record = json.loads((adapter / "run.json").read_text())
    (adapter / "run.json").write_text(json.dumps(record | {"base_digest": digest_of_model(quantised)}))

    assert "full-precision" in refuse(tmp_path / "out", adapter, "--base", quantised)


def test_a_damaged_adapter_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(adapter, damaged)
    os.truncate(damaged / "adapter_model.safetensors", 100)

    assert "cannot be merged" in refuse(tmp_path / "out", damaged)


def test_weights_that_are_no_numbers_are_refused(base: Path, tmp_path: Path) -> None:
    adapter = make_chat_adapter(base, tmp_path / "adapter")
    from safetensors.torch import load_file, save_file  # noqa: PLC0415

    weights = load_file(adapter / "adapter_model.safetensors")
    next(iter(weights.values()))[0, 0] = float("nan")
    save_file(weights, adapter / "adapter_model.safetensors")

    assert "cannot be merged" in refuse(tmp_path / "out", adapter)


def test_what_is_no_adapter_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "is no adapter" in refuse(tmp_path / "out", tmp_path / "empty")


def test_an_output_that_is_there_stays_as_it_is(adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_text("mine")

    assert "is there already" in refuse(tmp_path / "out", adapter)
    assert (tmp_path / "out" / "precious").read_text() == "mine"


def test_a_disk_that_is_too_small_is_noticed_before_anything_is_written(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    assert "make room" in refuse(tmp_path / "out", adapter)


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device", "model.gguf"),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
    ids=["gguf", "safetensors"],
)
def test_a_disk_that_fills_up_leaves_nothing(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from finetune.export import exporting  # noqa: PLC0415

    def fill_up(*_: object) -> None:
        raise error

    monkeypatch.setattr(exporting, "write_gguf", fill_up)

    assert "No space left" in refuse(tmp_path / "out", adapter, "--gguf", "f16", status=1)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bert(tmp_path_factory.mktemp("encoders") / "base")


@pytest.mark.parametrize("make", [make_tiny_bert, make_tiny_mpnet])
def test_a_classifier_becomes_one_onnx_file_that_answers_the_same(make: Callable[[Path], Path], tmp_path: Path) -> None:
    encoder = make(tmp_path / "base")
    labels = ["card", "balance", "payment"]
    tuned = make_text_classifier(encoder, tmp_path / "tuned", labels)
    result = json.loads(done(tuned, "--out", tmp_path / "onnx"))
    texts = ["where is my card", "balance", "please pay Anna 20 pounds tomorrow morning"]
    rows = AutoTokenizer.from_pretrained(tmp_path / "onnx")(texts, padding=True, return_tensors="np")
    session = onnxruntime.InferenceSession(tmp_path / "onnx" / "model.int8.onnx")
    feed = {name: rows[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
    found = session.run(["logits"], feed)[0]
    with quietly():
        classifier = load_classifier(tuned)
    with torch.inference_mode():
        meant = classifier.score(classifier.embed(*(torch.from_numpy(feed[name]) for name in feed))).numpy()

    assert found.shape == (3, 3)
    assert np.abs(found - meant).max() < 0.1 * np.abs(meant).max()
    assert result["fp32_difference"] < 1e-3
    assert json.loads((tmp_path / "onnx" / "classifier.json").read_text())["labels"] == labels


def test_a_classifier_of_an_unknown_rounding_is_refused(encoder: Path, tmp_path: Path) -> None:
    tuned = make_text_classifier(encoder, tmp_path / "tuned", ["a", "b"])
    described = json.loads((tuned / "classifier.json").read_text()) | {"rounding": "int3"}
    (tuned / "classifier.json").write_text(json.dumps(described))

    assert "the rounding 'int3' is none of nf4, nf4-double" in refuse(tmp_path / "out", tuned)


def test_a_classifier_has_no_gguf(encoder: Path, tmp_path: Path) -> None:
    tuned = make_text_classifier(encoder, tmp_path / "tuned", ["a", "b"])

    assert "int8 ONNX" in refuse(tmp_path / "out", tuned, "--gguf", "f16")
