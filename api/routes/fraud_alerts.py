"""For the bank's staff: the queue of fraud alerts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.routes.staff import Reason
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from tools.staff.fraud_alerts import (
    AlertFile,
    AlertMove,
    AlertStatus,
    QueuedAlert,
    get_alert,
    list_alerts,
    move_alert,
)

_NOT_FOUND = {"model": ErrorEnvelope, "description": "- `not_found`: there is nothing under that id."}
_CONFLICT = {"model": ErrorEnvelope, "description": "- `already_asked`, `already_closed`: that was done before."}

router = APIRouter(prefix="/admin/fraud/alerts", tags=["staff"], responses=RESPONSES)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QueueQuery(_Body):
    status: AlertStatus = "open"
    limit: int = Field(default=50, ge=1, le=200)


class AlertQuery(_Body):
    reason: Reason


class AlertMoveRequest(_Body):
    to: AlertMove = Field(description="customer_asked: have the customer asked; closed: nothing more is to be done.")
    note: Reason


class AlertQueue(BaseModel):
    alerts: list[QueuedAlert]


@router.get("", operation_id="list_fraud_queue", dependencies=[require("staff.fraud:read")])
async def queue(query: Annotated[QueueQuery, Query()], context: StaffDep, reply: ReplyDep) -> Envelope[AlertQueue]:
    """Alerts in one state, the oldest first. It does not say whose they are."""
    return reply(AlertQueue(alerts=await list_alerts(context, status=query.status, limit=query.limit)))


@router.get(
    "/{alert_id}",
    operation_id="get_fraud_alert",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.fraud:read")],
)
async def alert(
    alert_id: UUID, query: Annotated[AlertQuery, Query()], context: StaffDep, reply: ReplyDep
) -> Envelope[AlertFile]:
    """One alert, with what was decided and why. Opens the file of its customer, which is written down."""
    return reply(await get_alert(context, alert_id, query.reason))


@router.post(
    "/{alert_id}/move",
    operation_id="move_fraud_alert",
    responses={404: _NOT_FOUND, 409: _CONFLICT},
    dependencies=[require("staff.fraud:work")],
)
async def move(alert_id: UUID, body: AlertMoveRequest, context: StaffDep, reply: ReplyDep) -> Envelope[AlertFile]:
    """Have the customer asked, or close the alert: one that nobody answered is closed by supervisors and
    administrators. Opens the file of its customer."""
    return reply(await move_alert(context, alert_id, body.to, body.note))
