"""Route and intent from what the encoder saw: small networks with calibrated probabilities, in numpy.

Each network reads some of the encoder's views, and their logits are averaged: what the published and the tuned layers
get wrong differs. The networks tell apart more classes than there are intents (`finetune/corpus.py` says why). An
intent's probability is the sum over its classes and a route's the sum over its intents, so the two cannot contradict
each other: the route is decided first, and the intent is the likeliest of that route. The weights and their model card
are in `heads/` beside.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from agent.understanding.intents import BANKING77_INTENTS, INTENT_ROUTES, Route
from core.errors import ConfigurationError
from knowledge.embed import Vectors

HEADS_DIR = Path(__file__).parent / "heads"
WEIGHTS_FILE = "heads.npz"
CLASSES_FILE = "classes.json"
NETWORK_PARTS = ("hidden.weight", "hidden.bias", "output.weight", "output.bias")
"""Arrays of a network in the weights file, after its number and a dot."""

Floats = npt.NDArray[np.float32]

_TOP = 5
_TASKS = frozenset({Route.OPERATION, Route.FRAUD, Route.HANDOFF})
_OURS = _TASKS | {Route.KNOWLEDGE}
_WORTH_OF_TASK = 0.5


@dataclass(frozen=True, slots=True)
class Understanding:
    route: Route
    route_confidence: float
    """Probability of the route."""
    intent: str
    """The likeliest intent of that route."""
    intent_confidence: float
    """Probability of the intent, at most `route_confidence`."""
    intents: tuple[tuple[str, float], ...]
    """The likeliest five of all intents with their probabilities, best first."""
    topics: tuple[tuple[str, float], ...]
    """What an article that answers may be about, best first: intents and what naming them is worth, about their
    probability. A task is worth half as much, and is shared among the 77 questions as if it were one of them: who asks
    for a card to be frozen is helped by what to do about a stolen one."""
    routes: tuple[tuple[Route, float], ...]
    """All routes with their probabilities, best first."""

    @property
    def ours(self) -> float:
        return add_ours(self.routes)


def add_ours(routes: tuple[tuple[Route, float], ...]) -> float:
    """Probability that it is the bank's business at all, from those of the routes."""
    return sum(probability for route, probability in routes if route in _OURS)


@dataclass(frozen=True, slots=True)
class Network:
    """One hidden layer over the views from `start` to `end`."""

    start: int
    end: int
    hidden_weight: Floats
    hidden_bias: Floats
    output_weight: Floats
    output_bias: Floats

    @property
    def parts(self) -> tuple[Floats, ...]:
        """The arrays in the order of `NETWORK_PARTS`."""
        return self.hidden_weight, self.hidden_bias, self.output_weight, self.output_bias

    def logits(self, views: Vectors) -> Floats:
        hidden = np.maximum(_multiply(self.hidden_weight, views[self.start : self.end]) + self.hidden_bias, 0.0)
        return _multiply(self.output_weight, hidden) + self.output_bias


class Heads:
    """Threads may share one; nothing is changed after loading."""

    def __init__(self, networks: Sequence[Network], classes: dict[str, Any]) -> None:
        self._networks = networks
        self._width = max(network.end for network in networks)
        self._temperature: float = classes["temperature"]
        self._banking77_temperature: float = classes["banking77_temperature"]
        self._intents = tuple(INTENT_ROUTES)
        self._routes = tuple(Route)
        intents: list[str] = classes["intents"]
        self._intent_of_class = np.array([self._intents.index(intent) for intent in intents])
        self._route_of_intent = np.array([self._routes.index(INTENT_ROUTES[intent]) for intent in self._intents])
        names: list[str] = classes["classes"]
        self._banking77_classes = np.array([names.index(label) for label in BANKING77_INTENTS])
        self._banking77_intents = np.array([self._intents.index(label) for label in BANKING77_INTENTS])
        self._is_task = np.array([INTENT_ROUTES[intent] in _TASKS for intent in self._intents])

    @classmethod
    def load(cls, directory: Path = HEADS_DIR) -> "Heads":
        """The heads in `directory`.

        Raises:
            ConfigurationError: the files are missing, damaged or do not fit the intents of this version.
        """
        try:
            classes = json.loads((directory / CLASSES_FILE).read_text(encoding="utf-8"))
            with np.load(directory / WEIGHTS_FILE) as archive:
                arrays = {name: archive[name].astype(np.float32) for name in archive.files}
            heads = cls(list(_read_networks(arrays, classes["views"])), classes)
            heads.predict(np.zeros(heads._width, dtype=np.float32))
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ConfigurationError(f"The heads in {directory} cannot be used: {error}") from error
        return heads

    def predict(self, views: Vectors) -> Understanding:
        """What a message wants, from the encoder's views of it; about 0.3 ms."""
        logits = self._logits(views)
        by_class = _softmax(logits / self._temperature)
        by_intent = np.bincount(self._intent_of_class, by_class, minlength=len(self._intents))
        by_route = np.bincount(self._route_of_intent, by_intent, minlength=len(self._routes))
        route = int(by_route.argmax())
        intent = int(np.where(self._route_of_intent == route, by_intent, -1.0).argmax())
        return Understanding(
            route=self._routes[route],
            route_confidence=float(by_route[route]),
            intent=self._intents[intent],
            intent_confidence=float(by_intent[intent]),
            intents=self._likeliest(by_intent),
            topics=self._likeliest(self._worth(by_intent, self._as_banking77(logits))),
            routes=tuple((self._routes[i], float(by_route[i])) for i in _rank(by_route)),
        )

    def predict_banking77(self, views: Vectors) -> tuple[str, float]:
        """The likeliest of the 77 labels and its probability among them, for text known to be a BANKING77 question."""
        probabilities = self._as_banking77(self._logits(views))
        best = int(probabilities.argmax())
        return BANKING77_INTENTS[best], float(probabilities[best])

    def _as_banking77(self, logits: Floats) -> Floats:
        """Probabilities of the 77 labels, were it one of them."""
        return _softmax(logits[self._banking77_classes] / self._banking77_temperature)

    def _worth(self, by_intent: npt.NDArray[Any], by_label: Floats) -> npt.NDArray[Any]:
        """Of each intent to whoever looks for an article."""
        tasks = by_intent * self._is_task
        worth = by_intent - (1 - _WORTH_OF_TASK) * tasks
        worth[self._banking77_intents] += tasks.sum() * by_label
        return worth

    def _likeliest(self, by_intent: npt.NDArray[Any]) -> tuple[tuple[str, float], ...]:
        return tuple((self._intents[i], float(by_intent[i])) for i in _rank(by_intent)[:_TOP])

    def _logits(self, views: Vectors) -> Floats:
        if len(views) < self._width:
            raise ValueError(f"The heads read {self._width} numbers, not {len(views)}.")
        return average_logits(self._networks, views)


def average_logits(networks: Sequence[Network], views: Vectors) -> Floats:
    """The networks' opinion of one text, [classes]."""
    return np.mean([network.logits(views) for network in networks], axis=0)


def _read_networks(arrays: dict[str, Floats], spans: list[list[int]]) -> Iterator[Network]:
    for number, (start, end) in enumerate(spans):
        yield Network(start, end, *(arrays[f"{number}.{part}"] for part in NETWORK_PARTS))


def _multiply(weight: Floats, vector: Floats) -> Floats:
    # Not `@`: BLAS parts so small a product among threads, which on busy cores wait for each other far longer.
    return np.einsum("ij,j->i", weight, vector)


def _rank(values: npt.NDArray[Any]) -> list[int]:
    return np.argsort(-values).tolist()


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()
