"""What a model is made of, read from its config.json alone: the architecture is built without weights (on torch's meta
device), so that the counts are those of the real one whatever its family."""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers import AutoModel, AutoModelForCausalLM


@dataclass(frozen=True, slots=True)
class Linear:
    name: str
    inputs: int
    outputs: int

    @property
    def weights(self) -> int:
        return self.inputs * self.outputs


@dataclass(frozen=True, slots=True)
class Shape:
    linears: tuple[Linear, ...]
    """Without the output head and what pools."""
    parameters: int
    """All; tied ones once."""
    layers: int
    hidden: int
    feed_forward: int
    attention: int
    """Width of the queries of all heads."""
    keys: int
    """Width of the keys of all heads, which is that of the values."""
    vocabulary: int
    has_checkpointing: bool
    """Whether the family has gradient checkpointing."""

    @property
    def others(self) -> int:
        """Parameters that are not in `linears`: embeddings, norms, biases, the output head."""
        return self.parameters - sum(linear.weights for linear in self.linears)

    def targets(self, endings: Literal["all-linear"] | Sequence[str]) -> list[Linear]:
        """The linear layers that get an adapter."""
        if isinstance(endings, str):
            return list(self.linears)
        return [linear for linear in self.linears if linear.name.rpartition(".")[2] in endings]


def describe(config: Any, task: Literal["chat", "classification"]) -> Shape:
    """The shape of the model that Transformers' `config` describes."""
    with torch.device("meta"):
        model: Any = (AutoModelForCausalLM if task == "chat" else AutoModel).from_config(config)
    head = model.get_output_embeddings()
    linears = tuple(
        Linear(name, module.in_features, module.out_features)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head and "pooler" not in name
    )
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    return Shape(
        linears=linears,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        feed_forward=config.intermediate_size,
        attention=heads * width,
        keys=(getattr(config, "num_key_value_heads", None) or heads) * width,
        vocabulary=config.vocab_size,
        has_checkpointing=model.supports_gradient_checkpointing,
    )
