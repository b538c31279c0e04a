"""Applications of customers who want to be identified, for staff: agents look and propose, supervisors and
administrators decide what somebody else proposed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep, RunningDep
from api.envelope import Envelope, ErrorEnvelope
from api.routes.attachments import as_download
from api.routes.staff import Reason, Remark
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from tools.kyc.review import (
    Decision,
    ReviewedApplication,
    Verdict,
    WaitingApplication,
    decide_application,
    list_waiting,
    propose_verdict,
    read_picture,
    take_application,
)
from tools.kyc.store import Message, PictureKind

_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorEnvelope, "description": "- `not_found`: nothing waits under that id."}
}
_DECIDED = _FOUND | {
    409: {"model": ErrorEnvelope, "description": "- `already_decided`: `details.status` says how it stands."}
}

router = APIRouter(prefix="/admin/kyc", tags=["staff"], responses=RESPONSES)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WaitingQuery(_Body):
    limit: int = Field(default=50, ge=1, le=200)


class VerdictRequest(_Body):
    verdict: Verdict = Field(description="`draft` gives it back to the customer.")
    message: Message | None = Field(default=None, description="What the customer reads; none with `verified`.")
    reason: Reason


class DecisionRequest(_Body):
    decision: Decision
    remark: Remark | None = None


class WaitingList(BaseModel):
    applications: list[WaitingApplication]


class ApplicationState(BaseModel):
    application_id: UUID
    status: str


@router.get("/applications", operation_id="list_waiting_applications", dependencies=[require("staff.kyc:work")])
async def waiting(query: Annotated[WaitingQuery, Query()], context: StaffDep, reply: ReplyDep) -> Envelope[WaitingList]:
    """What waits for somebody, the oldest first. It does not say whose it is."""
    return reply(WaitingList(applications=await list_waiting(context, limit=query.limit)))


@router.post(
    "/applications/{application_id}/take",
    operation_id="take_application",
    responses=_FOUND,
    dependencies=[require("staff.kyc:work")],
)
async def take(
    application_id: UUID, context: StaffDep, running: RunningDep, reply: ReplyDep
) -> Envelope[ReviewedApplication]:
    """Look at an application. It opens the customer's file, which is written down."""
    return reply(await take_application(context, running.bank.seal, application_id))


@router.post(
    "/applications/{application_id}/documents/{kind}",
    operation_id="open_application_document",
    responses=_FOUND,
    dependencies=[require("staff.kyc:work")],
)
async def document(application_id: UUID, kind: PictureKind, context: StaffDep, running: RunningDep) -> Response:
    """A picture, as the customer sent it. It opens the customer's file, which is written down."""
    found, content = await read_picture(context, running.attachments, application_id, kind)
    return as_download(found, content)


@router.post(
    "/applications/{application_id}/propose",
    operation_id="propose_application",
    responses=_DECIDED,
    dependencies=[require("staff.kyc:work")],
)
async def propose(
    application_id: UUID, body: VerdictRequest, context: StaffDep, reply: ReplyDep
) -> Envelope[ApplicationState]:
    """Say what should become of it. It is done when somebody else has agreed."""
    status = await propose_verdict(context, application_id, body.verdict, body.message, body.reason)
    return reply(ApplicationState(application_id=application_id, status=status))


@router.post(
    "/applications/{application_id}/decide",
    operation_id="decide_application",
    responses=_DECIDED,
    dependencies=[require("staff.kyc:decide")],
)
async def decide(
    application_id: UUID, body: DecisionRequest, context: StaffDep, reply: ReplyDep
) -> Envelope[ApplicationState]:
    """Do what a colleague proposed, or leave it in review: 403 `four_eyes` for your own proposal."""
    status = await decide_application(context, application_id, body.decision, body.remark)
    return reply(ApplicationState(application_id=application_id, status=status))
