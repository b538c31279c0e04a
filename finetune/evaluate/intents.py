"""Measures a classifier of texts: a trained folder in full precision, or the int8 ONNX file exported from it."""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from transformers import AutoModel, AutoTokenizer

from core.digests import digest_of_file, digest_of_model
from core.errors import InvalidInput
from evals.metrics import coverage_at_precision, expected_calibration_error, macro_f1
from evals.understanding import time_each
from finetune.adapter_files import digest_of_adapter
from finetune.config import Classification
from finetune.encoder_onnx import MODEL_FILE
from finetune.evaluate.results import Beside, Compared, Measured
from finetune.evaluate.scores import Scores, average, compare
from finetune.quiet import quietly
from finetune.run_record import read_record
from finetune.train.classifier import LABELS_FILE, Classifier, load_classifier
from finetune.train.journal import peak_memory

Logits = Callable[[str], npt.NDArray[np.float32]]
_MAX_TOKENS = 128


@dataclass(frozen=True)
class Predictor:
    """A classifier, whatever runs it."""

    logits: Logits
    """Of one text."""
    labels: list[str]
    model: str
    base_digest: str
    adapter: str = ""
    adapter_digest: str = ""


@dataclass(frozen=True)
class IntentsOutcome:
    measured: Measured
    against: dict[Beside, Compared]
    truth: list[str]
    found: list[str]
    notes: dict[str, Any]


def load_predictor(folder: Path, base: Path | None) -> Predictor:
    """Of a trained folder, or of an exported one or its ONNX file.

    Raises:
        InvalidInput: it is neither, or is damaged.
    """
    if folder.suffix == ".onnx" or (folder / MODEL_FILE).is_file():
        return _load_onnx(folder if folder.suffix == ".onnx" else folder / MODEL_FILE)
    with quietly():
        classifier = load_classifier(folder, base)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Predictor(
        _of_torch(classifier, tokenizer),
        classifier.labels,
        str(base or folder),
        read_record(folder).base_digest,
        str(folder),
        digest_of_adapter(folder),
    )


def load_untuned(base: Path, labels: Sequence[str], rows: Sequence[dict[str, Any]]) -> Predictor:
    """The base as it is, with the mean of each class's training texts for a head."""
    with quietly():
        encoder = AutoModel.from_pretrained(base, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(base)
    classifier = Classifier(encoder, labels, Classification(contrast=0)).eval()
    known = [row for row in rows if row["label"] in classifier.labels]
    with torch.inference_mode():
        vectors = torch.cat([classifier.embed(*_encode(tokenizer, row["text"])) for row in known])
    classifier.start_at(vectors, torch.tensor([classifier.labels.index(row["label"]) for row in known]))
    return Predictor(_of_torch(classifier, tokenizer), classifier.labels, str(base), digest_of_model(base))


def evaluate_intents(
    predictor: Predictor, others: Mapping[Beside, Predictor], rows: Sequence[dict[str, Any]]
) -> IntentsOutcome:
    """Raises InvalidInput where a row has a label that the classifier does not know."""
    truth = [row["label"] for row in rows]
    if unknown := sorted(set(truth) - set(predictor.labels)):
        raise InvalidInput(f"The classifier has no label {', '.join(unknown[:5])}: it was trained on other data.")
    measured, scores, found = _measure(predictor, rows, truth)
    against: dict[Beside, Compared] = {}
    for name, other in others.items():
        their, their_scores, _ = _measure(other, rows, truth)
        against[name] = Compared(**their.model_dump(), differences=compare(scores, their_scores))
    return IntentsOutcome(measured, against, truth, found, {"device": "cpu"})


def _measure(
    predictor: Predictor, rows: Sequence[dict[str, Any]], truth: list[str]
) -> tuple[Measured, list[Scores], list[str]]:
    timed = time_each([row["text"] for row in rows], lambda text: _softmax(predictor.logits(text)))
    found = [predictor.labels[int(each.argmax())] for each in timed.answers]
    confidences = [float(each.max()) for each in timed.answers]
    correct = [one == other for one, other in zip(truth, found, strict=True)]
    scores: list[Scores] = [{"accuracy": float(each)} for each in correct]
    metrics, errors = average(scores)
    metrics |= {
        "macro_f1": macro_f1(truth, found),
        "ece": expected_calibration_error(correct, confidences),
        "coverage_at_99_precision": coverage_at_precision(correct, confidences, 0.99),
        "p50_ms": timed.p50_ms,
        "texts_per_s": 1000 / timed.p50_ms,
        "peak_memory_mib": peak_memory("cpu") / 2**20,
    }
    about = {name: getattr(predictor, name) for name in ("model", "base_digest", "adapter", "adapter_digest")}
    return Measured(**about, metrics=metrics, errors=errors), scores, found


def _load_onnx(path: Path) -> Predictor:
    try:
        labels = json.loads((path.parent / LABELS_FILE).read_bytes())["labels"]
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        tokenizer = AutoTokenizer.from_pretrained(path.parent)
    except Exception as error:  # ONNX Runtime has errors of its own that share no class
        raise InvalidInput(f"{path} cannot be loaded: {str(error).splitlines()[0]}") from error

    def logits(text: str) -> npt.NDArray[np.float32]:
        row = tokenizer([text], truncation=True, max_length=_MAX_TOKENS, return_tensors="np")
        feed = {name: row[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
        return np.asarray(session.run(["logits"], feed)[0])[0]

    return Predictor(logits, labels, str(path), digest_of_file(path))


def _of_torch(classifier: Classifier, tokenizer: Any) -> Logits:
    def logits(text: str) -> npt.NDArray[np.float32]:
        with torch.inference_mode():
            return classifier.score(classifier.embed(*_encode(tokenizer, text)))[0].numpy()

    return logits


def _encode(tokenizer: Any, text: str) -> tuple["torch.Tensor", "torch.Tensor"]:
    row = tokenizer([text], truncation=True, max_length=_MAX_TOKENS, return_tensors="pt")
    return row.input_ids, row.attention_mask


def _softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()
