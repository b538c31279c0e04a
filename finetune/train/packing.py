"""Several chats in one row of tokens, so that little of a batch is padding; none sees another.

What keeps them apart are the positions, which begin anew with each chat: Transformers makes its attention mask block by
block from positions that jump, where no other mask is given (`find_packed_sequence_indices`; with sdpa and eager
attention, which is why the bases are loaded with sdpa). Padding is a block of its own and has no label.
"""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import torch

from finetune.train.chats import IGNORED, Chat

Packed = tuple[Chat, ...]


@dataclass(frozen=True, slots=True)
class Chats(torch.utils.data.Dataset[Packed]):
    rows: Sequence[Packed]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: int) -> Packed:
        return self.rows[row]

    def lengths(self) -> list[int]:
        """Tokens of each row."""
        return [sum(len(chat.ids) for chat in row) for row in self.rows]


def pack(chats: Sequence[Chat], max_tokens: int) -> Chats:
    """Best fit, the longest first: each row has at most `max_tokens`."""
    rows: list[list[Chat]] = []
    free: list[tuple[int, int]] = []
    for chat in sorted(chats, key=lambda chat: -len(chat.ids)):
        place = bisect_left(free, (len(chat.ids), 0))
        left, row = free.pop(place) if place < len(free) else (max_tokens, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(chat)
        insort(free, (left - len(chat.ids), row))
    return Chats([tuple(row) for row in rows])


def leave_apart(chats: Sequence[Chat]) -> Chats:
    return Chats([(chat,) for chat in chats])


@dataclass(frozen=True, slots=True)
class JoinChats:
    """Makes a batch of rows of `Chats`."""

    pad: int

    def __call__(self, rows: Sequence[Packed]) -> dict[str, "torch.Tensor"]:
        lengths = [sum(len(chat.ids) for chat in row) for row in rows]
        shape = (len(rows), max(lengths))
        batch = {
            "input_ids": torch.full(shape, self.pad),
            "position_ids": torch.zeros(shape, dtype=torch.long),
            "labels": torch.full(shape, IGNORED),
        }
        for place, (row, tokens) in enumerate(zip(rows, lengths, strict=True)):
            batch["input_ids"][place, :tokens] = _join(chat.ids for chat in row)
            batch["labels"][place, :tokens] = _join(chat.labels for chat in row)
            batch["position_ids"][place, :tokens] = _join(range(len(chat.ids)) for chat in row)
            padding = shape[1] - tokens
            batch["position_ids"][place, tokens:] = torch.arange(padding)
        return batch | {"tokens": torch.tensor(sum(lengths))}


def _join(parts: Iterable[Sequence[int]]) -> "torch.Tensor":
    return torch.tensor(list(chain.from_iterable(parts)))
