"""The one seam between what the product does and those who watch it. Turns, nodes, tools, requests to models,
retrievals and guards are observed in the one place that each of them passes; OpenTelemetry and Langfuse are observers.

Facts are values of the product's own vocabulary: route, intent, names of tools and models, counts, milliseconds,
digests of prompts. A text of a customer or a model may only be a fact whose name ends in ``_text``: an observer leaves
those out unless it masks them. A fact that costs something is a function, which only an observer calls who wants it;
``told`` does both.

An observer may fail; what it observes goes on as if nobody had looked.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from enum import StrEnum
from types import TracebackType
from typing import Protocol

from core.telemetry.seldom import Seldom

Plain = str | int | float | bool | tuple[str, ...]
Fact = Plain | None | Callable[[], Plain | None]
"""None: not known, and not told."""
Facts = Mapping[str, Fact]

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
    """The facts that are known, with what the functions among them give; without texts unless they are wanted."""
    plain = {
        name: fact() if callable(fact) else fact for name, fact in facts.items() if texts or not name.endswith("_text")
    }
    return {name: fact for name, fact in plain.items() if fact is not None}


class Running(Protocol):
    """What an observer keeps of something that is going on."""

    def note(self, facts: Facts) -> None: ...

    def end(self, error: str | None) -> None:
        """``error``: the class of the exception that ended it."""
        ...


class Observer(Protocol):
    def begin(self, kind: Kind, name: str, facts: Facts, parent: Running | None) -> Running:
        """``parent``: what this observer gave for whatever this happens in, if for anything."""
        ...


class Observation:
    """Something that is being observed, from ``with`` to its end in the same task."""

    __slots__ = ("_before", "_facts", "_running", "kind", "name")

    def __init__(self, kind: Kind, name: str, facts: Facts) -> None:
        self.kind = kind
        self.name = name
        self._facts = facts
        self._running: dict[Observer, Running] = {}
        self._before: Token[Observation | None] | None = None

    def __enter__(self) -> "Observation":
        parent = _current.get()
        self._before = _current.set(self)
        for observer in _observers:
            above = parent.running_of(observer) if parent else None
            try:
                self._running[observer] = observer.begin(self.kind, self.name, self._facts, above)
            except Exception as error:
                _lament(observer, error)
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _stack: TracebackType | None) -> None:
        self.end(kind.__name__ if kind else None)
        if self._before:
            _current.reset(self._before)

    def note(self, **facts: Fact) -> None:
        """More facts, which come while it is going on."""
        for observer, running in self._running.items():
            try:
                running.note(facts)
            except Exception as error:
                _lament(observer, error)

    def end(self, error: str | None = None) -> None:
        """Ends it before it is left: what leaves it afterwards is no failure of it."""
        # In the opposite order, as contexts that were attached have to be detached.
        while self._running:
            observer, running = self._running.popitem()
            try:
                running.end(error)
            except Exception as fault:
                _lament(observer, fault)

    def running_of(self, observer: Observer) -> Running | None:
        return self._running.get(observer)


class _Nothing(Observation):
    """Where nobody watches."""

    __slots__ = ()

    def __enter__(self) -> Observation:
        return self

    def __exit__(self, *_: object) -> None:
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
