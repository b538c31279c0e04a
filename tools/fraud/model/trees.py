"""Gradient-boosted trees as arrays, read without the library that grew them.

A sum of log-odds over trees, then a monotone calibration. What each feature contributed is read off the paths: at each
split the expected value changes, and the change belongs to the feature that was split on (Saabas 2014, "Interpreting
random forests"). The contributions and the base add up to the log-odds exactly.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]
Indices = NDArray[np.intp]

FORMAT = 1
_ROWS = 16_384
"""Of a batch that are scored at once: what they need stays in the processor's cache."""


@dataclass(frozen=True)
class _Flat:
    """The same, one tree after the other: what is looked up by one number is looked up faster."""

    roots: Indices
    feature: Indices
    threshold: Rows
    nan_left: NDArray[np.bool_]
    children: Indices
    """Of node n: right at 2n, left at 2n + 1."""


@dataclass(frozen=True)
class _Splits:
    """The same for one row: nodes that ask something come first, so that all of them are asked at once."""

    feature: Indices
    threshold: Rows
    nan_left: NDArray[np.bool_]
    left: Indices
    right: Indices
    leaves: Indices
    roots: Indices
    node: Indices
    """Which of its tree each one is."""


@dataclass(frozen=True)
class Trees:
    """Arrays of shape (trees, nodes); node 0 is the root, a leaf is its own child, rows are filled up with leaves."""

    names: tuple[str, ...]
    feature: Indices
    threshold: Rows
    """To the left goes what is not greater."""
    nan_left: NDArray[np.bool_]
    left: Indices
    right: Indices
    value: Rows
    """Expected log-odds of what reaches the node, of this tree alone; at a leaf what it says."""
    depth: int
    calibration: Floats
    """Shape (2, points): log-odds of the trees, and of the calibrated probability, between which lines are drawn."""

    def leaves(self, rows: Rows) -> Indices:
        """Shape (rows, trees): where each row of shape (rows, features) ends in each tree."""
        flat = self._flat
        cells = np.ascontiguousarray(rows).ravel()
        row = (np.arange(len(rows)) * rows.shape[1])[:, None]
        node: Indices = np.broadcast_to(flat.roots, (len(rows), len(flat.roots)))
        for _ in range(self.depth):
            cell: Indices = row + flat.feature.take(node)
            value: Rows = cells.take(cell)
            goes_left = np.less_equal(value, flat.threshold.take(node))
            goes_left |= np.isnan(value) & flat.nan_left.take(node)
            node = flat.children.take(2 * node + goes_left)
        return node - flat.roots

    def leaves_of_one(self, row: Rows) -> Indices:
        """Shape (trees,): the same for a single row of shape (features,), in a third of the time."""
        splits = self._splits
        value: Rows = row.take(splits.feature)
        goes_left = np.less_equal(value, splits.threshold)
        goes_left |= np.isnan(value) & splits.nan_left
        follows: Indices = np.concatenate((np.where(goes_left, splits.left, splits.right), splits.leaves))
        place = splits.roots
        for _ in range(self.depth):
            place = follows.take(place)
        return splits.node.take(place)

    def log_odds(self, rows: Rows) -> Floats:
        """Shape (rows,), not calibrated."""
        tree = np.arange(len(self.feature))
        found = np.zeros(len(rows))
        for start in range(0, len(rows), _ROWS):
            part = slice(start, start + _ROWS)
            found[part] = self.value[tree, self.leaves(rows[part])].sum(axis=1)
        return found

    def probabilities(self, log_odds: Floats) -> Floats:
        said = np.asarray(np.interp(log_odds, self.calibration[0], self.calibration[1]), dtype=np.float64)
        return 1 / (1 + np.exp(-said))

    def contributions(self, leaves: Indices) -> Rows:
        """Shape (features,) for the leaves of one row: log-odds for (positive) and against fraud."""
        return self._spoken[np.arange(len(leaves)), leaves].sum(axis=0)

    @cached_property
    def _flat(self) -> "_Flat":
        trees, nodes = int(self.feature.shape[0]), int(self.feature.shape[1])
        roots: Indices = np.arange(0, trees * nodes, nodes, dtype=np.intp)
        children: Indices = np.stack([self.right, self.left], axis=2) + roots[:, None, None]
        return _Flat(
            roots, self.feature.ravel().astype(np.intp), self.threshold.ravel(), self.nan_left.ravel(), children.ravel()
        )

    @cached_property
    def _splits(self) -> "_Splits":
        flat, nodes = self._flat, self.feature.shape[1]
        left: Indices = flat.children[1::2]
        # A leaf is its own child.
        asks = left != np.arange(len(left))
        order: Indices = np.concatenate((np.flatnonzero(asks), np.flatnonzero(~asks)))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        count = int(asks.sum())
        split = order[:count]
        return _Splits(
            feature=flat.feature[split],
            threshold=flat.threshold[split],
            nan_left=flat.nan_left[split],
            left=place[left[split]],
            right=place[flat.children[::2][split]],
            leaves=place[order[count:]],
            roots=place[flat.roots],
            node=order % nodes,
        )

    @cached_property
    def _spoken(self) -> Rows:
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
