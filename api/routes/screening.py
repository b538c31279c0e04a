"""What screening found, for compliance staff: officers, supervisors and administrators decide, two of them about each
hit; auditors read. Agents, who talk to customers, see nothing of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.routes.staff import Reason, Remark
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from tools.compliance.screening.review import (
    Decision,
    ScreeningHit,
    Status,
    Verdict,
    decide_verdict,
    list_hits,
    propose_verdict,
)

router = APIRouter(
    prefix="/admin/screening",
    tags=["staff"],
    responses=RESPONSES
    | {
        404: {"model": ErrorEnvelope, "description": "- `not_found`: there is no such hit."},
        409: {"model": ErrorEnvelope, "description": "- `already_decided`: `details.status` says how it stands."},
    },
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HitsQuery(_Body):
    reason: Reason
    status: Status = "open"
    limit: int = Field(default=50, ge=1, le=200)


class VerdictRequest(_Body):
    verdict: Verdict
    reason: Reason


class DecisionRequest(_Body):
    decision: Decision
    remark: Remark | None = None


class HitList(BaseModel):
    hits: list[ScreeningHit]


class HitState(BaseModel):
    hit_id: UUID
    status: Status


@router.get("/hits", operation_id="list_screening_hits", dependencies=[require("staff.screening:read")])
async def hits(query: Annotated[HitsQuery, Query()], context: StaffDep, reply: ReplyDep) -> Envelope[HitList]:
    """Hits in one state, the longest waiting first. That you looked is written down."""
    found = await list_hits(context, query.reason, status=query.status, limit=query.limit)
    return reply(HitList(hits=found))


@router.post(
    "/hits/{hit_id}/propose", operation_id="propose_screening_verdict", dependencies=[require("staff.screening:work")]
)
async def propose(hit_id: UUID, body: VerdictRequest, context: StaffDep, reply: ReplyDep) -> Envelope[HitState]:
    """Say what a hit is. It holds when somebody else has agreed."""
    status = await propose_verdict(context, hit_id, body.verdict, body.reason)
    return reply(HitState(hit_id=hit_id, status=status))


@router.post(
    "/hits/{hit_id}/decide", operation_id="decide_screening_verdict", dependencies=[require("staff.screening:decide")]
)
async def decide(hit_id: UUID, body: DecisionRequest, context: StaffDep, reply: ReplyDep) -> Envelope[HitState]:
    """Agree with what a colleague proposed, or not: 403 `four_eyes` for your own."""
    status = await decide_verdict(context, hit_id, body.decision, body.remark)
    return reply(HitState(hit_id=hit_id, status=status))
