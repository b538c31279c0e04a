"""For the bank's staff: disputes of customers. What each role may do is the database's to say (docs/disputes.md)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response as PlainResponse

from api.dependencies import ReplyDep, RunningDep
from api.envelope import Envelope, ErrorEnvelope
from api.routes.attachments import as_download
from api.routes.staff import Reason, Remark
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from tools.disputes.staff import (
    Decision,
    Kind,
    ListedDispute,
    StaffDispute,
    decide_action,
    get_dispute,
    get_evidence,
    investigate,
    list_open_disputes,
    propose_action,
    request_evidence,
)

_NOT_FOUND = {"model": ErrorEnvelope, "description": "- `not_found`: there is nothing under that id."}
_REFUSED = {
    "model": ErrorEnvelope,
    "description": "- `invalid_input`: `details.fields` says what is wrong.\n- why it cannot be done, such as "
    "`dispute_over`, `already_credited`, `payment_pending`, `nothing_taken`, `account_closed`, `no_refund_clock`.",
}

router = APIRouter(prefix="/admin/disputes", tags=["staff"], responses=RESPONSES)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenDisputes(BaseModel):
    disputes: list[ListedDispute]


class ReasonQuery(_Body):
    reason: Reason


class InvestigateRequest(_Body):
    reason: Reason


class EvidenceRequest(_Body):
    request: Reason


class DisputeActionRequest(_Body):
    kind: Kind
    reason: Reason


class DisputeDecision(_Body):
    decision: Decision
    remark: Remark | None = None


@router.get("", operation_id="list_open_disputes", dependencies=[require("staff.disputes:work")])
async def waiting(
    context: StaffDep, reply: ReplyDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Envelope[OpenDisputes]:
    """What is not decided, the next deadline first. It does not say whose it is."""
    return reply(OpenDisputes(disputes=await list_open_disputes(context, limit=limit)))


@router.get(
    "/{dispute_id}",
    operation_id="get_dispute",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.disputes:read")],
)
async def one(
    dispute_id: UUID, query: Annotated[ReasonQuery, Query()], context: StaffDep, reply: ReplyDep
) -> Envelope[StaffDispute]:
    """A dispute with its clocks and the rules that they come from, events, evidence and actions. Opens the customer's
    file, which is written down."""
    return reply(await get_dispute(context, dispute_id, query.reason))


@router.get(
    "/{dispute_id}/evidence/{attachment_id}",
    operation_id="get_dispute_evidence",
    response_class=PlainResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file. Nobody has looked for malware."},
        404: _NOT_FOUND,
    },
    dependencies=[require("staff.disputes:read")],
)
async def evidence(
    dispute_id: UUID,
    attachment_id: UUID,
    query: Annotated[ReasonQuery, Query()],
    context: StaffDep,
    running: RunningDep,
) -> Response:
    """A file that the customer sent, to be saved. Opens the customer's file."""
    found, content = await get_evidence(context, running.attachments, dispute_id, attachment_id, query.reason)
    return as_download(found, content)


@router.post(
    "/{dispute_id}/investigate",
    operation_id="investigate_dispute",
    responses={404: _NOT_FOUND, 422: _REFUSED},
    dependencies=[require("staff.disputes:work")],
)
async def look_into(
    dispute_id: UUID, body: InvestigateRequest, context: StaffDep, reply: ReplyDep
) -> Envelope[StaffDispute]:
    """You look into it. The customer sees that somebody does."""
    return reply(await investigate(context, dispute_id, body.reason))


@router.post(
    "/{dispute_id}/request-evidence",
    operation_id="request_dispute_evidence",
    responses={404: _NOT_FOUND, 422: _REFUSED},
    dependencies=[require("staff.disputes:work")],
)
async def ask(dispute_id: UUID, body: EvidenceRequest, context: StaffDep, reply: ReplyDep) -> Envelope[StaffDispute]:
    """Ask the customer for something, in words that they read, within ten business days."""
    return reply(await request_evidence(context, dispute_id, body.request))


@router.post(
    "/{dispute_id}/actions",
    status_code=201,
    operation_id="propose_dispute_action",
    responses={
        404: _NOT_FOUND,
        409: {"model": ErrorEnvelope, "description": "- `already_proposed`: something waits already."},
        422: _REFUSED,
    },
    dependencies=[require("staff.disputes:work")],
)
async def propose(
    dispute_id: UUID, body: DisputeActionRequest, context: StaffDep, reply: ReplyDep
) -> Envelope[StaffDispute]:
    """Propose to credit the amount, to decide, or to stop the clock of an immediate refund on suspicion. Nothing is
    done before somebody else has approved it. The customer reads the reason of `resolve_for_merchant`; that of
    `suspend_refund` says where the suspicion was reported in writing, and the customer does not see it."""
    return reply(await propose_action(context, dispute_id, body.kind, body.reason))


@router.post(
    "/{dispute_id}/actions/{action_id}",
    operation_id="decide_dispute_action",
    responses={
        403: {
            "model": ErrorEnvelope,
            "description": "- `staff_only`: customers have no business here.\n- `role_not_allowed`: for supervisors "
            "and administrators.\n- `four_eyes`: you have proposed it yourself.",
        },
        404: _NOT_FOUND,
        409: {"model": ErrorEnvelope, "description": "- `already_decided`: it was decided otherwise before."},
        422: _REFUSED,
    },
    dependencies=[require("staff.disputes:decide")],
)
async def decide(
    dispute_id: UUID, action_id: UUID, body: DisputeDecision, context: StaffDep, reply: ReplyDep
) -> Envelope[StaffDispute]:
    """Approve what somebody else proposed, which is done at once, or reject it."""
    return reply(await decide_action(context, dispute_id, action_id, body.decision, body.remark))
