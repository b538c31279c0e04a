"""For the bank's staff: conversations that customers asked a person to take over."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from tools.staff.handoffs import Handoff, WaitingHandoff, close_handoff, list_handoffs, take_handoff

_CONFLICT = {
    "model": ErrorEnvelope,
    "description": "- `handoff_not_yours`: it is not there, a colleague has it, or it was not taken yet.",
}

router = APIRouter(
    prefix="/admin/handoffs",
    tags=["staff"],
    responses=RESPONSES,
)


class WaitingHandoffs(BaseModel):
    handoffs: list[WaitingHandoff]


@router.get("", operation_id="list_handoffs", dependencies=[require("staff.handoffs:work")])
async def waiting(
    context: StaffDep, reply: ReplyDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Envelope[WaitingHandoffs]:
    """What waits for a person, the oldest first. It does not say whose it is."""
    return reply(WaitingHandoffs(handoffs=await list_handoffs(context, limit=limit)))


@router.post(
    "/{handoff_id}/take",
    operation_id="take_handoff",
    responses={409: _CONFLICT},
    dependencies=[require("staff.handoffs:work")],
)
async def take(handoff_id: UUID, context: StaffDep, reply: ReplyDep) -> Envelope[Handoff]:
    """Take a conversation over: you get who the customer is and how well verified, what was found and said, and what
    waited for their yes. It is written down that you opened their file."""
    return reply(await take_handoff(context, handoff_id))


@router.post(
    "/{handoff_id}/close",
    operation_id="close_handoff",
    responses={409: _CONFLICT},
    dependencies=[require("staff.handoffs:work")],
)
async def close(handoff_id: UUID, context: StaffDep, reply: ReplyDep) -> Envelope[Handoff]:
    """You have answered the customer."""
    return reply(await close_handoff(context, handoff_id))
