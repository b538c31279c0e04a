"""Connection pools that survive a restart of the database."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[Any]

_FRESH = 1.0
"""Seconds for which a connection that worked is lent again unasked. Asking each time costs three more round trips a
turn; after a restart of the database every connection is older than that."""

_GIVE_UP = 3.0
"""Seconds of growing pauses between attempts to connect before they start anew from short ones: after a long outage the
pool would otherwise notice the database's return late."""


def make_pool(
    conninfo: str,
    *,
    min_size: int,
    max_size: int,
    options: dict[str, Any] | None = None,
    configure: Callable[[Connection], Awaitable[None]] | None = None,
) -> AsyncConnectionPool[Connection]:
    """A closed pool of autocommit connections; who waits five seconds for one gets PoolTimeout."""
    asked: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    async def check(connection: Connection) -> None:
        now = monotonic()
        if now - asked.get(connection, 0.0) > _FRESH:
            await AsyncConnectionPool.check_connection(connection)
            asked[connection] = now

    return AsyncConnectionPool(
        conninfo,
        min_size=min_size,
        max_size=max_size,
        open=False,
        timeout=5,
        reconnect_timeout=_GIVE_UP,
        kwargs={"autocommit": True, "prepare_threshold": 0} | (options or {}),
        configure=configure,
        check=check,
    )
