"""Texts as the tuned layers read them: the states after the shared layers, computed once, in batches of like length."""

# torch and transformers come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from finetune.encoder_graph import SHARED_LAYERS, WIDTH

_SORTED_TOGETHER = 12
"""Batches among which texts are sorted by length: less padding, and still another company in each epoch."""
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class States:
    """A tensor float32 [tokens, 384] for each text that is needed, by its row."""

    rows: dict[int, "torch.Tensor"]

    def gather(self, rows: Sequence[int]) -> tuple["torch.Tensor", "torch.Tensor"]:
        """(states [rows, longest, 384] padded with zeros, mask bool [rows, longest])."""
        longest = max(len(self.rows[row]) for row in rows)
        states = torch.zeros(len(rows), longest, WIDTH)
        mask = torch.zeros(len(rows), longest, dtype=torch.bool)
        for place, row in enumerate(rows):
            tokens = len(self.rows[row])
            states[place, :tokens] = self.rows[row]
            mask[place, :tokens] = True
        return states, mask

    def batches(self, rows: Sequence[int], size: int, rng: np.random.Generator) -> list[list[int]]:
        """`rows` in a random order, in batches of about the same length."""
        order = rng.permutation(np.asarray(rows))
        found: list[list[int]] = []
        for start in range(0, len(order), size * _SORTED_TOGETHER):
            some = sorted(order[start : start + size * _SORTED_TOGETHER].tolist(), key=lambda row: len(self.rows[row]))
            found.extend(some[first : first + size] for first in range(0, len(some), size))
        return [found[place] for place in rng.permutation(len(found))]


def compute_states(model: Any, tokenizer: Tokenizer, texts: Sequence[str], needed: Sequence[int]) -> States:
    """What the shared layers of the published `model` make of the `needed` ones of the texts."""
    ids = {row: tokenizer.encode(texts[row]).ids for row in needed}
    order = sorted(ids, key=lambda row: len(ids[row]))
    found: dict[int, torch.Tensor] = {}
    with torch.no_grad():
        for rows in _chunks(order):
            states = _run_shared(model, [ids[row] for row in rows])
            for place, row in enumerate(rows):
                found[row] = states[place, : len(ids[row])].clone()
    return States(found)


def _run_shared(model: Any, ids: Sequence[Sequence[int]]) -> "torch.Tensor":
    longest = max(map(len, ids))
    padded = torch.zeros(len(ids), longest, dtype=torch.long)
    mask = torch.zeros(len(ids), longest, dtype=torch.bool)
    for place, tokens in enumerate(ids):
        padded[place, : len(tokens)] = torch.tensor(tokens)
        mask[place, : len(tokens)] = True
    states = model.embeddings(input_ids=padded)
    for layer in model.encoder.layer[:SHARED_LAYERS]:
        states = layer(states, mask[:, None, None, :])
    return states


def _chunks(order: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(order), _AT_ONCE):
        yield order[start : start + _AT_ONCE]
