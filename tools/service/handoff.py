"""A person takes over. Asking for one is an operation without a code (``step_up`` never): nobody who needs a person
should have to find a code first, and yet no text that the assistant reads can hand a conversation on. In the chat the
customer's own plain request is the yes to it (docs/decisions/0014); elsewhere it is confirmed. Staff find it through
``list_waiting_handoffs`` and ``take_handoff`` (0011_service.up.sql).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle, WriteHandle
from tools.counts import HANDOFFS
from tools.customer_text import Line
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Proposed, Refusal, Risk, ToolContext, tool
from tools.service.handoff_packet import make_packet
from tools.service.opening_hours import read_hours


class HandoffArguments(Arguments):
    reason: Line = Field(
        default="The customer asked for a person.",
        min_length=3,
        max_length=200,
        description="What it is about, in the customer's words.",
    )


class HandoffOpen(Refusal):
    status: Literal["handoff_open"] = "handoff_open"
    message: str = reason_of("handoff_open")
    reference: str
    since: str = Field(description="ISO date and time.")


@dataclass(frozen=True, slots=True)
class _OpenRow:
    reference: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class _Id:
    id: UUID


@tool(
    title="Prepare to hand over to a person",
    scope="support:write",
    risk=Risk.PREPARE,
    rest="POST /support/handoffs",
    examples={
        "I want to speak to a human": {},
        "Can somebody explain my loan to me?": {"reason": "explain my loan"},
    },
)
async def request_handoff(context: ToolContext, arguments: HandoffArguments) -> Proposed | HandoffOpen:
    """Prepares to hand the conversation to a colleague, who gets what was said and found out. Use only when the
    customer asks for a person. The customer confirms with a yes; this call hands nothing over."""
    async with context.database.writing(context.scope) as db:
        waiting = await db.find(_OpenRow, QUERIES["find_open_handoff"], {"customer_id": context.customer_id})
        if waiting is not None:
            since = waiting.requested_at.astimezone(BANK_TIME_ZONE).isoformat(timespec="minutes")
            return HandoffOpen(reference=waiting.reference, since=since)
        values = {"customer_id": context.customer_id, "turn_id": context.turn_id, "now": context.now}
        proposal = await db.find(_Id, QUERIES["find_waiting_proposal"], values)
        when = await _when(db, context)
        return await propose(
            db,
            context,
            "request_handoff",
            payload={"reason": arguments.reason, "proposal_id": str(proposal.id) if proposal else None},
            proposed=Proposed(summary=f"Pass this on to a colleague, who answers {when}"),
        )


@effect("request_handoff")
async def _hand_over(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    packet = await make_packet(db, context, reason=payload["reason"], proposal_id=payload["proposal_id"])
    values = {"customer_id": context.customer_id, "packet": Jsonb(packet.model_dump(mode="json")), "now": context.now}
    if not await db.execute(QUERIES["insert_handoff"], values):
        return "handoff_open"
    HANDOFFS.add(context.door)
    return None


async def read_receipt(context: ToolContext, operation_id: UUID) -> str:
    """What the customer needs to know once the hand-off is on record."""
    async with context.database.reading(context.scope) as db:
        values = {"customer_id": context.customer_id, "operation_id": operation_id}
        waiting = await db.get(_OpenRow, QUERIES["get_handoff_of_operation"], values)
        when = await _when(db, context)
    return (
        f"I have passed this on to a colleague, who answers {when} and has what was said here. "
        f"Your reference is **{waiting.reference}**."
    )


async def _when(db: ReadHandle, context: ToolContext) -> str:
    hours = await read_hours(db)
    opening = next(hours[None].from_now(context.now), None)
    if opening is None:
        return "as soon as possible"
    if opening.opens <= context.now:
        return f"until {opening.closes:%H:%M} today"
    return f"from {opening.opens:%H:%M} on {opening.opens:%A}"
