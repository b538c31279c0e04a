"""Collects what the seam of observations (core/telemetry/observing.py) tells of a turn. A turn is made into spans when
it is over: until then nothing is computed for them, and what the bank knows of the customer, which masking needs, is
known by then.

What happens outside of a turn, such as a tool that is called over REST, is no part of a conversation and not collected.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import time_ns
from typing import Protocol

from core.telemetry.observing import Fact, Facts, Kind, Running


@dataclass(slots=True, eq=False)
class Record:
    """One observation of a turn, with those inside it."""

    kind: Kind
    name: str
    facts: dict[str, Fact]
    began: int
    """Nanoseconds since the epoch."""
    hand_over: "Callable[[Record], None] | None" = None
    """Of a turn: who takes it when it is over."""
    ended: int = 0
    error: str | None = None
    """The class of the exception that ended it."""
    inner: "list[Record]" = field(default_factory=list["Record"])

    def note(self, facts: Facts) -> None:
        self.facts.update(facts)

    def end(self, error: str | None) -> None:
        self.ended, self.error = time_ns(), error
        if self.hand_over:
            self.hand_over(self)

    def all_of(self, kind: Kind) -> "Iterator[Record]":
        """Those of a kind inside it, in the order in which they began."""
        for each in self.inner:
            if each.kind is kind:
                yield each
            yield from each.all_of(kind)


class _Unwatched:
    """What belongs to no turn, or to one that is not sampled."""

    def note(self, facts: Facts) -> None: ...

    def end(self, error: str | None) -> None: ...


_UNWATCHED = _Unwatched()


class Taker(Protocol):
    """What becomes of it."""

    def wants(self, trace_id: str) -> bool:
        """Whether the turn is one of the sample."""
        ...

    def take(self, turn: Record) -> None:
        """A turn is over."""
        ...

    def judge(self, facts: Facts) -> None:
        """Somebody said what they thought of a turn."""
        ...


class LangfuseObserver:
    def __init__(self, taker: Taker) -> None:
        self._taker = taker

    def begin(self, kind: Kind, name: str, facts: Facts, parent: Running | None) -> Running:
        if kind is Kind.FEEDBACK:
            self._taker.judge(facts)
            return _UNWATCHED
        if kind is Kind.TURN:
            is_wanted = self._taker.wants(str(facts["turn"]))
            return Record(kind, name, dict(facts), time_ns(), self._taker.take) if is_wanted else _UNWATCHED
        if not isinstance(parent, Record):
            return _UNWATCHED
        record = Record(kind, name, dict(facts), time_ns())
        parent.inner.append(record)
        return record
