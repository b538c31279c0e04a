"""What waits between two requests of somebody who is logging in: in Redis, for minutes, under a random handle that is
itself not stored. Taking it is atomic: of two requests with one handle a single one gets it."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Literal

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.errors import Unavailable

Kind = Literal["second-factor", "oidc-state", "oidc-outcome", "oidc-ticket"]


class Handles:
    """One kind of what waits."""

    def __init__(self, redis: Redis, kind: Kind, ttl: timedelta) -> None:
        self._redis = redis
        self._kind = kind
        self.ttl = ttl

    async def keep(self, content: dict[str, Any]) -> str:
        """The handle, 256 bits.

        Raises:
            Unavailable: Redis is not there; nobody is let in by a way that cannot be checked.
        """
        handle = secrets.token_urlsafe(32)
        try:
            await self._redis.set(self._key(handle), orjson.dumps(content), ex=self.ttl)
        except RedisError as error:
            raise _unavailable() from error
        return handle

    async def put_back(self, handle: str, content: dict[str, Any]) -> None:
        """What was taken and did not lead anywhere: it may be tried once more, for as long again."""
        try:
            await self._redis.set(self._key(handle), orjson.dumps(content), ex=self.ttl)
        except RedisError as error:
            raise _unavailable() from error

    async def find(self, handle: str) -> dict[str, Any] | None:
        """None for one that is over, was taken, or never was."""
        try:
            return _read(await self._redis.get(self._key(handle)))
        except RedisError as error:
            raise _unavailable() from error

    async def take(self, handle: str) -> dict[str, Any] | None:
        """As ``find``, and it is over now."""
        try:
            return _read(await self._redis.getdel(self._key(handle)))
        except RedisError as error:
            raise _unavailable() from error

    def _key(self, handle: str) -> str:
        return f"login:{self._kind}:{hashlib.sha256(handle.encode(errors='replace')).hexdigest()}"


def _read(kept: bytes | str | None) -> dict[str, Any] | None:
    return None if kept is None else orjson.loads(kept)


def _unavailable() -> Unavailable:
    return Unavailable("Logging in is not possible just now. Please try again in a moment.")
