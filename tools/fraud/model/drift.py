"""How far the world has moved from what a model was trained on: the population stability index (Siddiqi 2006).

Below 0.1 nothing has changed, above 0.25 the model should be looked at; by convention, not by a test.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.fraud.features.shapes import NAMES
from tools.fraud.model.versions import Metadata

WATCH, ACT = 0.1, 0.25
_LEAST = 1e-4
"""A share of none, so that its logarithm exists."""


@dataclass(frozen=True)
class Drift:
    model: str
    rows: int
    score: float
    features: dict[str, float]
    """Largest first."""

    def as_json(self) -> dict[str, Any]:
        moved = [name for name, index in self.features.items() if index > ACT]
        return {"model": self.model, "rows": self.rows, "score": self.score, "features": self.features, "moved": moved}


def deciles(values: NDArray[Any]) -> list[float]:
    """Inner edges of ten parts of what is known, without doubles."""
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    return [float(edge) for edge in np.unique(np.quantile(known, np.linspace(0.1, 0.9, 9), method="lower"))]


def spread(values: NDArray[Any], edges: list[float]) -> list[float]:
    """Shares of the values up to each edge, above the last, and not known."""
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(np.array(edges), known, side="left"), minlength=len(edges) + 1)
    return [float(count / len(values)) for count in [*counts, len(values) - len(known)]]


def stability_index(expected: list[float], found: list[float]) -> float:
    was, is_now = (np.maximum(np.array(shares), _LEAST) for shares in (expected, found))
    return float(np.sum((is_now - was) * np.log(is_now / was)))


def measure_drift(metadata: Metadata, rows: NDArray[Any], scores: NDArray[Any]) -> Drift:
    """Of rows of shape (events, ``NAMES``) and their scores against what the version was trained on."""
    found = {
        name: stability_index(metadata.shares[name], spread(rows[:, at].astype(np.float32), metadata.edges[name]))
        for at, name in enumerate(NAMES)
        if name in metadata.edges
    }
    score = stability_index(metadata.score_shares, spread(scores, metadata.score_edges))
    ordered = dict(sorted(found.items(), key=lambda one: -one[1]))
    return Drift(metadata.version, len(rows), score, ordered)
