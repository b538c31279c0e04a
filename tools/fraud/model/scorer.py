"""Scores one event, or many, with a version of the model."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tools.fraud.features.shapes import NAMES, Features
from tools.fraud.model.trees import Floats, Rows, Trees
from tools.fraud.model.versions import MODELS_DIR, load_trees, read_promoted

_SAID = 5
"""Contributions that are told."""
_LEAST = 0.05
"""Log-odds below which a contribution is not worth a word."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature said. For staff: it names what was looked at."""

    feature: str
    value: float | None
    log_odds: float
    """Positive spoke for fraud."""
    words: str


@dataclass(frozen=True, slots=True)
class Score:
    probability: float
    contributions: tuple[Contribution, ...]
    """Largest first."""
    model: str


class Scorer:
    """A version of the model. Thread-safe; a score takes some hundred microseconds of CPU."""

    def __init__(self, model: str, trees: Trees) -> None:
        self.model = model
        self._trees = trees
        # The model may be older than the definitions.
        self._columns = np.array([NAMES.index(name) for name in trees.names])

    def score(self, features: Features) -> Score:
        vector = features.vector()[self._columns]
        leaves = self._trees.leaves(vector[None, :].astype(np.float32))[0]
        log_odds = self._trees.value[np.arange(len(leaves)), leaves].sum()
        probability = float(self._trees.probabilities(np.array([log_odds], dtype=np.float64))[0])
        return Score(probability, self._tell(vector, self._trees.contributions(leaves)), self.model)

    def probabilities(self, rows: Rows) -> Floats:
        """Of shape (rows, features), columns in the order of ``NAMES``, NaN for what is not known."""
        return self._trees.probabilities(self._trees.log_odds(rows[:, self._columns]))

    def _tell(self, vector: Floats, said: Rows) -> tuple[Contribution, ...]:
        largest = [int(at) for at in np.argsort(-np.abs(said))[:_SAID] if abs(said[at]) >= _LEAST]
        return tuple(_put(self._trees.names[at], float(vector[at]), float(said[at])) for at in largest)


@cache
def load_scorer(folder: Path = MODELS_DIR, model: str | None = None) -> Scorer:
    """The promoted version, or the one named; read once.

    Raises:
        ConfigurationError: there is none, or its files are damaged.
    """
    version = model or read_promoted(folder)
    return Scorer(version, load_trees(folder, version))


def _put(name: str, value: float, log_odds: float) -> Contribution:
    word = _words()[name]
    unknown = math.isnan(value)
    said = word["unknown"] if unknown else word["words"].format(value=value)
    return Contribution(name, None if unknown else value, round(log_odds, 4), said)


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((Path(__file__).parents[1] / "features" / "features.toml").read_text(encoding="utf-8"))
