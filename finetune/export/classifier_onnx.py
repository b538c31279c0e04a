"""A tuned classifier of texts as one int8 ONNX file: encoder, pooling and head together, for ONNX Runtime alone.

The head keeps fp32: ONNX Runtime's dynamic quantisation leaves a product with a bias (Gemm) as it is.

The graph takes `input_ids` and `attention_mask`, int64 [rows, tokens], and gives `logits`, float32 [rows, labels].
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from transformers import AutoTokenizer

from core.errors import InvalidInput
from finetune.encoder_onnx import MODEL_FILE, quantise
from finetune.export.exporting import describe, write_description, written_whole
from finetune.export.merging import find_source
from finetune.quiet import quietly
from finetune.train.classifier import LABELS_FILE, Classifier, load_classifier

_MASKED = -1e4
_MOST_APART = 1e-3
_PROBES = ["How do I activate my new card?", "I was charged twice, and the second time in euros", "help"]


class _Graph(torch.nn.Module):
    """The classifier with its mask written out: what Transformers does with one depends on its values, which a trace
    would take for constants."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, input_ids: "torch.Tensor", attention_mask: "torch.Tensor") -> "torch.Tensor":
        weights = attention_mask.float()
        states = self.classifier.encoder(
            input_ids=input_ids, attention_mask=(1.0 - weights[:, None, None, :]) * _MASKED
        ).last_hidden_state
        if self.classifier.pooling == "first":
            return self.classifier.score(states[:, 0])
        return self.classifier.score((states * weights[..., None]).sum(dim=1) / weights.sum(dim=1, keepdim=True))


def export_classifier(adapter: Path, base: Path | None, out: Path) -> dict[str, Any]:
    """Writes the int8 model, the tokenizer and the labels to the folder ``out``.

    Raises:
        InvalidInput: the input cannot be used, or the graph gives other logits; then nothing is left.
        Conflict: ``out`` is there already.
    """
    source = find_source(adapter, base)
    with quietly():
        classifier = load_classifier(adapter, source.base)
    tokenizer = AutoTokenizer.from_pretrained(adapter if (adapter / "tokenizer.json").is_file() else source.base)
    with written_whole(out) as folder, tempfile.TemporaryDirectory() as scratch:
        graph = Path(scratch) / "model.onnx"
        apart = _trace(classifier, tokenizer, graph)
        quantise(graph, folder / MODEL_FILE, _list_narrowing(graph))
        tokenizer.save_pretrained(folder)
        shutil.copyfile(adapter / LABELS_FILE, folder / LABELS_FILE)
        size = (folder / MODEL_FILE).stat().st_size
        result = describe(source) | {"model": MODEL_FILE, "bytes": size, "fp32_difference": apart}
        write_description(folder, result)
    return result | {"out": str(out)}


def _trace(classifier: Classifier, tokenizer: Any, path: Path) -> float:
    """Writes the fp32 graph; returns how far its logits are from the classifier's, at most."""
    module = _Graph(classifier).eval()
    rows = tokenizer(_PROBES, padding=True, return_tensors="pt")
    inputs = (rows.input_ids, rows.attention_mask)
    axes = {0: "rows", 1: "tokens"}
    with warnings.catch_warnings(), torch.inference_mode():
        # The newer exporter needs onnxscript, a dependency more; torch is pinned, and what this one gives is compared.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            inputs,
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "rows"}},
        )
        meant = classifier.eval().score(classifier.embed(*inputs)).numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = np.concatenate(
        # One by one and without padding: neither rows nor tokens may be fixed in the graph.
        [np.asarray(session.run(["logits"], _feed(tokenizer, text))[0]) for text in _PROBES]
    )
    apart = float(np.abs(found - meant).max())
    if not apart <= _MOST_APART:
        raise InvalidInput(f"The ONNX graph gives other logits than the classifier, by {apart:.3f}: it is not written.")
    return apart


def _list_narrowing(graph: Path) -> list[str]:
    """The products that make a vector shorter: the second half of each feed-forward block.

    Its input has a few large values among many small ones, which one scale for all of them rounds away. In fp32 these
    six products of MiniLM cost 11 MB more, and the labels change for 0.2 % of BANKING77 in place of 0.5 %.
    """
    model = onnx.load(graph)
    shapes = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    products = (node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in shapes)
    return [node.name for node in products if shapes[node.input[1]][0] > shapes[node.input[1]][1]]


def _feed(tokenizer: Any, text: str) -> dict[str, Any]:
    row = tokenizer([text], return_tensors="np")
    return {name: row[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
