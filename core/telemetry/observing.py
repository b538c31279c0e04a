"""The one seam between what the product does and those who watch it. Turns, nodes, tools, requests to models,
retrievals and guards are observed in the one place that each of them passes; OpenTelemetry and Langfuse are observers.

Facts are values of the product's own vocabulary: route, intent, names of tools and models, counts, milliseconds,
digests of prompts. A text of a customer or a model may only be a fact whose name ends in ``_text``: an observer leaves
those out unless it masks them. A fact that costs something is a function, which only an observer calls who wants it;
``told`` does both.

An observer may fail; what it observes goes on as if nobody had looked.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from enum import StrEnum
from time import time_ns
from types import TracebackType
from typing import Any, Protocol

from core.telemetry.seldom import Seldom

Plain = str | int | float | bool | tuple[str, ...]
Fact = Plain | None | Callable[[], Plain | None]
"""None: not known, and not told."""
Facts = dict[str, Fact]

_failed = Seldom("observer_failed")


class Kind(StrEnum):
    TURN = "turn"
    NODE = "node"
    TOOL = "tool"
    MODEL = "model"
    RETRIEVAL = "retrieval"
    GUARD = "guard"
    """Its fact ``passed`` says whether it found nothing."""
    FEEDBACK = "feedback"
    """What somebody thought of a turn that is over."""


def told(facts: Facts, *, texts: bool = False) -> dict[str, Plain]:
    """The facts that are known, with what the functions among them give, each of which is asked once; without texts
    unless they are wanted."""
    plain: dict[str, Plain] = {}
    for name, fact in facts.items():
        if texts or not name.endswith("_text"):
            value = fact
            if callable(value):
                value = facts[name] = value()
            if value is not None:
                plain[name] = value
    return plain


class Observer(Protocol):
    def begin(self, observation: "Observation") -> Any:
        """Gives what it wants to have at the end."""
        ...

    def end(self, observation: "Observation", kept: Any) -> None: ...


class Observation:
    """Something that is being observed, from ``with`` to its end in the same task. Observers read it."""

    __slots__ = ("_before", "_watched", "began", "ended", "error", "facts", "inner", "kind", "name")
    is_watched = True

    def __init__(self, kind: Kind, name: str, facts: Facts) -> None:
        self.kind = kind
        self.name = name
        self.facts = facts
        self.began = time_ns()
        """Nanoseconds since the epoch."""
        self.ended = 0
        """As ``began``; 0: it has not."""
        self.error: str | None = None
        """The class of the exception that ended it."""
        self.inner: list[Observation] = []
        """What began in it before it ended, in order."""
        self._watched: list[tuple[Observer, Any]] = []
        self._before: Token[Observation | None] | None = None

    def __enter__(self) -> "Observation":
        above = _current.get()
        if above is not None and not above.ended:
            above.inner.append(self)
        self._before = _current.set(self)
        for observer in _observers:
            try:
                self._watched.append((observer, observer.begin(self)))
            except Exception as error:
                _lament(observer, error)
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _stack: TracebackType | None) -> None:
        self.end(kind.__name__ if kind else None)
        if self._before:
            _current.reset(self._before)
            # It knows the one above, which knows this one.
            self._before = None

    def note(self, **facts: Fact) -> None:
        """More facts, which come while it is going on."""
        if not self.ended:
            self.facts.update(facts)

    def end(self, error: str | None = None) -> None:
        """Ends it before it is left: what leaves it afterwards is no failure of it."""
        if self.ended:
            return
        self.ended, self.error = time_ns(), error
        # In the opposite order, as contexts that were attached have to be detached.
        while self._watched:
            observer, kept = self._watched.pop()
            try:
                observer.end(self, kept)
            except Exception as fault:
                _lament(observer, fault)

    def all_of(self, kind: Kind) -> "Iterator[Observation]":
        """Those of a kind inside it, in the order in which they began."""
        for each in self.inner:
            if each.kind is kind:
                yield each
            yield from each.all_of(kind)


class _Nothing(Observation):
    """Where nobody watches."""

    __slots__ = ()
    is_watched = False

    def __enter__(self) -> Observation:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, **facts: Fact) -> None:
        pass


_NOTHING = _Nothing(Kind.TURN, "", {})
_current: ContextVar[Observation | None] = ContextVar("observation", default=None)
_observers: tuple[Observer, ...] = ()


def set_observers(*observers: Observer) -> None:
    """At the start of a process; none at its end."""
    global _observers  # noqa: PLW0603 - the process has one seam, as it has one log
    _observers = observers


@contextmanager
def observed_by(observer: Observer) -> Generator[None]:
    """Beside those who watch already."""
    set_observers(*_observers, observer)
    try:
        yield
    finally:
        set_observers(*(each for each in _observers if each is not observer))


def observe(kind: Kind, name: str, **facts: Fact) -> Observation:
    """Around what is done: ``with observe(Kind.TOOL, "list_cards") as observation``. What leaves it as an exception
    failed, by its class; its text is told to nobody."""
    return Observation(kind, name, facts) if _observers else _NOTHING


def current_observation() -> Observation:
    """The one that this is done in, for facts that arise deeper than its ``with``."""
    return _current.get() or _NOTHING


def _lament(observer: Observer, error: Exception) -> None:
    _failed.warn(observer=type(observer).__name__, exc_info=error)
