"""From scores of rows to figures. A row has a score or has none; a figure is the mean over those that have."""

from collections.abc import Mapping, Sequence

import numpy as np

from finetune.evaluate.results import Difference

Scores = Mapping[str, float]
"""Of one row, by metric; a metric that says nothing about the row is not there."""


def average(rows: Sequence[Scores]) -> tuple[dict[str, float], dict[str, float]]:
    """(means, their standard errors) by metric, in the order in which they occur."""
    values = {name: np.array([row[name] for row in rows if name in row]) for name in _names(rows)}
    means = {name: float(found.mean()) for name, found in values.items()}
    return means, {name: _standard_error(found) for name, found in values.items()}


def compare(rows: Sequence[Scores], others: Sequence[Scores]) -> dict[str, Difference]:
    """Of the same rows' scores, row by row: what is hard for both says nothing about which is better."""
    differences: dict[str, Difference] = {}
    for name in _names(rows):
        pairs = [
            row[name] - other[name] for row, other in zip(rows, others, strict=True) if {name} <= row.keys() & other
        ]
        if pairs:
            found = np.array(pairs)
            differences[name] = Difference(value=float(found.mean()), error=_standard_error(found))
    return differences


def _names(rows: Sequence[Scores]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _standard_error(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    return float(values.std() / np.sqrt(len(values)))
