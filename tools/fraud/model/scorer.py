"""Scores one event, or many, with a version of the model."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np

from tools.fraud.features.shapes import NAMES, put_in_words
from tools.fraud.model.trees import Floats, Indices, Rows, Trees
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


@dataclass(frozen=True)
class Score:
    probability: float
    model: str
    _tell: Callable[[], tuple[Contribution, ...]] = field(repr=False, compare=False)

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """Largest first."""
        return self._tell()


class Scorer:
    """A version of the model. Thread-safe; a score takes less than a hundred microseconds of CPU."""

    def __init__(self, model: str, trees: Trees) -> None:
        self.model = model
        self._trees = trees
        # The model may be older than the definitions.
        self._columns = np.array([NAMES.index(name) for name in trees.names])
        self._numbers = np.arange(len(trees.feature))

    def score(self, vector: Floats) -> Score:
        """Of one event, shape (features,), in the order of ``NAMES``, NaN for what is not known."""
        asked = vector[self._columns]
        leaves = self._trees.leaves_of_one(asked.astype(np.float32))
        log_odds = self._trees.value[self._numbers, leaves].sum()
        probability = float(self._trees.probabilities(log_odds))
        return Score(probability, self.model, partial(self._tell, asked, leaves))

    def probabilities(self, rows: Rows) -> Floats:
        """Of shape (rows, features), columns in the order of ``NAMES``, NaN for what is not known."""
        return self._trees.probabilities(self._trees.log_odds(rows[:, self._columns]))

    def _tell(self, vector: Floats, leaves: Indices) -> tuple[Contribution, ...]:
        said = self._trees.contributions(leaves)
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
    known = None if math.isnan(value) else value
    return Contribution(name, known, round(log_odds, 4), put_in_words(name, known))
