"""A language model with its loss, computed a few hundred words at a time.

The logits of a batch are its largest tensor: 2 x 512 tokens of a vocabulary of 32,000 are 125 MiB in fp32, and as much
again for their gradient. Here only tokens with a label get logits, in chunks that are computed again for the gradient.
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from finetune.train.chats import IGNORED

CHUNK = 256
"""Tokens whose logits are there at once."""


class ChatModel(torch.nn.Module):
    """`forward` gives the loss: the mean over the batch's labels, or their sum by `num_items_in_batch`."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    @property
    def config(self) -> Any:
        return self.model.config

    def forward(
        self,
        input_ids: "torch.Tensor",
        position_ids: "torch.Tensor",
        labels: "torch.Tensor",
        num_items_in_batch: "torch.Tensor | int | None" = None,
        **_: Any,
    ) -> dict[str, "torch.Tensor"]:
        # No attention mask: the positions say which tokens belong together (finetune/train/packing.py).
        causal = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        decoder = causal.get_decoder()
        states = decoder(input_ids=input_ids, position_ids=position_ids, use_cache=False).last_hidden_state
        following = labels[:, 1:]
        kept = following != IGNORED
        losses = self._sum_losses(causal, states[:, :-1][kept], following[kept])
        return {"loss": losses / (kept.sum() if num_items_in_batch is None else num_items_in_batch)}

    def _sum_losses(self, causal: Any, states: "torch.Tensor", targets: "torch.Tensor") -> "torch.Tensor":
        head, config = causal.get_output_embeddings(), causal.config

        def sum_chunk(some: "torch.Tensor", wanted: "torch.Tensor") -> "torch.Tensor":
            return cross_entropy(_scale(head(some).float(), config), wanted, reduction="sum")

        total = states.new_zeros((), dtype=torch.float32)
        for some, wanted in zip(states.split(CHUNK), targets.split(CHUNK), strict=True):
            total = total + checkpoint(sum_chunk, some, wanted, use_reentrant=False)
        return total


def _scale(logits: "torch.Tensor", config: Any) -> "torch.Tensor":
    """What some families do to their logits: Gemma bounds them, Granite divides, Cohere multiplies."""
    if divisor := getattr(config, "logits_scaling", None):
        logits = logits / divisor
    if factor := getattr(config, "logit_scale", None):
        logits = logits * factor
    if bound := getattr(config, "final_logit_softcapping", None):
        logits = bound * torch.tanh(logits / bound)
    return logits
