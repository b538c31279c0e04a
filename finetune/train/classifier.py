"""A classifier of texts: an encoder's states pooled to one vector, a linear head on its direction.

While it trains there is a projection for the contrast beside, which is thrown away. On disk it is the adapter (or the
whole encoder) as PEFT and Transformers write it, with `head.safetensors` and `classifier.json` in the same folder.
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy, normalize
from transformers import AutoModel

from core.errors import InvalidInput
from finetune.config import Classification, Rounding
from finetune.encoder_losses import SupervisedContrast, disagreement, soft_cross_entropy
from finetune.nf4 import round_linear_layers
from finetune.quiet import ignoring_renames

HEAD_FILE = "head.safetensors"
LABELS_FILE = "classifier.json"
SCALE = 10.0
"""Length of the vector that the head reads."""
_PROJECTION = 128


class Classifier(torch.nn.Module):
    """`forward` gives the mean loss of a batch with its logits; `embed` and `score` are for use."""

    def __init__(self, encoder: Any, labels: Sequence[str], recipe: Classification) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.labels, self.pooling = list(labels), recipe.pooling
        self.drop = torch.nn.Dropout(recipe.feature_dropout)
        self.head = torch.nn.Linear(width, len(labels))
        self.projection = torch.nn.Linear(width, _PROJECTION) if recipe.contrast else None
        self.contrast = SupervisedContrast(_PROJECTION, recipe.queue)
        self._contrast_weight, self._consistency_weight = recipe.contrast, recipe.consistency

    @property
    def config(self) -> Any:
        return self.encoder.config

    def embed(self, input_ids: "torch.Tensor", attention_mask: "torch.Tensor") -> "torch.Tensor":
        """float32 [rows, width]."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
        if self.pooling == "first":
            return states[:, 0]
        weights = attention_mask[..., None].float()
        return (states * weights).sum(dim=1) / weights.sum(dim=1)

    def score(self, vectors: "torch.Tensor") -> "torch.Tensor":
        """The logits [rows, labels] of what `embed` gives."""
        return self.head(self.drop(SCALE * normalize(vectors, dim=1)))

    def forward(
        self,
        input_ids: "torch.Tensor",
        attention_mask: "torch.Tensor",
        labels: "torch.Tensor",
        targets: "torch.Tensor | None" = None,
    ) -> dict[str, "torch.Tensor"]:
        """Learns from `targets` [rows, labels], distributions, where there are some; is judged by `labels` [rows]."""
        if self.training and targets is not None and self._consistency_weight:
            # Twice, each under its own dropout.
            input_ids, attention_mask = input_ids.repeat(2, 1), attention_mask.repeat(2, 1)
            labels, targets = labels.repeat(2), targets.repeat(2, 1)
        vectors = self.embed(input_ids, attention_mask)
        # The head and the contrast are small, and compare numbers that are near each other.
        with torch.autocast(vectors.device.type, enabled=False):
            return self._judge(vectors, labels, targets)

    def _judge(
        self, vectors: "torch.Tensor", labels: "torch.Tensor", targets: "torch.Tensor | None"
    ) -> dict[str, "torch.Tensor"]:
        logits = self.score(vectors)
        if not self.training or targets is None:
            return {"loss": cross_entropy(logits, labels), "logits": logits}
        loss = soft_cross_entropy(logits, targets)
        if self._consistency_weight:
            loss = loss + self._consistency_weight * disagreement(logits)
        if self.projection is not None:
            points = normalize(self.projection(vectors), dim=1)
            loss = loss + self._contrast_weight * self.contrast(points, labels)
        return {"loss": loss, "logits": logits}

    @torch.no_grad()
    def start_at(self, vectors: "torch.Tensor", classes: "torch.Tensor") -> None:
        """Makes the head the direction of each class's mean vector."""
        directions = normalize(vectors, dim=1)
        for number in range(len(self.labels)):
            self.head.weight[number] = normalize(directions[classes == number].mean(dim=0), dim=0)
        self.head.bias.zero_()


def save_classifier(classifier: Classifier, tokenizer: Any, folder: Path, rounding: Rounding | None) -> None:
    """
    Args:
        rounding: of the base under the adapter while it was trained.
    """
    classifier.encoder.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    tensors = {"weight": classifier.head.weight, "bias": classifier.head.bias}
    save_file(
        {name: tensor.detach().float().cpu().contiguous() for name, tensor in tensors.items()}, folder / HEAD_FILE
    )
    described = {"labels": classifier.labels, "pooling": classifier.pooling, "scale": SCALE, "rounding": rounding}
    (folder / LABELS_FILE).write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


def load_classifier(folder: Path, base: Path | None = None) -> Classifier:
    """The classifier in `folder`, in fp32 on the CPU, with the adapter merged into the base that it was trained on.

    After QLoRA that is the base rounded to NF4, in fp32: the adapter has learnt to make up for the rounding, and on the
    weights from before it the loss is higher.

    Args:
        base: of the adapter; default: the folder that it names.

    Raises:
        InvalidInput: the folder is no classifier, or the base does not fit it.
    """
    try:
        described = json.loads((folder / LABELS_FILE).read_text(encoding="utf-8"))
        head = load_file(folder / HEAD_FILE)
        encoder = _load_encoder(folder, base, described.get("rounding"))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InvalidInput(f"{folder} cannot be loaded as a classifier: {str(error).splitlines()[0]}") from error
    classifier = Classifier(encoder, described["labels"], Classification(pooling=described["pooling"], contrast=0))
    classifier.head.load_state_dict(head)
    return classifier.eval()


def _load_encoder(folder: Path, base: Path | None, rounding: Any) -> Any:
    if rounding not in (None, *get_args(Rounding)):
        raise ValueError(f"the rounding {rounding!r} is none of {', '.join(get_args(Rounding))}")
    options: dict[str, Any] = {"local_files_only": True, "dtype": torch.float32}
    adapter = folder / "adapter_config.json"
    if not adapter.exists():
        return AutoModel.from_pretrained(folder, **options)
    base = base or Path(json.loads(adapter.read_text(encoding="utf-8"))["base_model_name_or_path"])
    with ignoring_renames():
        encoder = AutoModel.from_pretrained(base, **options)
        if rounding:
            round_linear_layers(encoder, double=rounding == "nf4-double")
        return PeftModel.from_pretrained(encoder, str(folder)).merge_and_unload()
