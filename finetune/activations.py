"""How much a training step keeps for the backward pass, counted without computing or holding anything.

The architecture, with its adapters, is run over tensors that have a shape and no contents (torch's FakeTensorMode), at
a depth of one layer and of two: their difference is a layer, the rest is what stands before and after the layers. So it
is right for whatever family, and for dropout, DoRA and the type of computing as they are configured. It is run as on a
CPU, whose dropout keeps a wider mask than a GPU's: there it is an upper bound.
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import copy
from dataclasses import dataclass
from typing import Any

import torch
from peft.helpers import disable_input_dtype_casting
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoModel, AutoModelForCausalLM

from finetune.config import Memory, TrainingConfig
from finetune.train.bases import Place, prepare_model
from finetune.train.chat_model import ChatModel
from finetune.train.classifier import Classifier


@dataclass(frozen=True, slots=True)
class Activations:
    """Bytes for a batch."""

    layer: int
    """Of each layer, without gradient checkpointing."""
    around: int
    """Before and after the layers; less than nothing where the first layer keeps less than the others, because no
    gradient goes on from it."""
    between: int
    """What checkpointing keeps of each layer: its input."""

    def peak(self, layers: int, checkpointing: bool) -> int:
        """At the end of the forward pass; with checkpointing, while the last layer is computed again."""
        if checkpointing:
            return max(0, self.around) + layers * self.between + self.layer
        return self.around + layers * self.layer


def count_activations(model_config: Any, config: TrainingConfig, place: Place) -> Activations:
    """Of a batch of `config.batch.rows` times `config.batch.max_tokens` of the model that `model_config` describes."""
    one, two = (_count(model_config, depth, config, place) for depth in (1, 2))
    width = 4 if config.method == "full" else place.computing.itemsize
    twice = config.task == "classification" and config.classification.consistency > 0
    rows = config.batch.rows * (2 if twice else 1)
    between = rows * config.batch.max_tokens * model_config.hidden_size * width
    return Activations(two - one, 2 * one - two, between)


def _count(model_config: Any, depth: int, config: TrainingConfig, place: Place) -> int:
    shallow = copy.deepcopy(model_config)
    shallow.num_hidden_layers = depth
    if getattr(shallow, "layer_types", None):
        shallow.layer_types = shallow.layer_types[:depth]
    if config.task == "chat":
        shallow._attn_implementation = "sdpa"
    # A packed base keeps the same for the backward pass as one that is not, and has no form without contents.
    plain = config.model_copy(
        update={
            "method": "full" if config.method == "full" else "lora",
            "memory": Memory(precision=config.memory.precision, gradient_checkpointing=False),
        }
    )
    model, batch = _build(shallow, plain, place)
    return _sum_saved(model, batch, place)


def _build(shallow: Any, config: TrainingConfig, place: Place) -> tuple[Any, dict[str, "torch.Tensor"]]:
    """(the model that trains, a batch of the full size), both on the meta device."""
    kind = AutoModelForCausalLM if config.task == "chat" else AutoModel
    with torch.device("meta"):
        model = kind.from_config(shallow, dtype=torch.float32 if config.method == "full" else place.computing)
        tokens = min(config.batch.max_tokens, getattr(shallow, "max_position_embeddings", config.batch.max_tokens))
        ids = torch.zeros(config.batch.rows, tokens, dtype=torch.long)
        model = prepare_model(model, config)
        if config.task == "chat":
            # Positions would be looked at for packed chats, which needs their contents. The mask that those have is
            # made all the same: Transformers leaves it out only where it sees that nothing needs it.
            return _Decoder(model).train(), {"input_ids": ids}
        batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids[:, 0]}
        # The contrast is small, and needs contents.
        classifier = Classifier(model, ["a", "b"], config.classification.model_copy(update={"contrast": 0.0}))
        return classifier.train(), batch | {"targets": torch.zeros(config.batch.rows, 2)}


class _Decoder(ChatModel):
    """Without the loss, whose chunks the planner adds."""

    def forward(self, input_ids: "torch.Tensor") -> dict[str, "torch.Tensor"]:  # pyright: ignore[reportIncompatibleMethodOverride]
        causal = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        return {"loss": causal.get_decoder()(input_ids=input_ids, use_cache=False).last_hidden_state}


def _sum_saved(model: Any, batch: dict[str, "torch.Tensor"], place: Place) -> int:
    """Bytes of what is kept for the backward pass, weights left out."""
    # Kept, or a storage that is freed could lend its name to another.
    saved: dict[int, Any] = {}

    def note(tensor: "torch.Tensor") -> "torch.Tensor":
        storage = tensor.untyped_storage()
        saved[_name(tensor)] = storage
        return tensor

    bf16 = place.computing == torch.bfloat16
    with (
        FakeTensorMode(),
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        disable_input_dtype_casting(model, active=bf16),
    ):
        tensors = dict(model.named_parameters()) | dict(model.named_buffers())
        weights = {name: _imagine(tensor) for name, tensor in tensors.items()}
        inputs = {name: _imagine(tensor) for name, tensor in batch.items()}
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            outcome = torch.func.functional_call(model, weights, (), inputs)
        known = {_name(tensor) for tensor in (*weights.values(), *inputs.values())}
        del outcome
    return sum(storage.nbytes() for name, storage in saved.items() if name not in known)


def _imagine(tensor: "torch.Tensor") -> "torch.Tensor":
    """A tensor without contents that passes for one on the CPU."""
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu").requires_grad_(tensor.requires_grad)


def _name(tensor: "torch.Tensor") -> int:
    return tensor.untyped_storage()._cdata  # pyright: ignore[reportPrivateUsage]
