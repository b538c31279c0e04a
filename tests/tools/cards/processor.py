"""The bank's card processor, as the database sees it."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow


class Processor:
    """Connected as ``tellergraph_worker``; each call is a transaction that names the card's holder. Amounts are minor
    units; what comes back is a row of ``transactions``."""

    def __init__(self, connection: Connection[DictRow], holder: UUID) -> None:
        self._connection, self._holder = connection, holder

    def authorise(
        self,
        card: UUID,
        terminal: int,
        minor: int | None,
        reference: str,
        *,
        now: datetime,
        contactless: bool = False,
        holder: UUID | None = None,
    ) -> dict[str, Any]:
        query = "select * from authorise_card_payment(%s, %s, %s, %s, %s, %s)"
        return self._call(query, card, terminal, minor, reference, contactless, now, holder=holder)

    def capture(self, held: int, minor: int | None, *, now: datetime, holder: UUID | None = None) -> dict[str, Any]:
        return self._call("select * from capture_hold(%s, %s, %s)", held, minor, now, holder=holder)

    def release(self, held: int, *, now: datetime, holder: UUID | None = None) -> dict[str, Any]:
        return self._call("select * from release_hold(%s, %s)", held, now, holder=holder)

    def _call(self, query: LiteralString, *values: Any, holder: UUID | None) -> dict[str, Any]:
        with self._connection.transaction():
            self._connection.execute("select set_config('app.customer_id', %s, true)", [str(holder or self._holder)])
            [row] = self._connection.execute(query, values).fetchall()
            return row
