"""Gradient-boosted trees as arrays, read without the library that grew them.

A sum of log-odds over trees, then a monotone calibration. What each feature contributed is read off the paths: at each
split the expected value changes, and the change belongs to the feature that was split on (Saabas 2014, "Interpreting
random forests"). The contributions and the base add up to the log-odds exactly.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]
Indices = NDArray[np.intp]

FORMAT = 1
_ROWS = 16_384
"""Of a batch that are scored at once: what they need stays in the processor's cache."""


@dataclass(frozen=True)
class Trees:
    """Arrays of shape (trees, nodes); node 0 is the root, a leaf is its own child, rows are filled up with leaves."""

    names: tuple[str, ...]
    feature: Indices
    threshold: Floats
    """To the left goes what is not greater."""
    nan_left: NDArray[np.bool_]
    left: Indices
    right: Indices
    value: Floats
    """Expected log-odds of what reaches the node, of this tree alone; at a leaf what it says."""
    depth: int
    calibration: Floats
    """Shape (2, points): log-odds of the trees, and of the calibrated probability, between which lines are drawn."""

    def leaves(self, rows: Floats) -> Indices:
        """Shape (rows, trees): where each row of shape (rows, features) ends in each tree."""
        tree = np.arange(len(self.feature))
        row = np.arange(len(rows))[:, None]
        node = np.zeros((len(rows), len(tree)), dtype=np.intp)
        for _ in range(self.depth):
            value = rows[row, self.feature[tree, node]]
            goes_left = np.where(np.isnan(value), self.nan_left[tree, node], value <= self.threshold[tree, node])
            node = np.where(goes_left, self.left[tree, node], self.right[tree, node])
        return node

    def log_odds(self, rows: Floats) -> Floats:
        """Shape (rows,), not calibrated."""
        tree = np.arange(len(self.feature))
        found = np.zeros(len(rows))
        for start in range(0, len(rows), _ROWS):
            part = slice(start, start + _ROWS)
            found[part] = self.value[tree, self.leaves(rows[part])].sum(axis=1)
        return found

    def probabilities(self, log_odds: Floats) -> Floats:
        return 1 / (1 + np.exp(-np.interp(log_odds, self.calibration[0], self.calibration[1])))

    def contributions(self, leaves: Indices) -> Floats:
        """Shape (features,) for the leaves of one row: log-odds for (positive) and against fraud."""
        return self._spoken[np.arange(len(leaves)), leaves].sum(axis=0)

    @cached_property
    def _spoken(self) -> NDArray[np.float32]:
        """Shape (trees, nodes, features): what the path to a node says, by feature."""
        trees, nodes = self.feature.shape
        spoken = np.zeros((trees, nodes, len(self.names)), dtype=np.float32)
        for tree in range(trees):
            for node in range(nodes):
                for child in {self.left[tree, node], self.right[tree, node]} - {node}:
                    spoken[tree, child] = spoken[tree, node]
                    change = self.value[tree, child] - self.value[tree, node]
                    spoken[tree, child, self.feature[tree, node]] += change
        return spoken
