"""Pictures of what was measured. They need matplotlib, which comes with the evals extra."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from evals.metrics import BINS, bins_of

_INCHES_PER_LABEL = 0.22
_SMALLEST = 5.0
_LEAST_SHOWN = 0.005
"""Shares that would be rounded to no percent are left blank."""
_HISTOGRAM_BINS = 40
_LONGEST_LABEL = 48
"""Characters."""


def draw_confusion(truth: Sequence[str], predicted: Sequence[str], path: Path) -> Path:
    """The confusion matrix as a PNG at `path`.

    Raises:
        ConfigurationError: matplotlib is missing.
    """
    figure = confusion_figure(truth, predicted)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path


def confusion_figure(truth: Sequence[str], predicted: Sequence[str]) -> Any:
    """Rows are the truth and add up to 1, a cell is the share of its cases. Raises ConfigurationError."""
    labels = sorted({*truth, *predicted})
    shares = _shares(truth, predicted, labels)
    side = max(_SMALLEST, _INCHES_PER_LABEL * len(labels) + 2)
    figure = make_figure(side + 1, side)
    axes = figure.add_subplot()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    size = 6 if len(labels) > 10 else 9
    shown = [" ".join(label.split())[:_LONGEST_LABEL] for label in labels]
    # Otherwise what stands between two dollar signs would be set as a formula.
    axes.set_xticks(range(len(labels)), shown, rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(range(len(labels)), shown, fontsize=size, parse_math=False)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    for row, column in zip(*np.nonzero(shares >= _LEAST_SHOWN), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(
            column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", fontsize=size, color=colour
        )
    figure.colorbar(image, shrink=0.6)
    return figure


def reliability_figure(came_true: Sequence[bool], confidences: Sequence[float]) -> Any:
    """Of the cases with about the same confidence, how many came true, beside how many there are. Raises
    ConfigurationError."""
    chosen = bins_of(confidences)
    counts = np.bincount(chosen, minlength=BINS)
    said = np.bincount(chosen, weights=np.asarray(confidences), minlength=BINS)
    was = np.bincount(chosen, weights=np.asarray(came_true, dtype=float), minlength=BINS)
    some = counts > 0
    figure = make_figure(_SMALLEST, _SMALLEST + 1)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot((0, 1), (0, 1), color="grey", linestyle="--", linewidth=1, label="as said")
    upper.plot(said[some] / counts[some], was[some] / counts[some], marker="o", color="#1f5fa8", label="as it came")
    upper.set(ylabel="share that came true", xlim=(0, 1), ylim=(0, 1.02))
    upper.legend(loc="upper left", frameon=False)
    lower.bar((np.arange(BINS) + 0.5) / BINS, counts, width=0.9 / BINS, color="#9db8d6")
    lower.set(xlabel="confidence", ylabel="cases", yscale="log" if counts.max() > 50 * counts[some].min() else "linear")
    return figure


def latency_figure(milliseconds: dict[str, Sequence[float]]) -> Any:
    """Histograms over a logarithmic axis, with the median and the 95th percentile. Raises ConfigurationError."""
    figure = make_figure(_SMALLEST + 2, _SMALLEST - 1.5)
    axes = figure.add_subplot()
    every = np.concatenate([np.asarray(times) for times in milliseconds.values()])
    low, high = max(float(every.min()), 1e-3), max(float(every.max()), 2e-3)
    edges = np.geomspace(low, max(high, low * 1.1), _HISTOGRAM_BINS + 1)
    for (name, times), colour in zip(milliseconds.items(), ("#1f5fa8", "#d98a29"), strict=False):
        p50, p95 = np.percentile(times, (50, 95))
        axes.hist(times, bins=edges, alpha=0.6, color=colour, label=f"{name}: p50 {p50:.1f}, p95 {p95:.1f}")
        axes.axvline(p50, color=colour, linewidth=1.2)
        axes.axvline(p95, color=colour, linewidth=1.2, linestyle=":")
    axes.set(xscale="log", xlabel="milliseconds", ylabel="cases")
    axes.legend(frameon=False)
    return figure


def _shares(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> Any:
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)))
    for is_label, taken_for in zip(truth, predicted, strict=True):
        counts[place[is_label], place[taken_for]] += 1
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def make_figure(width: float, height: float) -> Any:
    """Inches. Raises ConfigurationError."""
    try:
        # Here, because the base installation has no matplotlib.
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError("Pictures need matplotlib: pip install 'tellergraph[evals]'.") from error
    return Figure(figsize=(width, height), layout="constrained")
