"""Conversations that customers asked a person to take over. The list does not say whose they are; who takes one opens
the customer's file by that, which is written down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from core.errors import Conflict
from tools.registry import Result
from tools.service.handoff_packet import HandoffPacket
from tools.staff.context import StaffContext
from tools.staff.queries import QUERIES


class WaitingHandoff(Result):
    id: UUID
    reference: str
    requested_at: datetime


class Handoff(Result):
    id: UUID
    reference: str
    customer_id: UUID
    status: Literal["taken", "closed"]
    requested_at: datetime
    taken_at: datetime
    closed_at: datetime | None
    packet: HandoffPacket


@dataclass(frozen=True, slots=True)
class _WaitingRow:
    id: UUID
    reference: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    reference: str
    customer_id: UUID
    status: Literal["taken", "closed"]
    requested_at: datetime
    taken_at: datetime
    closed_at: datetime | None
    packet: dict[str, Any]


async def list_handoffs(context: StaffContext, *, limit: int) -> list[WaitingHandoff]:
    """Those that wait, the oldest first. Raises Forbidden for auditors."""
    rows = await context.database.fetch(_WaitingRow, QUERIES["list_handoffs"], {"limit": limit}, scope=context.scope)
    return [WaitingHandoff(id=row.id, reference=row.reference, requested_at=row.requested_at) for row in rows]


async def take_handoff(context: StaffContext, handoff_id: UUID) -> Handoff:
    """One colleague gets it; taken again by the same one, it is the same.

    Raises:
        Conflict: it is not there, or somebody else has it.
        Forbidden: for auditors.
    """
    return await _move(context, QUERIES["take_handoff"], handoff_id)


async def close_handoff(context: StaffContext, handoff_id: UUID) -> Handoff:
    """Raises as ``take_handoff``, also for one that was not taken yet."""
    return await _move(context, QUERIES["close_handoff"], handoff_id)


async def _move(context: StaffContext, statement: LiteralString, handoff_id: UUID) -> Handoff:
    values = {"handoff_id": handoff_id, "now": context.now}
    async with context.database.writing(context.scope) as db:
        row = await db.find(_Row, statement, values)
    if row is None:
        raise Conflict("This hand-off is not yours to take or to close.", code="handoff_not_yours")
    return Handoff(
        id=row.id,
        reference=row.reference,
        customer_id=row.customer_id,
        status=row.status,
        requested_at=row.requested_at,
        taken_at=row.taken_at,
        closed_at=row.closed_at,
        packet=HandoffPacket.model_validate(row.packet),
    )
