"""Redis as a shelf: what is put there is there for a while, or is not. Nothing here fails; a Redis that does not answer
is left alone for some seconds, so that nobody waits for it again and again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from math import inf
from time import monotonic
from typing import TypeVar, cast
from uuid import uuid4

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.logging import get_logger
from knowledge.cache.key import Key

_log = get_logger(__name__)

Answer = TypeVar("Answer")

PATIENCE = timedelta(seconds=0.5)
"""For an answer of Redis."""
_CONNECTIONS = 16
_LEFT_ALONE = 5.0
"""Seconds after which a Redis that failed is asked again."""
_LOCKED = timedelta(seconds=10)
"""After this the lock of somebody who has died is gone; longer than any search takes."""

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
"""Only its owner's: it may have run out and be somebody else's."""


def connect(url: str, patience: timedelta) -> Redis:
    """A client that would rather fail than keep anybody waiting."""
    seconds = patience.total_seconds()
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=seconds,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


class Shelf:
    def __init__(self, redis: Redis, ttl: timedelta, patience: timedelta, on_error: Callable[[str], None]) -> None:
        """Args:
        ttl: how long a value is kept; zero: there is no shelf.
        patience: for one answer of Redis.
        on_error: told the knowledge base whose value could not be had or put.
        """
        self._redis = redis
        self._ttl = ttl
        self._patience = patience.total_seconds()
        self._on_error = on_error
        self._asked_again_at = 0.0 if ttl else inf

    @property
    def answers(self) -> bool:
        return monotonic() >= self._asked_again_at

    async def get(self, key: Key) -> bytes | None:
        value = await self._ask(key, lambda: self._redis.get(key.entry))
        return value.encode() if isinstance(value, str) else value

    async def put(self, key: Key, value: bytes) -> None:
        await self._ask(key, lambda: self._redis.set(key.entry, value, px=self._ttl))

    async def drop(self, key: Key) -> None:
        await self._ask(key, lambda: self._redis.delete(key.entry))

    async def lock(self, key: Key) -> str | None:
        """The lock's token; None if somebody else has it."""
        token = uuid4().hex
        taken = await self._ask(key, lambda: self._redis.set(key.lock, token, nx=True, px=_LOCKED))
        return token if taken else None

    async def is_locked(self, key: Key) -> bool:
        return bool(await self._ask(key, lambda: self._redis.exists(key.lock)))

    async def release(self, key: Key, token: str) -> None:
        await self._ask(key, lambda: cast("Awaitable[object]", self._redis.eval(_RELEASE, 1, key.lock, token)))

    async def _ask(self, key: Key, question: Callable[[], Awaitable[Answer]]) -> Answer | None:
        if not self.answers:
            return None
        try:
            async with asyncio.timeout(self._patience):
                return await question()
        except (RedisError, OSError, TimeoutError) as error:
            self._asked_again_at = monotonic() + _LEFT_ALONE
            self._on_error(key.kb)
            _log.warning("cache_unavailable", kb=key.kb, reason=type(error).__name__)
            return None
