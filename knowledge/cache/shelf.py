"""Redis as a shelf: what is put there is there for a while, or is not. Nothing here fails; a Redis that does not answer
is left alone for some seconds, so that nobody waits for it again and again.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from math import inf
from time import monotonic
from typing import Any, cast
from uuid import uuid4

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError

from core.logging import get_logger
from knowledge.cache.key import Key

_log = get_logger(__name__)

PATIENCE = timedelta(seconds=0.5)
"""For an answer of Redis."""
_CONNECTIONS = 16
_LEFT_ALONE = 5.0
"""Seconds after which a Redis that failed is asked again."""
_LOCKED = timedelta(seconds=10)
"""After this the lock of somebody who has died is gone; longer than any search takes."""

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
"""Only its owner's: it may have run out and be somebody else's."""


class Line:
    """Commands to a Redis, each on a connection of its own for as long as it takes.

    The client of redis-py would ask the same connections, and takes three times as long as they do: it looks at each
    before and measures each command. A hit is a good part of that.
    """

    def __init__(self, url: str, patience: timedelta) -> None:
        # Unbounded: who may ask at the same time is bounded by `_free`.
        self._pool = ConnectionPool.from_url(
            url, socket_connect_timeout=patience.total_seconds(), retry=Retry(NoBackoff(), 1)
        )
        self._idle: list[AbstractConnection] = []
        self._free = asyncio.Semaphore(_CONNECTIONS)

    async def ask(self, *command: str | bytes | int) -> object:
        """Redis's answer. One that has closed the connection is asked once more."""
        async with self._free:
            connection: AbstractConnection = self._idle.pop() if self._idle else self._pool.make_connection()

            try:
                try:
                    return await _exchange(connection, command)
                except ConnectionError:
                    await connection.disconnect()
                    return await _exchange(connection, command)
            finally:
                self._idle.append(connection)

    async def close(self) -> None:
        for connection in self._idle:
            await connection.disconnect()


async def _exchange(connection: AbstractConnection, command: Sequence[str | bytes | int]) -> object:
    await connection.send_command(*command)
    return cast("object", await connection.read_response())


class Shelf:
    def __init__(self, line: Line, ttl: timedelta, patience: timedelta, on_error: Callable[[str], None]) -> None:
        """Args:
        ttl: how long a value is kept; zero: there is no shelf.
        patience: for one answer of Redis.
        on_error: told the knowledge base whose value could not be had or put.
        """
        self._line = line
        self._ttl = ttl
        self._patience = patience.total_seconds()
        self._on_error = on_error
        self._asked_again_at = 0.0 if ttl else inf

    @property
    def answers(self) -> bool:
        return monotonic() >= self._asked_again_at

    async def get(self, key: Key) -> bytes | None:
        return await self._ask(key, "GET", key.entry)

    async def put(self, key: Key, value: bytes) -> None:
        await self._ask(key, "SET", key.entry, value, "PX", _milliseconds(self._ttl))

    async def drop(self, key: Key) -> None:
        await self._ask(key, "DEL", key.entry)

    async def lock(self, key: Key) -> str | None:
        """The lock's token; None if somebody else has it."""
        token = uuid4().hex
        taken = await self._ask(key, "SET", key.lock, token, "NX", "PX", _milliseconds(_LOCKED))
        return token if taken else None

    async def is_locked(self, key: Key) -> bool:
        return bool(await self._ask(key, "EXISTS", key.lock))

    async def release(self, key: Key, token: str) -> None:
        await self._ask(key, "EVAL", _RELEASE, 1, key.lock, token)

    async def _ask(self, key: Key, *command: str | bytes | int) -> Any:
        """None also if Redis does not answer."""
        if not self.answers:
            return None
        try:
            async with asyncio.timeout(self._patience):
                return await self._line.ask(*command)
        except (RedisError, OSError, TimeoutError) as error:
            self._asked_again_at = monotonic() + _LEFT_ALONE
            self._on_error(key.kb)
            _log.warning("cache_unavailable", kb=key.kb, reason=type(error).__name__)
            return None


def _milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)
