"""The committed encoder against the published model on torch, and against its own recipe."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import transformers
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from finetune.encoder_graph import build_encoder
from finetune.encoder_onnx import export_encoder, find_published_model
from finetune.encoder_promotion import load_committed
from knowledge.embed import Encoder

pytestmark = pytest.mark.finetune

TEXTS = [
    "hi",
    "How do I activate my new card?",
    "Why was I charged twice for the same payment at the supermarket on Saturday?",
    "The exchange rate was wrong. " * 60,
]


@pytest.fixture(scope="module")
def expected() -> np.ndarray[Any, Any]:
    """Mean pooling and L2 norm over the published weights on torch, as sentence-transformers does it."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(find_published_model())
    model = transformers.AutoModel.from_pretrained(find_published_model()).eval()
    rows = []
    for text in TEXTS:
        inputs = tokenizer(text, truncation=True, max_length=256, padding=False, return_tensors="pt")
        with torch.no_grad():
            rows.append(torch.nn.functional.normalize(model(**inputs).last_hidden_state.mean(dim=1)).numpy()[0])
    return np.stack(rows)


def test_the_graph_agrees_with_torch(tmp_path: Path, expected: np.ndarray[Any, Any]) -> None:
    source = find_published_model()
    onnx.save(build_encoder(load_file(source / "model.safetensors")), tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    found = [session.run(None, {"input_ids": np.array([tokenizer.encode(text).ids])})[0][0] for text in TEXTS]

    assert np.abs(np.stack(found) - expected).max() < 1e-5


def test_the_committed_int8_encoder_stays_close_to_torch(expected: np.ndarray[Any, Any]) -> None:
    found = Encoder.load().encode(TEXTS)

    assert (found * expected).sum(axis=1).min() > 0.97


def test_retrieval_reads_the_published_vector_bit_for_bit(tmp_path: Path) -> None:
    export_encoder(find_published_model(), tmp_path)

    assert np.array_equal(Encoder.load(tmp_path).encode(TEXTS), Encoder.load().encode(TEXTS))


def test_the_command_makes_the_committed_encoder_again(tmp_path: Path) -> None:
    """Not byte by byte: merging the adapter is a matrix product, whose last digits depend on the processor."""
    export_encoder(find_published_model(), tmp_path, load_committed(find_published_model()))
    again, committed = Encoder.load(tmp_path), Encoder.load()

    for text in TEXTS:
        views, expected = again.read(text).views, committed.read(text).views
        assert views.shape == expected.shape
        assert (views.reshape(-1, 384) * expected.reshape(-1, 384)).sum(axis=1).min() > 0.999
