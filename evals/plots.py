"""Pictures of what was measured. They need matplotlib, which comes with the evals extra."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ConfigurationError

_INCHES_PER_LABEL = 0.22
_SMALLEST = 5.0
_LEAST_SHOWN = 0.005
"""Shares that would be rounded to no percent are left blank."""


def draw_confusion(truth: Sequence[str], predicted: Sequence[str], path: Path) -> Path:
    """The confusion matrix as a PNG at `path`: rows are the truth and add up to 1, a cell is the share of its cases.

    Raises:
        ConfigurationError: matplotlib is missing.
    """
    figure_class = _figure_class()
    labels = sorted({*truth, *predicted})
    shares = _shares(truth, predicted, labels)
    side = max(_SMALLEST, _INCHES_PER_LABEL * len(labels) + 2)
    figure = figure_class(figsize=(side + 1, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    size = 6 if len(labels) > 10 else 9
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=size)
    axes.set_yticks(range(len(labels)), labels, fontsize=size)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    for row, column in zip(*np.nonzero(shares >= _LEAST_SHOWN), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(
            column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", fontsize=size, color=colour
        )
    figure.colorbar(image, shrink=0.6)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path


def _shares(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> Any:
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)))
    for is_label, taken_for in zip(truth, predicted, strict=True):
        counts[place[is_label], place[taken_for]] += 1
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _figure_class() -> Any:
    try:
        # Here, because the base installation has no matplotlib.
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError("Pictures need matplotlib: pip install 'tellergraph[evals]'.") from error
    return Figure
