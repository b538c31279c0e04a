"""What a classifier learns from: the rows of an intents data set as tokens, with targets that may be soft."""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from torch.nn.functional import normalize, one_hot

from core.errors import InvalidInput
from finetune.config import Classification
from finetune.train.classifier import SCALE, Classifier
from finetune.train.rows import read_rows

_FOLDS = 5
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Texts(torch.utils.data.Dataset[dict[str, Any]]):
    """Tokens with the number of the label; a target distribution too where they are for training."""

    ids: Sequence[Sequence[int]]
    classes: "torch.Tensor"
    targets: "torch.Tensor | None" = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> dict[str, Any]:
        found: dict[str, Any] = {"input_ids": self.ids[row], "labels": self.classes[row]}
        return found if self.targets is None else found | {"targets": self.targets[row]}


def read_texts(path: Path, labels: Sequence[str], tokenizer: Any, max_tokens: int) -> Texts:
    """The rows of `path`; a text is cut at `max_tokens`.

    Raises:
        InvalidInput: the file is no intents data, or has a label that is not among `labels`.
    """
    rows = read_rows(path, ("text", "label"))
    numbers = {label: number for number, label in enumerate(labels)}
    if unknown := {str(row["label"]) for row in rows} - set(numbers):
        raise InvalidInput(f"{path} has the label {min(unknown)!r}, which train.jsonl lacks: make the data set again.")
    ids = tokenizer([str(row["text"]) for row in rows], truncation=True, max_length=max_tokens)["input_ids"]
    return Texts(ids, torch.tensor([numbers[str(row["label"])] for row in rows]))


def sort_by_length(texts: Texts) -> Texts:
    """For an evaluation, in which the order does not matter and padding costs time."""
    order = sorted(range(len(texts)), key=lambda row: len(texts.ids[row]))
    return Texts([texts.ids[row] for row in order], texts.classes[order])


def list_labels(path: Path) -> list[str]:
    """The labels of the rows of `path`, sorted.

    Raises:
        InvalidInput: the file is no intents data, or has one label only.
    """
    labels = sorted({str(row["label"]) for row in read_rows(path, ("text", "label"))})
    if len(labels) < 2:
        raise InvalidInput(f"{path} has one label only: there is nothing to tell apart.")
    return labels


@dataclass(frozen=True, slots=True)
class PadTexts:
    """Makes a batch of rows of `Texts`."""

    pad: int

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, "torch.Tensor"]:
        longest = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), longest), self.pad)
        mask = torch.zeros(len(rows), longest, dtype=torch.long)
        for place, row in enumerate(rows):
            tokens = len(row["input_ids"])
            ids[place, :tokens] = torch.tensor(row["input_ids"])
            mask[place, :tokens] = 1
        batch = {"input_ids": ids, "attention_mask": mask, "labels": torch.stack([row["labels"] for row in rows])}
        batch["tokens"] = mask.sum()
        return batch | ({"targets": torch.stack([row["targets"] for row in rows])} if "targets" in rows[0] else {})


@torch.no_grad()
def embed_texts(classifier: Classifier, texts: Texts, collate: PadTexts, device: str) -> "torch.Tensor":
    """What the encoder makes of them before it is trained: float32 [rows, width] on the CPU."""
    was_training = classifier.training
    classifier.eval()
    order = sorted(range(len(texts)), key=lambda row: len(texts.ids[row]))
    found = torch.empty(len(texts), classifier.head.in_features)
    for start in range(0, len(order), _AT_ONCE):
        rows = order[start : start + _AT_ONCE]
        batch = collate([texts[row] for row in rows])
        found[rows] = classifier.embed(batch["input_ids"].to(device), batch["attention_mask"].to(device)).cpu()
    classifier.train(was_training)
    return found


def make_targets(texts: Texts, labels: int, vectors: "torch.Tensor", recipe: Classification, seed: int) -> Texts:
    """`texts` with a distribution for each: its label, smoothed, with a share of what a linear classifier of `vectors`
    says that has not seen the row (for labels that are known to be wrong in places)."""
    sharp = one_hot(texts.classes, labels).float()
    targets = (1 - recipe.label_smoothing) * sharp + recipe.label_smoothing / labels
    # Each fold needs every label.
    if recipe.soft_share and int(texts.classes.bincount(minlength=labels).min()) >= _FOLDS:
        targets = targets.lerp(_predict_out_of_fold(vectors, texts.classes, seed), recipe.soft_share)
    return Texts(texts.ids, texts.classes, targets)


def _predict_out_of_fold(vectors: "torch.Tensor", classes: "torch.Tensor", seed: int) -> "torch.Tensor":
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    linear = LogisticRegression(C=SCALE, max_iter=300)
    points = normalize(vectors, dim=1).numpy()
    found = cross_val_predict(linear, points, classes.numpy(), cv=folds, method="predict_proba")
    return torch.from_numpy(np.asarray(found, dtype=np.float32))


def accuracy_of(predictions: Any) -> dict[str, float]:
    """What the Trainer asks for after an evaluation."""
    logits, classes = predictions
    return {"accuracy": float((np.asarray(logits).argmax(axis=1) == np.asarray(classes)).mean())}
