"""The bank's card processor and the card network, as the database sees them."""

import json
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

ALLOWED = {"outcome": "allow", "rules_version": "test", "features": {}, "hits": []}
"""What the fraud engine decided where it is not what a test is about."""


class Processor:
    """Connected as a superuser who acts as ``tellergraph_worker`` or, to authorise, as ``tellergraph_network``. Each
    call is a transaction that names the card's holder. Amounts are minor units; what comes back is a row of
    ``transactions``."""

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
        query = "select * from authorise_card_payment(%s, %s, %s, %s, %s, %s, %s)"
        decision = json.dumps(ALLOWED)
        about = (card, terminal, minor, reference, contactless, decision, now)
        return self._call(query, *about, holder=holder, role="tellergraph_network")

    def capture(self, held: int, minor: int | None, *, now: datetime, holder: UUID | None = None) -> dict[str, Any]:
        return self._call("select * from capture_hold(%s, %s, %s)", held, minor, now, holder=holder)

    def release(self, held: int, *, now: datetime, holder: UUID | None = None) -> dict[str, Any]:
        return self._call("select * from release_hold(%s, %s)", held, now, holder=holder)

    def _call(
        self, query: LiteralString, *values: Any, holder: UUID | None, role: str = "tellergraph_worker"
    ) -> dict[str, Any]:
        with self._connection.transaction():
            self._connection.execute("select set_config('role', %s, true)", [role])
            self._connection.execute("select set_config('app.customer_id', %s, true)", [str(holder or self._holder)])
            [row] = self._connection.execute(query, values).fetchall()
            return row
