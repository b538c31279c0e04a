"""The command log. A tool proposes; only the customer's own decision executes, once.

``decide`` is called by the confirmation endpoint and by the graph's ``act`` node, never by a model: it is not a tool.
The claim, the effect, the end state and the audit line are one transaction.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb
from pydantic import Field

from core.db.database import WriteHandle
from core.errors import NotFound
from tools.queries import QUERIES
from tools.registry import Result, ToolContext

PROPOSAL_TTL = timedelta(minutes=10)
"""How long a customer has to confirm."""

Decision = Literal["approve", "deny"]
Status = Literal["pending", "processing", "completed", "failed", "cancelled", "expired"]


class Proposed(Result):
    """What the customer is asked to confirm. Fields that do not apply are null."""

    status: Literal["confirmation_needed"] = "confirmation_needed"
    operation_id: str = ""
    type: str
    summary: str
    amount: str | None = None
    currency: str | None = None
    payee: str | None = None
    account: str | None = None
    to_account: str | None = None
    card: str | None = Field(default=None, description="Last four digits.")
    date: str | None = None
    fee: str | None = None
    step_up: bool = False
    expires_at: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    id: UUID
    type: str
    status: Status
    payload: dict[str, Any]
    summary: str
    expires_at: datetime
    error: str | None


async def propose(
    db: WriteHandle, context: ToolContext, operation: str, *, payload: dict[str, Any], proposed: Proposed
) -> Proposed:
    """Stores a pending operation. The same proposal in the same turn is the same row."""
    digest = hashlib.sha256(orjson.dumps({"type": operation, **payload}, option=orjson.OPT_SORT_KEYS)).hexdigest()
    key = {"customer_id": context.customer_id, "idempotency_key": f"{context.turn_id}:{digest[:16]}"}
    await db.execute(
        QUERIES["insert_operation"],
        key
        | {
            "type": operation,
            "payload": Jsonb(payload),
            "payload_hash": digest,
            "summary": proposed.summary,
            "initiated_by": context.initiated_by,
            "turn_id": context.turn_id,
            "now": context.now,
            "expires_at": context.now + PROPOSAL_TTL,
        },
    )
    stored = await db.get(Operation, QUERIES["get_operation_by_key"], key)
    return proposed.model_copy(
        update={"operation_id": str(stored.id), "expires_at": stored.expires_at.isoformat(timespec="seconds")}
    )


async def decide(context: ToolContext, operation_id: UUID, decision: Decision) -> Operation:
    """Ends a pending operation as its customer decided and returns it as it stands then: also when it was over before
    (its status tells). Raises NotFound for an operation that is not the customer's."""
    key = {"operation_id": operation_id, "customer_id": context.customer_id, "now": context.now}
    async with context.database.writing(context.scope) as db:
        if decision == "approve":
            ended = await _execute(db, context, key)
        else:
            ended = await _end(db, key, "pending", "cancelled", None)
        ended = ended or await db.find(Operation, QUERIES["expire_operation"], key)
        if ended is None:
            found = await db.find(Operation, QUERIES["get_operation"], key)
            if found is None:
                raise NotFound("There is no such operation.")
            return found
        await _audit(db, context, ended)
        return ended


async def _execute(db: WriteHandle, context: ToolContext, key: dict[str, Any]) -> Operation | None:
    claimed = await db.find(Operation, QUERIES["claim_operation"], key)
    if claimed is None:
        return None
    error = await _EFFECTS[claimed.type](db, context, claimed.payload)
    return await _end(db, key, "processing", "failed" if error else "completed", error)


async def _end(
    db: WriteHandle, key: dict[str, Any], from_status: Status, to_status: Status, error: str | None
) -> Operation | None:
    values = key | {"from_status": from_status, "to_status": to_status, "error": error}
    return await db.find(Operation, QUERIES["end_operation"], values)


async def _audit(db: WriteHandle, context: ToolContext, operation: Operation) -> None:
    await db.execute(
        QUERIES["insert_audit"],
        {
            "actor": f"customer:{context.customer_id}",
            "customer_id": context.customer_id,
            "action": f"operation.{operation.status}",
            "resource": f"operation:{operation.id}",
            "detail": Jsonb({"type": operation.type, "error": operation.error}),
            "turn_id": context.turn_id,
            "now": context.now,
        },
    )


async def _set_card_status(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    changed = await db.execute(QUERIES["set_card_status"], payload | {"customer_id": context.customer_id})
    return None if changed else f"The card is no longer {payload['from_status']}."


_EFFECTS: dict[str, Callable[[WriteHandle, ToolContext, dict[str, Any]], Awaitable[str | None]]] = {
    "freeze_card": _set_card_status,
    "unfreeze_card": _set_card_status,
}
"""What each type does when it is approved: None, or the sentence that says why nothing was done."""
