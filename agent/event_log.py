"""A turn's events in a Redis stream: written once, by the worker that runs the turn, and read by any worker for as many
readers as come, from any event on. Ids are dense: 1, 2, 3, ...
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.events import ENDINGS, Event, Token
from core.errors import Unavailable
from core.logging import get_logger

_log = get_logger(__name__)

_URGENT = frozenset({Token.event, *ENDINGS})
_GATHER = 0.02
"""Seconds that an event may wait for company if it is not one that somebody waits for."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    id: int
    name: str
    data: str
    """JSON."""

    @classmethod
    def of(cls, number: int, event: Event) -> "LoggedEvent":
        return cls(number, event.event, event.data())


@dataclass(slots=True)
class _Written:
    """What Redis has of a turn that runs here."""

    events: list[LoggedEvent] = field(default_factory=list[LoggedEvent])
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once there is more, or nothing will come; another one takes its place then."""
    is_over: bool = False

    def grow(self, events: list[LoggedEvent]) -> None:
        self.events.extend(events)
        self.wake()

    def wake(self) -> None:
        self.grown.set()
        self.grown = asyncio.Event()

    async def wait(self, after: int, wait: timedelta) -> list[LoggedEvent]:
        if len(self.events) <= after and not self.is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await self.grown.wait()
        return self.events[after:]


class EventLog:
    def __init__(self, redis: Redis, ttl: timedelta) -> None:
        self._redis = redis
        self._ttl = int(ttl.total_seconds())
        self._here: dict[UUID, _Written] = {}
        """Readers in the process that runs the turn, which most are, need not ask Redis and hold no connection."""

    def begin(self, turn_id: UUID) -> None:
        """A turn that will be written by this process, from its first event on."""
        self._here[turn_id] = _Written()

    def end(self, turn_id: UUID) -> None:
        """Whoever comes later, or lacks something, asks Redis."""
        if written := self._here.pop(turn_id, None):
            written.is_over = True
            written.wake()

    async def append(self, turn_id: UUID, first_id: int, events: list[Event]) -> None:
        key, logged = _key(turn_id), [LoggedEvent.of(number, event) for number, event in enumerate(events, first_id)]
        pipeline = self._redis.pipeline(transaction=False)
        for event in logged:
            pipeline.xadd(key, {"name": event.name, "data": event.data}, id=f"{event.id}-0")
        if first_id == 1 or events[-1].event in ENDINGS:
            pipeline.expire(key, self._ttl)
        try:
            await pipeline.execute()
        except BaseException:
            self.end(turn_id)
            raise
        if written := self._here.get(turn_id):
            written.grow(logged)

    async def read(self, turn_id: UUID, after: int, wait: timedelta) -> list[LoggedEvent]:
        """The events after ``after``; waits up to ``wait`` for one, then gives none."""
        if (written := self._here.get(turn_id)) and (
            (events := await written.wait(after, wait)) or not written.is_over
        ):
            return events
        reply = await self._redis.xread({_key(turn_id): f"{after}-0"}, block=max(1, int(wait.total_seconds() * 1000)))
        streams = cast(list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]], reply or [])
        return [
            LoggedEvent(int(entry_id.partition(b"-")[0]), fields[b"name"].decode(), fields[b"data"].decode())
            for _, entries in streams
            for entry_id, fields in entries
        ]

    async def is_over(self, turn_id: UUID, after: int) -> bool:
        """Whether ``after`` is the number of the ending, or beyond it."""
        newest: Any = await self._redis.xrevrange(_key(turn_id), count=1)
        return any(
            fields[b"name"].decode() in ENDINGS and int(entry_id.partition(b"-")[0]) <= after
            for entry_id, fields in newest
        )

    async def delete(self, turn_ids: list[UUID]) -> None:
        if turn_ids:
            await self._redis.delete(*map(_key, turn_ids))


class Publisher:
    """Writes one turn's events in order. What is ready together goes out together; tokens that wait are joined.

    When Redis is gone the events are lost but the turn goes on: its outcome is in the database.
    """

    def __init__(self, log: EventLog, turn_id: UUID, told_as: str) -> None:
        """``told_as``: what logs call the turn."""
        self._log = log
        self._told_as = told_as
        self._turn_id = turn_id
        self._waiting: list[Event] = []
        self._written = 0
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        log.begin(turn_id)
        self._task = asyncio.create_task(self._write(), name="publish")
        self._task.add_done_callback(lambda _: log.end(turn_id))

    async def emit(self, event: Event) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, Token) and isinstance(last, Token):
            self._waiting[-1] = Token(text=last.text + event.text)
        else:
            self._waiting.append(event)
        self._wake.set()
        if event.event in _URGENT:
            self._urgent.set()

    async def finish(self) -> None:
        """Returns when the ending, which was emitted, is written."""
        await self._task

    async def _write(self) -> None:
        ended = False
        while not ended:
            await self._wake.wait()
            if not self._urgent.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_GATHER):
                        await self._urgent.wait()
            self._wake.clear()
            self._urgent.clear()
            batch, self._waiting = self._waiting, []
            ended = bool(batch) and batch[-1].event in ENDINGS
            try:
                await self._log.append(self._turn_id, self._written + 1, batch)
            except (RedisError, OSError) as error:
                _log.warning("events_lost", turn=self._told_as, count=len(batch), reason=type(error).__name__)
            self._written += len(batch)


async def follow(log: EventLog, turn_id: UUID, after: int, wait: timedelta) -> AsyncIterator[LoggedEvent | None]:
    """The events after ``after`` until the ending; None each time that ``wait`` passes without one.

    Raises:
        Unavailable: one in between is not there. Redis was away when it was to be written, or lost it.
    """
    while True:
        events = await log.read(turn_id, after, wait)
        if not events:
            yield None
        for event in events:
            if event.id != after + 1:
                raise Unavailable(f"Event {after + 1} of this turn was lost.")
            after = event.id
            yield event
            if event.name in ENDINGS:
                return


def _key(turn_id: UUID) -> str:
    return f"turn:{turn_id}:events"
