"""Units of work. Each is one transaction that first tells PostgreSQL for whom it works; row-level security does the
rest, so a query that forgets its WHERE still returns nothing of anybody else's.

Readers get a ``ReadHandle``, writers a ``WriteHandle``: a read-only tool cannot write by mistake (its transaction is
read-only as well).
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection, AsyncCursor, errors
from psycopg.pq import TransactionStatus
from psycopg.rows import class_row
from psycopg_pool import PoolTimeout

from core.db.company import COMPANY, Asked, Company
from core.db.counts import ERRORS, FAULTS
from core.db.flights import one_flight
from core.db.handles import Handle, Params, ReadHandle, Row, WriteHandle, timed
from core.db.pool import make_pool
from core.errors import Conflict, Contention, Forbidden, InvalidInput, NotFound, Refused, TellergraphError, Unavailable
from core.origin import ORIGIN

Done = TypeVar("Done")


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
_READING_ALL: LiteralString = _SET_ALL + ", set_config('transaction_read_only', 'on', true)"
"""It cannot be taken back: PostgreSQL lets no transaction that has begun write again."""


Statement = tuple[LiteralString, Params]


_ATTEMPTS = 6
_PAUSE = 0.005
"""Seconds before the second attempt, at most; each further pause doubles."""


class Database:
    """The runtime role's pool.

    ``fetch`` and ``run`` are whole transactions in one round trip, for what is a single query or a fixed list of
    statements; ``reading`` and ``writing`` are for work that decides between its statements. ``ask`` is for the rare
    query that is asked so often that the scope's own statements would cost more than it does.
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
        self, row: type[Row], query: LiteralString, params: Params | None = None, *, scope: Scope = NOBODY
    ) -> list[Row]:
        """The rows of one query."""
        if (company := COMPANY.get()) is not None:
            return await company.fetch(row, query, params, scope)
        return await self._fetch_alone(row, query, params, scope)

    async def _fetch_alone(
        self, row: type[Row], query: LiteralString, params: Params | None, scope: Scope
    ) -> list[Row]:
        async with self._connection() as connection:
            cursor = connection.cursor(row_factory=class_row(row))
            with timed("fetch"):
                async with one_flight(connection):
                    await _set(connection, scope, _READING_ALL)
                    await cursor.execute(query, params)
            return await cursor.fetchall()

    async def ask(self, row: type[Row], query: LiteralString, params: Params | None = None) -> list[Row]:
        """The rows of one query that needs no scope, or names its reader itself: sent alone, it is a transaction.

        Nothing but the role keeps it from writing.
        """
        async with self._connection() as connection:
            with timed("ask"):
                cursor = await connection.cursor(row_factory=class_row(row)).execute(query, params)
            return await cursor.fetchall()

    async def run(self, *statements: Statement, scope: Scope = NOBODY) -> list[int]:
        """How many rows each statement changed."""
        async with self._connection() as connection:
            with timed("run"):
                async with one_flight(connection):
                    await _set(connection, scope, _SET_ALL)
                    cursors = [await connection.execute(query, params) for query, params in statements]
            return [cursor.rowcount for cursor in cursors]

    @contextmanager
    def in_company(self) -> Generator[None]:
        """What is fetched inside at the same time, in tasks that begin here, travels together."""
        company = COMPANY.set(Company(self.fetch_all))
        try:
            yield
        finally:
            COMPANY.reset(company)

    async def fetch_all(self, asked: Sequence[Asked]) -> list[list[Any]]:
        """The rows of several queries, each in its own scope, in one round trip."""
        async with self._connection() as connection:
            cursors: list[AsyncCursor[Any]] = []
            with timed("fetch"):
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


