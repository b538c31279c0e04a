"""Units of work. Each is one transaction that first tells PostgreSQL for whom it works; row-level security does the
rest, so a query that forgets its WHERE still returns nothing of anybody else's.

Readers get a ``ReadHandle``, writers a ``WriteHandle``: a read-only tool cannot write by mistake (its transaction is
read-only as well).
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal, LiteralString, TypeVar
from uuid import UUID

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection, AsyncCursor, sql
from psycopg.pq import TransactionStatus
from psycopg.rows import class_row, dict_row

from core.db.company import Company
from core.db.counts import ERRORS, FAULTS, QUERIES
from core.db.flights import one_flight
from core.db.pool import make_pool
from core.db.refusals import translate
from core.errors import Contention, NotFound
from core.origin import ORIGIN

Row = TypeVar("Row")
Done = TypeVar("Done")
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a transaction works. Empty fields see nothing that needs them; ``staff_id`` makes it one of staff, which
    sees what the policies of tellergraph_staff show and nothing that a customer's would."""

    customer_id: UUID | None = None
    subject: str | None = None
    audiences: str | None = None
    login_email: str | None = None
    staff_id: UUID | None = None
    worker_id: UUID | None = None
    turn_id: UUID | None = None


NOBODY = Scope()

_NAMED = ("customer_id", "subject", "audiences", "login_email", "staff_id", "worker_id", "turn_id")
_ORIGIN = ("request_id", "ip", "user_agent", "session")
_SET_ALL: LiteralString = "select " + ", ".join(
    f"set_config('app.{name}', %({name})s, true)" for name in (*_NAMED, *_ORIGIN)
)
_READ_ONLY: LiteralString = "set_config('transaction_read_only', 'on', true)"
"""It cannot be taken back: PostgreSQL lets no transaction that has begun write again."""
_READING_ALL: LiteralString = f"{_SET_ALL}, {_READ_ONLY}"
_READING_FROM_HERE: LiteralString = f"select {_READ_ONLY}"


@contextmanager
def _timed(kind: Literal["fetch", "ask", "run", "read", "write"]) -> Generator[None]:
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
            with _timed("read"):
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
            with _timed("read"):
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
            with _timed("write"):
                await self._execute(cursor, query, params)
            return cursor.rowcount


Statement = tuple[LiteralString, Params]
Question = tuple[type[Row], LiteralString, Params]
Handle = TypeVar("Handle", bound=ReadHandle)


@dataclass(frozen=True, slots=True)
class _Asked:
    row: type[Any]
    query: LiteralString
    params: Params | None
    scope: Scope


_COMPANY: ContextVar[Company[_Asked] | None] = ContextVar("company", default=None)
_ATTEMPTS = 6
_PAUSE = 0.005
"""Seconds before the second attempt, at most; each further pause doubles."""


