"""Cases, for officers of compliance. Who may do what is decided by functions of schema ``compliance`` from
``StaffContext.staff_id``; reading a case is on record there, in a journal that no other member of staff can read."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import Field

from core.db.database import WriteHandle
from core.db.queries import Queries
from tools.registry import Result
from tools.staff.context import StaffContext

_QUERIES = Queries(Path(__file__).with_suffix(".sql"))

CaseStatus = Literal["open", "closing", "closed"]
MOST_TRANSACTIONS = 500
"""Of a case, as ``compliance.get_case`` tells them."""

Outcome = Literal["no_suspicion", "report_filed"]
ClosingDecision = Literal["approve", "reject"]


class ListedCase(Result):
    """A case as the list shows it: nothing about the customer."""

    id: UUID
    reference: str
    status: CaseStatus
    opened_at: datetime
    assigned_to: str | None = Field(description="By name.")
    rules: list[str]
    alerts: int


class CaseCustomer(Result):
    id: UUID
    name: str
    date_of_birth: date | None
    phone: str | None
    address_line: str | None
    city: str | None
    postcode: str | None
    country: str
    kyc_status: str
    kyc_level: int
    since: datetime


class CaseAccount(Result):
    kind: str
    currency: str
    status: str
    number: str | None
    opened_at: datetime


class Alert(Result):
    """What a rule found. Amounts are minor units of ``currency``."""

    rule: str
    rule_set: str
    currency: str
    window_from: date
    first_day: date
    last_day: date
    amount_minor: int
    evidence: dict[str, Any]
    at: datetime


class CaseTransaction(Result):
    id: int
    booked_at: datetime
    kind: str
    category: str
    amount_minor: int
    currency: str
    description: str


class Note(Result):
    author: str | None
    text: str
    at: datetime


class Case(Result):
    id: UUID
    reference: str
    status: CaseStatus
    reason: str
    outcome: Outcome | None
    opened_at: datetime
    closed_at: datetime | None
    opened_by: str | None = Field(description="By name; null: the monitor.")
    assigned_to: str | None
    proposed_by: str | None = Field(description="Who wants it closed.")
    decided_by: str | None
    customer: CaseCustomer
    accounts: list[CaseAccount]
    alerts: list[Alert]
    transactions: list[CaseTransaction] = Field(description=f"Of the alerts' windows, at most {MOST_TRANSACTIONS}.")
    notes: list[Note]


@dataclass(frozen=True, slots=True)
class _Document:
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Opened:
    id: UUID


async def list_cases(context: StaffContext, *, status: CaseStatus, limit: int) -> list[ListedCase]:
    """Raises Forbidden for everybody but officers, as every function here."""
    values = {"status": status, "limit": limit, "now": context.now}
    async with context.database.writing(context.scope) as db:
        return await db.all(ListedCase, _QUERIES["list_cases"], values)


async def get_case(
    context: StaffContext, case_id: UUID, reason: str, *, action: Literal["read", "exported"] = "read"
) -> Case:
    """Raises NotFound."""
    async with context.database.writing(context.scope) as db:
        return await _read(db, context, case_id, reason, action)


async def open_case(context: StaffContext, customer_id: UUID, reason: str) -> Case:
    """Raises NotFound for nobody's id, Conflict where a case of the customer is open."""
    values = {"customer_id": customer_id, "reason": reason, "now": context.now}
    async with context.database.writing(context.scope) as db:
        opened = await db.get(_Opened, _QUERIES["open_case"], values)
        return await _read(db, context, opened.id, reason, "read")


async def add_note(context: StaffContext, case_id: UUID, text: str) -> Case:
    """Raises NotFound, and Conflict for a case that is closed, as all below."""
    return await _change(context, case_id, "add_note", {"text": text})


async def assign_case(context: StaffContext, case_id: UUID, officer_id: UUID) -> Case:
    """Raises NotFound for who is no officer."""
    return await _change(context, case_id, "assign_case", {"to": officer_id})


async def propose_closing(context: StaffContext, case_id: UUID, outcome: Outcome, reason: str) -> Case:
    """Raises Conflict where its closing waits already."""
    return await _change(context, case_id, "propose_closing", {"outcome": outcome, "reason": reason})


async def decide_closing(context: StaffContext, case_id: UUID, decision: ClosingDecision, remark: str) -> Case:
    """Raises Forbidden for who proposed it or opened the case, Conflict where nobody proposed it."""
    return await _change(context, case_id, "decide_closing", {"decision": decision, "remark": remark})


async def _change(context: StaffContext, case_id: UUID, query: LiteralString, values: dict[str, Any]) -> Case:
    async with context.database.writing(context.scope) as db:
        await db.execute(_QUERIES[query], values | {"case_id": case_id, "now": context.now})
        return await _read(db, context, case_id, query.replace("_", " "), "read")


async def _read(db: WriteHandle, context: StaffContext, case_id: UUID, reason: str, action: str) -> Case:
    values = {"case_id": case_id, "action": action, "reason": reason, "now": context.now}
    return Case.model_validate((await db.get(_Document, _QUERIES["get_case"], values)).document)
