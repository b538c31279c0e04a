"""Connection pools that survive a restart of the database."""

from collections.abc import Awaitable, Callable
from time import monotonic, perf_counter
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, AsyncCursor
from psycopg_pool import AsyncConnectionPool

from core.db.counts import POOL_IN_USE, POOL_SIZE, POOL_WAIT, POOL_WAITING

Connection = AsyncConnection[Any]

CURSORS: list[type[AsyncCursor[Any]]] = [AsyncCursor]
"""The last one is that of pools that are made from then on: traces put theirs here (core/telemetry)."""

_FRESH = 1.0
"""Seconds for which a connection that worked is lent again unasked. Asking each time costs three more round trips a
turn; after a restart of the database every connection is older than that."""

_GIVE_UP = 3.0
"""Seconds of growing pauses between attempts to connect before they start anew from short ones: after a long outage the
pool would otherwise notice the database's return late."""


class _CountedPool(AsyncConnectionPool[Connection]):
    """Tells what it has lent, and who waits."""

    async def open(self, wait: bool = False, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        if self.closed:
            POOL_SIZE.add(self.name, n=self.max_size)
        await super().open(wait, timeout)

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        if not self.closed:
            POOL_SIZE.add(self.name, n=-self.max_size)
        await super().close(timeout)

    async def getconn(self, timeout: float | None = None) -> Connection:  # noqa: ASYNC109
        started = perf_counter()
        POOL_WAITING.add(self.name, n=1)
        try:
            connection = await super().getconn(timeout)
        finally:
            POOL_WAITING.add(self.name, n=-1)
            POOL_WAIT.add(self.name, seconds=perf_counter() - started)
        POOL_IN_USE.add(self.name, n=1)
        return connection

    async def putconn(self, conn: Connection) -> None:
        POOL_IN_USE.add(self.name, n=-1)
        await super().putconn(conn)


def make_pool(
    conninfo: str,
    *,
    name: str,
    min_size: int,
    max_size: int,
    options: dict[str, Any] | None = None,
    configure: Callable[[Connection], Awaitable[None]] | None = None,
) -> AsyncConnectionPool[Connection]:
    """A closed pool of autocommit connections; who waits five seconds for one gets PoolTimeout.

    Args:
        name: that it is counted under.
    """
    asked: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    async def check(connection: Connection) -> None:
        now = monotonic()
        if now - asked.get(connection, 0.0) > _FRESH:
            await AsyncConnectionPool.check_connection(connection)
            asked[connection] = now

    return _CountedPool(
        conninfo,
        name=name,
        min_size=min_size,
        max_size=max_size,
        open=False,
        timeout=5,
        reconnect_timeout=_GIVE_UP,
        kwargs={"autocommit": True, "prepare_threshold": 0, "cursor_factory": CURSORS[-1]} | (options or {}),
        configure=configure,
        check=check,
    )
