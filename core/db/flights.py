"""Statements that travel together: PostgreSQL gets them in one write and is woken once, and one wait takes all answers.

psycopg's own pipeline writes each statement by itself, which costs both sides more than a short query does. Until the
end of a flight nothing is sent. Without a ``begin`` of its own, what one flight carries is one transaction (PostgreSQL,
"Pipelining"): all of it counts or nothing, and what was set for it alone is gone afterwards.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection, AsyncPipeline
from psycopg.abc import PQGen
from psycopg.generators import fetch_many, send
from psycopg.pq import ExecStatus

if TYPE_CHECKING:
    from psycopg._pipeline_base import PendingResult
    from psycopg.pq.abc import PGresult


@asynccontextmanager
async def one_flight(connection: AsyncConnection[Any]) -> AsyncGenerator[None]:
    """What is executed inside is sent at the end. Raises there what the first statement that failed says."""
    flight = connection._pipeline = _Flight(connection)  # pyright: ignore[reportPrivateUsage]
    try:
        async with flight:
            yield
    finally:
        connection._pipeline = None  # pyright: ignore[reportPrivateUsage]


class _Flight(AsyncPipeline):
    _has_landed = False
    """Whether the server has said that the transaction is over."""

    def _communicate_gen(self) -> PQGen[None]:
        """Asked for after each statement: not yet."""
        return
        yield

    def _exit_gen(self) -> PQGen[None]:
        self._enqueue_sync()
        while self.command_queue:
            self.command_queue.popleft()()
        yield from send(self.pgconn)
        try:
            yield from self._fetch_gen(flush=False)
        finally:
            if not self._has_landed:
                # The commit itself failed, which is told in place of the end: the end comes behind it.
                yield from fetch_many(self.pgconn)

    def _process_results(self, queued: "PendingResult", results: "list[PGresult]") -> None:
        self._has_landed = results[0].status == ExecStatus.PIPELINE_SYNC
        super()._process_results(queued, results)
