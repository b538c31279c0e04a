"""The staff's queue of fraud alerts. The list says nothing of customers; who looks at an alert opens its customer's
file, on record, and sees what was decided and why. A held payment is let go or cancelled by maker and checker
(actions.py)."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import WriteHandle
from core.errors import Conflict
from tools.registry import Result
from tools.staff.context import StaffContext
from tools.staff.queries import QUERIES

AlertStatus = Literal["open", "customer_asked", "confirmed_fraud", "confirmed_genuine", "closed"]
AlertMove = Literal["customer_asked", "closed"]

_REFUSED = {
    "already_asked": "The customer was asked already, or has answered.",
    "already_closed": "The alert is closed already.",
}


class QueuedAlert(Result):
    """An alert as the list shows it."""

    id: UUID
    status: AlertStatus
    is_card: bool
    is_held: bool = Field(description="Whether a payment is held because of it.")
    outcome: str | None = Field(description="What was decided; null for an alert that no decision opened.")
    score: float | None
    created_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None


class AlertFile(Result):
    id: UUID
    customer_id: UUID
    card_id: UUID | None
    operation_id: UUID | None
    transaction_id: int | None
    status: AlertStatus
    reason: str
    answer: Literal["fraud", "genuine"] | None
    note: str | None
    outcome: str | None
    score: float | None
    hits: list[dict[str, Any]] = Field(description="What the rules found, and what spoke most to the model.")
    rules_version: str | None
    model_version: str | None
    hold_status: str | None
    created_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    customer_id: UUID
    card_id: UUID | None
    operation_id: UUID | None
    transaction_id: int | None
    status: AlertStatus
    reason: str
    answer: Literal["fraud", "genuine"] | None
    note: str | None
    created_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    score: float | None
    hits: list[dict[str, Any]] | None
    rules_version: str | None
    model_version: str | None
    hold_status: str | None


@dataclass(frozen=True, slots=True)
class _Moved:
    refusal: str | None


async def list_alerts(context: StaffContext, *, status: AlertStatus, limit: int) -> list[QueuedAlert]:
    """Those in one state, the oldest first."""
    opening = {"subject": "fraud_alerts", "reason": f"fraud alerts that are {status}", "now": context.now}
    async with context.database.writing(context.scope) as db:
        await db.execute(QUERIES["open_register"], opening)
        return await db.all(QueuedAlert, QUERIES["list_fraud_queue"], {"status": status, "limit": limit})


async def get_alert(context: StaffContext, alert_id: UUID, reason: str) -> AlertFile:
    """Opens its customer's file. Raises NotFound."""
    async with context.database.writing(context.scope) as db:
        return await _open(db, context, alert_id, reason)


async def move_alert(context: StaffContext, alert_id: UUID, to: AlertMove, note: str) -> AlertFile:
    """Has the customer asked, or closes the alert; opens its customer's file.

    Raises:
        NotFound: there is no such alert.
        Forbidden: for auditors; for agents, where nobody has answered.
        Conflict: it was asked or closed before.
    """

    async def work(db: WriteHandle) -> AlertFile | str:
        await db.execute(QUERIES["open_alert"], {"alert_id": alert_id, "reason": note, "now": context.now})
        values = {"alert_id": alert_id, "to": to, "note": note, "now": context.now}
        refusal = (await db.get(_Moved, QUERIES["move_alert"], values)).refusal
        return refusal or await _get(db, alert_id)

    moved = await context.database.transact(work, scope=context.scope)
    if isinstance(moved, str):
        raise Conflict(_REFUSED[moved], code=moved)
    return moved


async def _open(db: WriteHandle, context: StaffContext, alert_id: UUID, reason: str) -> AlertFile:
    await db.execute(QUERIES["open_alert"], {"alert_id": alert_id, "reason": reason, "now": context.now})
    return await _get(db, alert_id)


async def _get(db: WriteHandle, alert_id: UUID) -> AlertFile:
    row = await db.get(_Row, QUERIES["find_alert"], {"alert_id": alert_id})
    return AlertFile.model_validate(asdict(row) | {"hits": row.hits or []})