class Database:
    """The runtime role's pool.

    ``fetch``, ``run`` and ``run_and_ask`` are whole transactions in one round trip, for what is a single query, a fixed
    list of statements, or both; ``reading`` and ``writing`` are for work that decides between its statements. ``ask``
    is for the rare query that is asked so often that the scope's own statements would cost more than it does.
    """

    def __init__(self, conninfo: str, *, pool_size: int = 12, name: str = "app") -> None:
        """``name``: that its connections are counted under."""
        for kind in FAULTS:
            ERRORS.add(kind, n=0)
        least = min(4, pool_size)
        self._pool = make_pool(conninfo, name=name, min_size=least, max_size=pool_size, configure=_configure)

    async def open(self) -> None:
        await self._pool.open(wait=True, timeout=10)

    async def close(self) -> None:
        await self._pool.close()

    async def fetch(
        self,
        row: type[Row],
        query: LiteralString,
        params: Params | None = None,
        *,
        scope: Scope = NOBODY,
        first: Statement | None = None,
    ) -> list[Row]:
        """The rows of one query.

        Args:
            first: what is written about the reading, in the same transaction: both or neither.
        """
        # Staff take another role for the rest of a transaction, and so go alone.
        if first is None and scope.staff_id is None and (company := _COMPANY.get()) is not None:
            return await company.fetch(_Asked(row, query, params, scope))
        async with self._connection() as connection:
            cursor = connection.cursor(row_factory=class_row(row))
            with _timed("fetch"):
                async with one_flight(connection):
                    await _set(connection, scope, _SET_ALL if first else _READING_ALL)
                    if first:
                        await connection.execute(*first)
                        await _frame(connection, _READING_FROM_HERE)
                    await cursor.execute(query, params)
            return await cursor.fetchall()

    async def ask(self, row: type[Row], query: LiteralString, params: Params | None = None) -> list[Row]:
        """The rows of one query that needs no scope, or names its reader itself: sent alone, it is a transaction.

        Nothing but the role keeps it from writing.
        """
        async with self._connection() as connection:
            with _timed("ask"):
                cursor = await connection.cursor(row_factory=class_row(row)).execute(query, params)
            return await cursor.fetchall()

    async def run(self, *statements: Statement, scope: Scope = NOBODY) -> list[int]:
        """How many rows each statement changed."""
        async with self._connection() as connection:
            with _timed("run"):
                async with one_flight(connection):
                    await _set(connection, scope, _SET_ALL)
                    cursors = [await connection.execute(query, params) for query, params in statements]
            return [cursor.rowcount for cursor in cursors]

    async def run_and_ask(
        self, *statements: Statement, then: Question[Row], scope: Scope = NOBODY
    ) -> tuple[list[int], list[Row]]:
        """How many rows each statement changed, and the rows of a query after them: in one transaction and one round
        trip."""
        row, query, params = then
        async with self._connection() as connection:
            asked = connection.cursor(row_factory=class_row(row))
            with _timed("run"):
                async with one_flight(connection):
                    await _set(connection, scope, _SET_ALL)
                    cursors = [await connection.execute(*statement) for statement in statements]
                    await asked.execute(query, params)
            return [cursor.rowcount for cursor in cursors], await asked.fetchall()

    @contextmanager
    def in_company(self) -> Generator[None]:
        """What is fetched inside at the same time, in tasks that begin here, travels together."""
        company = _COMPANY.set(Company(self._fetch_all))
        try:
            yield
        finally:
            _COMPANY.reset(company)

    async def _fetch_all(self, asked: Sequence[_Asked]) -> list[list[Any]]:
        """The rows of several queries, each in its own scope, in one round trip."""
        async with self._connection() as connection:
            cursors: list[AsyncCursor[Any]] = []
            with _timed("fetch"):
                async with one_flight(connection):
                    scope = None
                    for each in asked:
                        if each.scope != scope:
                            await _set(connection, scope := each.scope, _READING_ALL)
                        cursors.append(connection.cursor(row_factory=class_row(each.row)))
                        await cursors[-1].execute(each.query, each.params)
            return [await cursor.fetchall() for cursor in cursors]

    @asynccontextmanager
    async def reading(self, scope: Scope = NOBODY) -> AsyncGenerator[ReadHandle]:
        async with self._transaction(ReadHandle, scope, "begin read only") as handle:
            yield handle

    @asynccontextmanager
    async def writing(self, scope: Scope = NOBODY) -> AsyncGenerator[WriteHandle]:
        async with self._transaction(WriteHandle, scope, "begin") as handle:
            yield handle

    async def transact(self, work: Callable[[WriteHandle], Awaitable[Done]], *, scope: Scope = NOBODY) -> Done:
        """Runs ``work`` in one transaction, again from the start where PostgreSQL ended it in favour of another.

        Raises:
            Contention: it was ended so each time.
        """

        async def once() -> Done:
            async with self.writing(scope) as db:
                return await work(db)

        return await until_uncontended(once)

    @asynccontextmanager
    async def _transaction(self, kind: type[Handle], scope: Scope, begin: LiteralString) -> AsyncGenerator[Handle]:
        async with self._connection() as connection:

            async def begun() -> None:
                await _frame(connection, begin)
                await _set(connection, scope, _SET_ALL)

            handle = kind(connection, begun)
            yield handle
            if handle.has_begun:
                await _frame(connection, "commit")

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[AsyncConnection[Any]]:
        """A connection whose open transaction is rolled back when its user fails."""
        try:
            async with self._pool.connection() as connection:
                try:
                    yield connection
                except BaseException:
                    if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                        await _frame(connection, "rollback")
                    raise
        except psycopg.Error as error:
            raise translate(error) from error


async def until_uncontended(work: Callable[[], Awaitable[Done]]) -> Done:
    """Again from the start where PostgreSQL ended it in favour of another.

    Raises:
        Contention: it was ended so each time.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return await work()
        except Contention:
            if attempt == _ATTEMPTS - 1:
                raise
            # Apart from each other, or the same two would meet again.
            await asyncio.sleep(_PAUSE * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311
    raise AssertionError("unreachable")


async def _configure(connection: AsyncConnection[Any]) -> None:
    """Every statement is prepared and planned once: planning the search anew costs more than searching."""
    await register_vector_async(connection)
    await connection.execute("set plan_cache_mode = force_generic_plan")
    # Compiling costs a multiple of what our statements take, and is decided by estimates of the branches not taken too.
    await connection.execute("set jit = off")


async def _set(connection: AsyncConnection[Any], scope: Scope, statement: LiteralString) -> None:
    """Whom the transaction works for, and on whose word, until it is over."""
    origin = ORIGIN.get()
    named = {name: _text(getattr(scope, name)) for name in _NAMED}
    await _frame(connection, statement, named | {name: _text(getattr(origin, name)) for name in _ORIGIN})
    if scope.staff_id is not None:
        await _frame(connection, "set local role tellergraph_staff")


async def _frame(connection: AsyncConnection[Any], statement: LiteralString, params: Params | None = None) -> None:
    """What stands around the work: a plain cursor, which no trace shows."""
    await AsyncCursor(connection).execute(statement, params)


def _text(value: object) -> str:
    return "" if value is None else str(value)
