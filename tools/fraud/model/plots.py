"""Pictures of an evaluation. Needs matplotlib (extra ``fraud``)."""

from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from tools.fraud.model.evaluation import Evaluation
from tools.fraud.model.metrics import calibration, precision_recall


def draw(found: Evaluation, folder: Path) -> list[Path]:
    """``precision_recall.png``, ``calibration.png`` and ``scores.png``; the folder is made.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    # Not in the base installation.
    try:
        import matplotlib as mpl  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError("To draw: pip install 'tellergraph[fraud]'.") from error
    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[Path] = []
    for name, drawer in (("precision_recall", _precision_recall), ("calibration", _calibration), ("scores", _scores)):
        figure, axes = plt.subplots(figsize=(6, 4.5), layout="constrained")
        drawer(axes, found)
        drawn.append(folder / f"{name}.png")
        figure.savefig(drawn[-1], dpi=120)
        plt.close(figure)
    return drawn


def _precision_recall(axes: Any, found: Evaluation) -> None:
    precision, recall = precision_recall(found.truth, found.probability)
    axes.plot(recall, precision)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title="Precision and recall")


def _calibration(axes: Any, found: Evaluation) -> None:
    bins = [(said, was) for _, said, was in calibration(found.truth, found.probability, 40) if said > 0 and was > 0]
    said, was = np.array(bins).T
    low = min(said.min(), was.min())
    axes.loglog([low, 1], [low, 1], color="grey", linewidth=0.8)
    axes.loglog(said, was, marker="o", linestyle="none")
    axes.set(xlabel="mean probability", ylabel="share of frauds", title="Calibration, bins of equally many events")


def _scores(axes: Any, found: Evaluation) -> None:
    edges = np.linspace(0, 1, 41).tolist()
    axes.hist(found.probability[~found.truth], edges, label="genuine", alpha=0.7)
    axes.hist(found.probability[found.truth], edges, label="fraud", alpha=0.7)
    axes.set(yscale="log", xlabel="probability", ylabel="events", title="Scores")
    axes.legend()
