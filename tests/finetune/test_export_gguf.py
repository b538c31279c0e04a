"""A GGUF file, read back by Transformers, is the model that was written; what would come back otherwise is refused."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    LlamaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
)
from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS
from typer.testing import CliRunner

from core.errors import InvalidInput, Unavailable
from finetune.cli import app
from finetune.export.gguf_file import GgufType, write_gguf
from finetune.export.ollama import create_model, find_ollama
from finetune.export.reading_back import check_gguf
from tests.finetune.tuned import make_chat_adapter
from tests.tiny_models import CHAT_TEMPLATE, SENTENCES, make_chat_tokenizer, make_tiny_llama

pytestmark = pytest.mark.finetune

SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
}


def byte_level(split: str | None = None) -> PreTrainedTokenizerFast:
    """Without ``split`` as GPT-2 splits."""
    tokenizer = make_chat_tokenizer(SENTENCES)
    if split is not None:
        rule = pre_tokenizers.Split(Regex(GGUF_PRE_TOKENIZER_SPLITS.get(split, split)), behavior="isolated")
        rest = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([rule, rest])
    return tokenizer


def sentencepiece(*, prefix: bool) -> PreTrainedTokenizerFast:
    """As Llama 2, TinyLlama and Mistral have it; without the prefix as Gemma has it."""
    special = ["<unk>", "<s>", "</s>"]
    bpe = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    spaces = normalizers.Replace(" ", "▁")
    bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if prefix else spaces
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=special + bytes_, show_progress=False)
    bpe.train_from_iterator(SENTENCES, trainer)
    bpe.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    described = json.loads(bpe.to_str())
    described["added_tokens"] = [token for token in described["added_tokens"] if token["content"] in special]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)), unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def make_model(folder: Path, kind: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, **options: Any) -> Path:
    """A random model whose norms are not all one, with a few rows more than pieces."""
    config = kind(
        **SHAPE | options,
        vocab_size=len(tokenizer) + 3,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(3)
        model = AutoModelForCausalLM.from_config(config)
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "make_tokenizer", "options"),
    [
        pytest.param(LlamaConfig, byte_level, {}, id="Llama"),
        pytest.param(LlamaConfig, lambda: byte_level("llama-bpe"), {"tie_word_embeddings": True}, id="Llama 3"),
        pytest.param(LlamaConfig, lambda: sentencepiece(prefix=True), {"head_dim": 32}, id="TinyLlama"),
        pytest.param(MistralConfig, lambda: sentencepiece(prefix=True), {"sliding_window": 256}, id="Mistral"),
        pytest.param(MistralConfig, lambda: byte_level("tekken"), {"sliding_window": None}, id="Mistral Nemo"),
        pytest.param(Qwen2Config, lambda: byte_level("qwen2"), {"rope_theta": 1e6}, id="Qwen 2"),
        pytest.param(Qwen3Config, lambda: byte_level("qwen2"), {"head_dim": 128}, id="Qwen 3"),
        pytest.param(Gemma2Config, lambda: sentencepiece(prefix=False), {"head_dim": 256}, id="Gemma 2"),
        pytest.param(Gemma3TextConfig, lambda: sentencepiece(prefix=False), {"head_dim": 256}, id="Gemma 3"),
    ],
)
def test_a_family_comes_back_with_equal_logits_and_the_same_tokens(
    tmp_path: Path, kind: Callable[..., Any], make_tokenizer: Callable[[], PreTrainedTokenizerFast], options: Any
) -> None:
    folder = make_model(tmp_path / "model", kind, make_tokenizer(), **options)

    write_gguf(folder, tmp_path / "model.gguf", GgufType.F32, "tiny")
    found = check_gguf(folder, tmp_path / "model.gguf", GgufType.F32)

    assert found.largest_difference == 0


@pytest.mark.parametrize(
    ("kind", "most"),
    [(GgufType.F16, 2e-3), (GgufType.BF16, 2e-2), (GgufType.Q8_0, 5e-2), (GgufType.Q4_0, 0.5)],
)
def test_smaller_types_come_back_nearly_equal(tmp_path: Path, kind: GgufType, most: float) -> None:
    folder = make_model(tmp_path / "model", LlamaConfig, byte_level())

    write_gguf(folder, tmp_path / "model.gguf", kind, "tiny")
    found = check_gguf(folder, tmp_path / "model.gguf", kind)

    assert 0 < found.logit_distance < most
    matrices = {tensor.tensor_type.name.lower() for tensor in gguf.GGUFReader(tmp_path / "model.gguf").tensors}
    assert matrices == {kind.value, "f32"}


@pytest.mark.parametrize(
    ("kind", "make_tokenizer", "options", "reason"),
    [
        pytest.param(GemmaConfig, byte_level, {"head_dim": 16}, "No GGUF of gemma", id="another family"),
        pytest.param(LlamaConfig, byte_level, {"attention_bias": True}, "attention_bias is True", id="biases"),
        pytest.param(LlamaConfig, byte_level, {"hidden_act": "gelu"}, "hidden_act is gelu", id="another activation"),
        pytest.param(Qwen3Config, byte_level, {"head_dim": 32}, "head_dim is 32", id="another head size"),
        pytest.param(Gemma2Config, byte_level, {"head_dim": 16}, "scaled by 256", id="another scale"),
        pytest.param(
            LlamaConfig,
            byte_level,
            {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0}},
            "linear rope scaling",
            id="stretched positions",
        ),
        pytest.param(LlamaConfig, lambda: byte_level(r"\d|\D+"), {}, "splits text by a rule", id="another split"),
    ],
)
def test_what_would_come_back_otherwise_is_refused(
    tmp_path: Path,
    kind: Callable[..., Any],
    make_tokenizer: Callable[[], PreTrainedTokenizerFast],
    options: Any,
    reason: str,
) -> None:
    folder = make_model(tmp_path / "model", kind, make_tokenizer(), **options)

    def write() -> None:
        write_gguf(folder, tmp_path / "model.gguf", GgufType.F32, "tiny")
        check_gguf(folder, tmp_path / "model.gguf", GgufType.F32)

    with pytest.raises(InvalidInput, match=reason):
        write()


def test_rows_in_the_wrong_order_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is worth something: a file without llama.cpp's order of rows does not pass it."""
    from finetune.export import gguf_families  # noqa: PLC0415

    monkeypatch.setattr(gguf_families, "_pair_rows", lambda tensor, _heads: tensor)
    folder = make_model(tmp_path / "model", LlamaConfig, byte_level())
    write_gguf(folder, tmp_path / "model.gguf", GgufType.F32, "tiny")

    with pytest.raises(InvalidInput, match="other logits"):
        check_gguf(folder, tmp_path / "model.gguf", GgufType.F32)


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = make_tiny_llama(tmp_path_factory.mktemp("models") / "base")
    return make_chat_adapter(base, base.with_name("adapter"))


