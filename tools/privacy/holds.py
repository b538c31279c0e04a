"""Legal holds: while one stands, nothing of the customer is erased and retention leaves them out (GDPR article
17(3)(e): legal claims). Each is placed and released with a reason, on record."""

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, NotFound
from tools.privacy.queries import QUERIES


def place_hold(owner_url: str, customer_id: UUID, *, by: str, reason: str, now: datetime) -> UUID:
    """Raises NotFound."""
    values = {"customer_id": customer_id, "by": by, "reason": reason, "now": now}
    with psycopg.Connection[DictRow].connect(owner_url, row_factory=dict_row) as owner:
        if owner.execute(QUERIES["find_customer"], values).fetchone() is None:
            raise NotFound("There is no such customer.")
        (placed,) = owner.execute(QUERIES["place_hold"], values).fetchall()
        _record(owner, values, "privacy.hold_placed")
    return placed["id"]


def release_holds(owner_url: str, customer_id: UUID, *, by: str, reason: str, now: datetime) -> int:
    """How many stood. Raises Conflict where none did."""
    values = {"customer_id": customer_id, "by": by, "reason": reason, "now": now}
    with psycopg.Connection[DictRow].connect(owner_url, row_factory=dict_row) as owner:
        released = owner.execute(QUERIES["release_holds"], values).fetchall()
        if not released:
            raise Conflict("No legal hold stands for this customer.", code="no_hold")
        _record(owner, values, "privacy.hold_released")
    return len(released)


def list_holds(owner_url: str) -> list[dict[str, Any]]:
    """Those that stand, the oldest first."""
    with psycopg.Connection[DictRow].connect(owner_url, row_factory=dict_row) as owner:
        return owner.execute(QUERIES["list_holds"]).fetchall()


def _record(owner: psycopg.Connection[Any], values: dict[str, Any], action: str) -> None:
    line = {"actor": values["by"], "customer_id": values["customer_id"], "action": action, "now": values["now"]}
    line |= {"resource": f"customers/{values['customer_id']}", "detail": Jsonb({"reason": values["reason"]})}
    owner.execute(QUERIES["add_audit_line"], line)
