"""For the bank's staff: cases of what customers let be known in passing (docs/care.md). The chat opens them; here alone
they are closed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.routes.staff import Reason
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from tools.service.care.cases import CareCase, WaitingCase, close_case, list_cases, take_case

_CONFLICT = {
    "model": ErrorEnvelope,
    "description": "- `case_not_yours`: it is not there, closed, a colleague's, or was not taken yet.",
}

router = APIRouter(prefix="/admin/care-cases", tags=["staff"], responses=RESPONSES)


class WaitingCases(BaseModel):
    cases: list[WaitingCase]


class CloseCaseRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Reason


@router.get("", operation_id="list_care_cases", dependencies=[require("staff.care:work")])
async def waiting(
    context: StaffDep, reply: ReplyDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Envelope[WaitingCases]:
    """What is open, the next deadline first. It does not say whose it is."""
    return reply(WaitingCases(cases=await list_cases(context, limit=limit)))


@router.post(
    "/{case_id}/take",
    operation_id="take_care_case",
    responses={409: _CONFLICT},
    dependencies=[require("staff.care:work")],
)
async def take(case_id: UUID, context: StaffDep, reply: ReplyDep) -> Envelope[CareCase]:
    """Take a case: you get what the customer said. It is written down that you opened their file."""
    return reply(await take_case(context, case_id))


@router.post(
    "/{case_id}/close",
    operation_id="close_care_case",
    responses={409: _CONFLICT},
    dependencies=[require("staff.care:work")],
)
async def close(case_id: UUID, body: CloseCaseRequest, context: StaffDep, reply: ReplyDep) -> Envelope[CareCase]:
    """Say what became of it. A closed case stays as it is."""
    return reply(await close_case(context, case_id, body.outcome))
