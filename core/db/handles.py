"""What a transaction is worked with. Readers get a ``ReadHandle``, writers a ``WriteHandle``."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Literal, LiteralString, TypeVar

from psycopg import AsyncConnection, AsyncCursor, sql
from psycopg.rows import class_row, dict_row

from core.db.counts import QUERIES
from core.db.flights import one_flight
from core.errors import NotFound

Row = TypeVar("Row")
Params = Mapping[str, Any]


@contextmanager
def timed(kind: Literal["fetch", "ask", "run", "read", "write"]) -> Generator[None]:
    """What the database refuses took its time as well."""
    started = perf_counter()
    try:
        yield
    finally:
        QUERIES.add(kind, seconds=perf_counter() - started)


def _one(rows: list[Row]) -> Row:
    if not rows:
        raise NotFound("There is nothing here under that id.")
    return rows[0]


class ReadHandle:
    """Queries of one transaction, which begins with the first of them. Dataclass rows: the columns must be the class's
    fields."""

    def __init__(self, connection: AsyncConnection[Any], begin: Callable[[], Awaitable[None]]) -> None:
        self._connection = connection
        self._begin = begin
        self.has_begun = False

    async def _execute(self, cursor: AsyncCursor[Any], query: LiteralString, params: Params | None) -> None:
        """The first one travels with what opens the transaction."""
        if self.has_begun:
            await cursor.execute(query, params)
            return
        self.has_begun = True
        async with one_flight(self._connection):
            await self._begin()
            await cursor.execute(query, params)

    async def all(self, row: type[Row], query: LiteralString, params: Params | None = None) -> list[Row]:
        async with self._connection.cursor(row_factory=class_row(row)) as cursor:
            with timed("read"):
                await self._execute(cursor, query, params)
            return await cursor.fetchall()

    async def find(self, row: type[Row], query: LiteralString, params: Params | None = None) -> Row | None:
        rows = await self.all(row, query, params)
        return rows[0] if rows else None

    async def get(self, row: type[Row], query: LiteralString, params: Params | None = None) -> Row:
        """Raises NotFound: "not yours" and "not there" look the same."""
        return _one(await self.all(row, query, params))

    async def dicts(self, query: LiteralString, params: Params | None = None) -> list[dict[str, Any]]:
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            with timed("read"):
                await self._execute(cursor, query, params)
            return await cursor.fetchall()

    async def stream(self, query: LiteralString | sql.Composed, params: Params | None = None) -> AsyncGenerator[Any]:
        """The first column of each row, without holding all rows in memory."""
        if not self.has_begun:
            self.has_begun = True
            async with one_flight(self._connection):
                await self._begin()
        async with self._connection.cursor(name="streamed") as cursor:
            await cursor.execute(query, params)
            async for row in cursor:
                yield row[0]


class WriteHandle(ReadHandle):
    """As ReadHandle, and may change what the role was granted."""

    async def execute(self, query: LiteralString, params: Params | None = None) -> int:
        """Returns the number of rows changed."""
        async with self._connection.cursor() as cursor:
            with timed("write"):
                await self._execute(cursor, query, params)
            return cursor.rowcount


Handle = TypeVar("Handle", bound=ReadHandle)