_NOT_ALLOWED = "TG090"
"""What refuse_by_policy() raises, with the reason's code as the constraint."""
_LACKS_PERMISSION = "TG020"
"""What require_permission() raises, with the permission's name as the detail."""
_REFUSED: dict[str, Callable[[], TellergraphError]] = {
    "TG010": lambda: Refused("This confirmation does not count any more. Please ask again.", code="slip_invalid"),
    "TG011": lambda: Refused("Please send the security code with the confirmation.", code="step_up_required"),
    "TG013": lambda: Refused("There is no exchange rate for that currency.", code="no_rate"),
    "TG015": lambda: Refused("There is nothing to confirm any more. Please ask again.", code="nothing_to_confirm"),
    "TG016": lambda: NotFound("There is no such operation."),
    "TG092": lambda: Conflict("The case is closed: nothing about it changes.", code="case_closed"),
    "TG093": lambda: Conflict("That is so already: look at the case as it stands.", code="case_open"),
    "TG094": lambda: Conflict("Nobody has proposed to close the case.", code="closing_not_proposed"),
    "TG045": lambda: Refused("Nobody has looked at this yet. Please ask again.", code="not_decided"),
    "TG031": lambda: NotFound("There is no such card."),
    "TG032": lambda: NotFound("There is no such terminal."),
    "TG034": lambda: Conflict("Another payment stands under this reference.", code="reference_reused"),
    "TG051": lambda: Refused("This would go over what can be exchanged in one day.", code="over_exchange_limit"),
    "TG071": lambda: Refused(
        "That role keeps this permission: without it nobody could mend what was taken from whom.",
        code="permission_kept",
    ),
    "TG072": lambda: Refused("That permission is for roles of staff.", code="permission_of_staff"),
    "TG073": lambda: Refused("Somebody has to be an administrator: make another one first.", code="last_admin"),
    "TG074": lambda: Refused("You have as many API keys as you can have: revoke one first.", code="too_many_keys"),
    "TG082": lambda: Refused("You have sent us as many files as we keep.", code="too_many_files"),
    "TG020": lambda: Forbidden("Your role does not allow that.", code="role_not_allowed"),
    "TG021": lambda: NotFound("There is nothing here under that id."),
}
"""What functions of the schema raise (core/db/migrations/sql), by SQLSTATE."""
_HURT: dict[str, Callable[[], TellergraphError]] = {
    "policy_proposals_four_eyes": lambda: Forbidden(
        "Somebody else has to decide about what you have proposed.", code="four_eyes"
    ),
    "cases_four_eyes": lambda: Forbidden(
        "Who opened the case, or wants it closed, does not decide that it is.", code="four_eyes"
    ),
    "policy_past": lambda: Refused(
        "A policy begins on a day to come. Propose it with a later day.", code="policy_past"
    ),
    "policy_currency": lambda: Refused(
        "The policy keeps its currency: limits are counted in it.", code="policy_currency"
    ),
    "policy_term": lambda: Refused(
        "One of the terms is not published, or is of another kind or currency.", code="policy_term"
    ),
    "staff_actions_four_eyes": lambda: Forbidden(
        "Somebody else has to decide about what you have proposed.", code="four_eyes"
    ),
    "dispute_actions_four_eyes": lambda: Forbidden(
        "Somebody else has to decide about what you have proposed.", code="four_eyes"
    ),
    "kyc_applications_four_eyes": lambda: Forbidden(
        "Somebody else has to decide about what you have proposed.", code="four_eyes"
    ),
    "screening_hits_four_eyes": lambda: Forbidden(
        "Somebody else has to decide about what you have proposed.", code="four_eyes"
    ),
    "kb_documents_of_folder": lambda: Conflict(
        "This document comes from a folder, which would bring it back. Change it there and ingest the folder.",
        code="comes_from_folder",
    ),
}
"""What it means to hurt a constraint, by its name."""


@contextmanager
def translated_errors() -> Generator[None]:
    """For code that brings its own connections, such as LangGraph's checkpoints."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error


def translate(error: psycopg.Error) -> TellergraphError:
    """The driver's error as one of ours. Unknown ones stay internal: their text names tables and values. It keeps the
    first line of its text, so that a stack in a log does not quote the row that was refused."""
    if error.diag.message_primary is not None:
        error.args = (error.diag.message_primary,)
    if isinstance(error, errors.SerializationFailure | errors.DeadlockDetected | errors.LockNotAvailable):
        ERRORS.add("contention")
        return Contention("Somebody else is changing the same thing just now. Please try again in a moment.")
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        ERRORS.add("unavailable")
        return Unavailable("The database cannot be reached just now. Please try again in a moment.")
    if error.diag.constraint_name in _HURT:
        return _HURT[error.diag.constraint_name]()
    if error.sqlstate == _NOT_ALLOWED:
        return Refused("The bank's policy does not allow that.", code=error.diag.constraint_name or "not_allowed")
    if isinstance(error, errors.UniqueViolation):
        return Conflict("That exists already.", details={"constraint": error.diag.constraint_name or ""})
    if isinstance(error, errors.DataError):
        return InvalidInput("A value is out of its range.")
    if error.sqlstate in _REFUSED:
        refused = _REFUSED[error.sqlstate]()
        if error.sqlstate == _LACKS_PERMISSION and error.diag.message_detail:
            refused.details = {"permission": error.diag.message_detail}
        return refused
    if isinstance(error, errors.RaiseException | errors.CheckViolation) or (error.sqlstate or "").startswith("TG"):
        return Refused("The bank's rules do not allow that.", details={"constraint": error.diag.constraint_name or ""})
    ERRORS.add("internal")
    return TellergraphError("Something went wrong on our side.")
