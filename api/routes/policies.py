"""For the bank's staff: the policy's versions, and publishing the next one, which takes two."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from core.errors import Conflict
from tools.policy.document import PolicyDocument
from tools.policy.publishing import (
    ListedProposal,
    PolicyVersion,
    Proposal,
    ProposalStatus,
    decide,
    get_document,
    get_proposal,
    list_proposals,
    list_versions,
    propose,
)

Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=r"^[^\x00]*$"),
    Field(description="Why. It is written down with your name."),
]
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,40}$")]

_NOT_FOUND = {"model": ErrorEnvelope, "description": "- `not_found`: there is nothing under that name or id."}
_REFUSED = {
    "model": ErrorEnvelope,
    "description": "- `invalid_input`: `details.fields` says what is wrong.\n- `policy_past`: the day is not to come.\n"
    "- `policy_currency`, `policy_term`: it does not fit what is published.",
}
_DECIDED: dict[int | str, dict[str, Any]] = {
    403: {
        "model": ErrorEnvelope,
        "description": "- `staff_only`, `role_not_allowed`.\n- `four_eyes`: you have proposed it yourself.",
    },
    404: _NOT_FOUND,
    409: {"model": ErrorEnvelope, "description": "- `already_decided`: it was decided otherwise before."},
    422: _REFUSED,
}

router = APIRouter(prefix="/admin/policies", tags=["staff"], responses=RESPONSES)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PolicyProposal(_Body):
    version: Version
    effective_on: date = Field(description="From the beginning of this day in London; a day to come.")
    document: PolicyDocument
    reason: Why


class PolicyDecided(_Body):
    remark: Why | None = None


class ProposalQuery(_Body):
    status: ProposalStatus = "pending"
    limit: int = Field(default=50, ge=1, le=200)


class Versions(BaseModel):
    versions: list[PolicyVersion]


class Proposals(BaseModel):
    proposals: list[ListedProposal]


@router.get("", operation_id="list_policies", dependencies=[require("staff.policies:read")])
async def versions(context: StaffDep, reply: ReplyDep) -> Envelope[Versions]:
    """What was published, the newest first."""
    return reply(Versions(versions=await list_versions(context)))


@router.post(
    "/proposals",
    status_code=201,
    operation_id="propose_policy",
    responses={409: _DECIDED[409], 422: _REFUSED},
    dependencies=[require("staff.policies:propose")],
)
async def make_proposal(body: PolicyProposal, context: StaffDep, reply: ReplyDep) -> Envelope[Proposal]:
    """Propose a version. The database has tried to write it then; nothing holds before somebody else publishes it."""
    return reply(await propose(context, body.version, body.effective_on, body.document, body.reason))


@router.get("/proposals", operation_id="list_policy_proposals", dependencies=[require("staff.policies:read")])
async def proposals(
    query: Annotated[ProposalQuery, Query()], context: StaffDep, reply: ReplyDep
) -> Envelope[Proposals]:
    """In one state, the newest first."""
    return reply(Proposals(proposals=await list_proposals(context, status=query.status, limit=query.limit)))


@router.get(
    "/proposals/{proposal_id}",
    operation_id="get_policy_proposal",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.policies:read")],
)
async def proposal(proposal_id: UUID, context: StaffDep, reply: ReplyDep) -> Envelope[Proposal]:
    """One proposal as it stands."""
    return reply(await get_proposal(context, proposal_id))


@router.post(
    "/proposals/{proposal_id}/approve",
    operation_id="publish_policy",
    responses=_DECIDED,
    dependencies=[require("staff.policies:decide")],
)
async def approve(proposal_id: UUID, body: PolicyDecided, context: StaffDep, reply: ReplyDep) -> Envelope[Proposal]:
    """Publish what somebody else proposed. It is never changed from then on."""
    decided = await decide(context, proposal_id, "approve", body.remark)
    _require(decided, "published")
    return reply(decided)


@router.post(
    "/proposals/{proposal_id}/reject",
    operation_id="reject_policy",
    responses=_DECIDED,
    dependencies=[require("staff.policies:decide")],
)
async def reject(proposal_id: UUID, body: PolicyDecided, context: StaffDep, reply: ReplyDep) -> Envelope[Proposal]:
    """Refuse what somebody else proposed."""
    decided = await decide(context, proposal_id, "reject", body.remark)
    _require(decided, "rejected")
    return reply(decided)


@router.get(
    "/{version}", operation_id="get_policy", responses={404: _NOT_FOUND}, dependencies=[require("staff.policies:read")]
)
async def document(version: Version, context: StaffDep, reply: ReplyDep) -> Envelope[dict[str, Any]]:
    """A version as one object: what a proposal of the next begins with."""
    return reply(await get_document(context, version))


def _require(decided: Proposal, end: ProposalStatus) -> None:
    """Raises Conflict when it had been decided otherwise."""
    if decided.status != end:
        raise Conflict("This was decided otherwise before.", code="already_decided", details={"status": decided.status})
