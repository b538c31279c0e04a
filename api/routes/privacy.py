"""A person's rights over their data: a copy, and requests that the bank answers within a month (docs/privacy.md)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.dependencies import NowDep, ReplyDep, RunningDep, SignedInDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require, signed_in
from api.staff_context import RESPONSES, StaffDep
from core.security.tokens import AccountType
from tools.privacy.export import export_customer
from tools.privacy.requests import (
    Correctable,
    Kind,
    OpenedRequest,
    PrivacyRequest,
    WaitingRequest,
    decide_request,
    list_own_requests,
    list_waiting,
    make_request,
    open_request,
)

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=r"^[^\x00]*$")]
Wanted = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")
]

_CUSTOMERS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorEnvelope, "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in."},
    403: {"model": ErrorEnvelope, "description": "- `customers_only`: staff have no data of their own here."},
}
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorEnvelope, "description": "- `already_asked`: it is not answered yet."}
}
_INPUT: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorEnvelope, "description": "- `invalid_input`: what is wrong, or what is right, is not said."},
    422: {"model": ErrorEnvelope, "description": "- `invalid_input`: `details.fields` says what is wrong."},
}
_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorEnvelope, "description": "- `not_found`: there is none, or it is answered."}
}

router = APIRouter(prefix="/profile", tags=["privacy"], responses=_CUSTOMERS)
staff_router = APIRouter(prefix="/admin/privacy", tags=["staff"], responses=RESPONSES)


class RequestBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Kind
    reason: Words
    field: Correctable | None = Field(default=None, description="What is wrong; of a rectification.")
    wanted: Wanted | None = Field(default=None, description="What is right; of a rectification.")


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["grant", "refuse"]
    answer: Words = Field(description="What the customer is told.")


class ShownRequests(BaseModel):
    requests: list[PrivacyRequest]


class WaitingRequests(BaseModel):
    requests: list[WaitingRequest]


@router.get(
    "/export",
    dependencies=[signed_in(AccountType.CUSTOMER)],
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}, "description": "The archive."}},
)
async def export(identity: SignedInDep, running: RunningDep, now: NowDep) -> StreamingResponse:
    """A copy of all that is kept about you: a zip with a JSON file for each table, and a README."""
    pieces = await export_customer(running.database, running.openers, identity.id, by=identity.subject, now=now)
    name = f"my-data-{now:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.post(
    "/privacy-requests", dependencies=[signed_in(AccountType.CUSTOMER)], status_code=201, responses=_CONFLICT | _INPUT
)
async def ask(
    body: RequestBody, identity: SignedInDep, running: RunningDep, reply: ReplyDep, now: NowDep
) -> Envelope[PrivacyRequest]:
    """Ask to have your data corrected, erased or no longer used, or a person look at what a computer decided."""
    made = await make_request(
        running.database,
        identity.id,
        kind=body.kind,
        reason=body.reason,
        field=body.field,
        wanted=body.wanted,
        now=now,
    )
    return reply(made)


@router.get("/privacy-requests", dependencies=[signed_in(AccountType.CUSTOMER)])
async def list_mine(identity: SignedInDep, running: RunningDep, reply: ReplyDep) -> Envelope[ShownRequests]:
    """What you asked for and what the bank answered, the latest first."""
    found = await list_own_requests(running.database, identity.id)
    return reply(ShownRequests(requests=found))


@staff_router.get("/requests", dependencies=[require("staff.privacy:read")])
async def list_open(
    context: StaffDep, reply: ReplyDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Envelope[WaitingRequests]:
    """Requests that wait, those to be answered first at the top. Whose they are is not said."""
    found = await list_waiting(context, limit)
    return reply(WaitingRequests(requests=found))


@staff_router.post("/requests/{request_id}/open", dependencies=[require("staff.privacy:work")], responses=_MISSING)
async def open_one(request_id: UUID, context: StaffDep, reply: ReplyDep) -> Envelope[OpenedRequest]:
    """A request. Opens the customer's file, on record."""
    return reply(await open_request(context, request_id))


@staff_router.post("/requests/{request_id}/decide", dependencies=[require("staff.privacy:decide")], responses=_MISSING)
async def decide(request_id: UUID, body: DecisionBody, context: StaffDep, reply: ReplyDep) -> Envelope[OpenedRequest]:
    """Answers a request. A correction that is granted is made with it; an erasure is made with `tellergraph privacy
    erase`."""
    decided = await decide_request(context, request_id, is_granted=body.decision == "grant", answer=body.answer)
    return reply(decided)
