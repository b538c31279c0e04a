"""For officers of compliance alone: cases of suspected money laundering. Every look is on record; nobody else can see
that there is anything to look at (docs/aml.md)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from core.clock import BANK_TIME_ZONE
from tools.compliance.aml.cases import (
    Case,
    CaseStatus,
    ListedCase,
    Outcome,
    add_note,
    assign_case,
    decide_closing,
    get_case,
    list_cases,
    open_case,
    propose_closing,
)
from tools.compliance.aml.sar import Draft, draft_report

Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=2000, pattern=r"^[^\x00]*$"),
    Field(description="Why. It is written down with your name."),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000, pattern=r"^[^\x00]*$")]
Institution = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=150, pattern=r"^[^\x00-\x1f]*$")
]

_NOT_FOUND = {"model": ErrorEnvelope, "description": "- `not_found`: there is nothing under that id."}
_CHANGED: dict[int | str, dict[str, Any]] = {
    403: {
        "model": ErrorEnvelope,
        "description": "- `staff_only`, `role_not_allowed`: for officers of compliance.\n- `four_eyes`: who opened the "
        "case, or wants it closed, does not decide that it is.",
    },
    404: _NOT_FOUND,
    409: {
        "model": ErrorEnvelope,
        "description": "- `case_closed`, `case_open`, `closing_not_proposed`: how the case stands.",
    },
}

router = APIRouter(prefix="/admin/compliance/cases", tags=["compliance"], responses=RESPONSES)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CasesQuery(_Body):
    status: CaseStatus = "open"
    limit: int = Field(default=50, ge=1, le=200)


class CaseQuery(_Body):
    reason: Why


class NewCase(_Body):
    customer_id: UUID
    reason: Why


class NewNote(_Body):
    text: Text


class Assignment(_Body):
    officer_id: UUID


class Closing(_Body):
    outcome: Outcome
    reason: Why


class ClosingDecided(_Body):
    remark: Why


class ReportRequest(_Body):
    reason: Why
    institution: Institution = "The bank"
    glossary: list[str] = Field(default=[], max_length=20, description="UK glossary codes; none: no codes apply.")


class CaseList(BaseModel):
    cases: list[ListedCase]


@router.get("", operation_id="list_cases", dependencies=[require("staff.compliance:work")])
async def cases(query: Annotated[CasesQuery, Query()], context: StaffDep, reply: ReplyDep) -> Envelope[CaseList]:
    """The oldest first. The list does not say whose they are."""
    return reply(CaseList(cases=await list_cases(context, status=query.status, limit=query.limit)))


@router.post(
    "",
    status_code=201,
    operation_id="open_case",
    responses={404: _NOT_FOUND, 409: _CHANGED[409]},
    dependencies=[require("staff.compliance:work")],
)
async def new_case(body: NewCase, context: StaffDep, reply: ReplyDep) -> Envelope[Case]:
    """Open a case that the monitor did not."""
    return reply(await open_case(context, body.customer_id, body.reason))


@router.get(
    "/{case_id}", operation_id="get_case", responses={404: _NOT_FOUND}, dependencies=[require("staff.compliance:work")]
)
async def case(
    case_id: UUID, query: Annotated[CaseQuery, Query()], context: StaffDep, reply: ReplyDep
) -> Envelope[Case]:
    """A case with its alerts, transactions and notes."""
    return reply(await get_case(context, case_id, query.reason))


@router.post(
    "/{case_id}/notes",
    status_code=201,
    operation_id="add_case_note",
    responses=_CHANGED,
    dependencies=[require("staff.compliance:work")],
)
async def note(case_id: UUID, body: NewNote, context: StaffDep, reply: ReplyDep) -> Envelope[Case]:
    """Write something down. Notes are never changed."""
    return reply(await add_note(context, case_id, body.text))


@router.post(
    "/{case_id}/assign", operation_id="assign_case", responses=_CHANGED, dependencies=[require("staff.compliance:work")]
)
async def assign(case_id: UUID, body: Assignment, context: StaffDep, reply: ReplyDep) -> Envelope[Case]:
    """Give the case to an officer."""
    return reply(await assign_case(context, case_id, body.officer_id))


@router.post(
    "/{case_id}/closing",
    operation_id="propose_case_closing",
    responses=_CHANGED,
    dependencies=[require("staff.compliance:work")],
)
async def close(case_id: UUID, body: Closing, context: StaffDep, reply: ReplyDep) -> Envelope[Case]:
    """Propose to close the case. Another officer decides."""
    return reply(await propose_closing(context, case_id, body.outcome, body.reason))


@router.post(
    "/{case_id}/closing/approve",
    operation_id="approve_case_closing",
    responses=_CHANGED,
    dependencies=[require("staff.compliance:work")],
)
async def approve(case_id: UUID, body: ClosingDecided, context: StaffDep, reply: ReplyDep) -> Envelope[Case]:
    """Close the case as another officer proposed."""
    return reply(await decide_closing(context, case_id, "approve", body.remark))


@router.post(
    "/{case_id}/closing/reject",
    operation_id="reject_case_closing",
    responses=_CHANGED,
    dependencies=[require("staff.compliance:work")],
)
async def reject(case_id: UUID, body: ClosingDecided, context: StaffDep, reply: ReplyDep) -> Envelope[Case]:
    """Keep the case open."""
    return reply(await decide_closing(context, case_id, "reject", body.remark))


@router.post(
    "/{case_id}/report",
    operation_id="draft_case_report",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.compliance:work")],
)
async def report(case_id: UUID, body: ReportRequest, context: StaffDep, reply: ReplyDep) -> Envelope[Draft]:
    """The draft of a suspicious activity report: FinCEN's field names, UK glossary codes, and Markdown to read."""
    found = await get_case(context, case_id, body.reason, action="exported")
    filed_on = context.now.astimezone(BANK_TIME_ZONE).date()
    return reply(draft_report(found, filed_on=filed_on, institution=body.institution, glossary=body.glossary))
