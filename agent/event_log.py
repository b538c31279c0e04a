"""A turn's events in a Redis stream: written once, by the worker that runs the turn, and read by any worker for as many
readers as come, from any event on. Ids are dense: 1, 2, 3, ...
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.events import ENDINGS, Event, Token
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


class EventLog:
    def __init__(self, redis: Redis, ttl: timedelta) -> None:
        self._redis = redis
        self._ttl = int(ttl.total_seconds())

    async def append(self, turn_id: UUID, first_id: int, events: list[Event]) -> None:
        key = _key(turn_id)
        pipeline = self._redis.pipeline(transaction=False)
        for number, event in enumerate(events, start=first_id):
            pipeline.xadd(key, {"name": event.event, "data": event.data()}, id=f"{number}-0")
        if first_id == 1 or events[-1].event in ENDINGS:
            pipeline.expire(key, self._ttl)
        await pipeline.execute()

    async def read(self, turn_id: UUID, after: int, wait: timedelta) -> list[LoggedEvent]:
        """The events after ``after``; waits up to ``wait`` for one, then gives none."""
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
        self._task = asyncio.create_task(self._write(), name="publish")

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
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), _GATHER)
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
    """The events after ``after`` until the ending; None each time that ``wait`` passes without one."""
    while True:
        events = await log.read(turn_id, after, wait)
        if not events:
            yield None
        for event in events:
            after = event.id
            yield event
            if event.name in ENDINGS:
                return


def _key(turn_id: UUID) -> str:
    return f"turn:{turn_id}:events"
