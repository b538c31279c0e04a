"""In which order rows are seen: drawn anew in each epoch, by seed and epoch alone, so that a resumed run keeps it."""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportMissingTypeArgument=false

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

_SORTED_TOGETHER = 12
"""Batches among which rows are sorted by length: less padding, and still another company in each epoch."""


class EpochOrder(Sampler[int]):
    """Rows in batches of like length, the batches in a random order."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        """`lengths` of all rows; `batch` is how many rows are seen at once."""
        self._lengths, self._batch, self._seed = np.asarray(lengths), batch, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self._seed, self.epoch])
        order = rng.permutation(len(self._lengths))
        batches: list[list[int]] = []
        for start in range(0, len(order), self._batch * _SORTED_TOGETHER):
            some = order[start : start + self._batch * _SORTED_TOGETHER]
            alike = some[np.argsort(self._lengths[some], kind="stable")].tolist()
            batches.extend(alike[first : first + self._batch] for first in range(0, len(alike), self._batch))
        # A batch that is not full stays the last, or those after it would be cut in other places.
        last = [batches.pop()] if len(batches[-1]) < self._batch else []
        for place in rng.permutation(len(batches)):
            yield from batches[place]
        for rest in last:
            yield from rest