def test_the_command_writes_a_gguf_with_the_merged_weights_and_a_modelfile(adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "teller"
    result = CliRunner().invoke(app, ["export", str(adapter), "--out", str(out), "--gguf", "f32", "--json"])
    assert result.exit_code == 0, result.output
    written = json.loads(result.stdout)
    merged = AutoModelForCausalLM.from_pretrained(out)
    alone = tmp_path / "alone"
    alone.mkdir()
    (out / written["gguf"]).rename(alone / "model.gguf")
    read = AutoModelForCausalLM.from_pretrained(alone, gguf_file="model.gguf", dtype=torch.float32)
    tokens = AutoTokenizer.from_pretrained(out)("Hello", return_tensors="pt").input_ids

    assert torch.equal(merged(tokens).logits, read(tokens).logits)
    assert (out / "Modelfile").read_text() == (
        'FROM ./teller.f32.gguf\nPARAMETER temperature 0\nPARAMETER stop "<|im_end|>"\n'
    )


def test_ollama_gets_the_model_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ollama itself is not at hand: a program of that name writes down what it was asked."""
    asked, program = tmp_path / "asked", tmp_path / "ollama"
    program.write_text(f'#!/bin/sh\necho "$PWD $*" >> {asked}\ntest "$2" = teller\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = find_ollama()
    assert found == str(program)

    create_model(found, "teller", tmp_path)

    assert asked.read_text() == f"{tmp_path} create teller -f Modelfile\n"
    with pytest.raises(Unavailable, match="ollama create another: exit code 1"):
        create_model(found, "another", tmp_path)


def test_where_ollama_is_missing_the_command_says_how_to_create_the_model(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    command = ["export", str(adapter), "--gguf", "q8_0", "--ollama", "teller", "--out", str(tmp_path / "out")]

    assert f"ollama create teller -f {tmp_path / 'out'}/Modelfile" in CliRunner().invoke(app, command).stdout
