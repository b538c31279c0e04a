"""What a customer may ask about their data besides a copy: correction (GDPR article 16), erasure (17), restriction
(18), objection (21), and a person to look at what a computer decided (22). The bank answers within a month (article
12(3)).

Contact details and address customers change themselves (``change_contact_details``, ``change_address``); a name or a
date of birth is corrected by the member of staff who grants the request, in the transaction that records it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from core.db.database import Database, Scope
from core.errors import Conflict, InvalidInput, NotFound
from tools.privacy.queries import QUERIES
from tools.staff.context import StaffContext

Kind = Literal["rectification", "erasure", "restriction", "objection", "human_review"]
Correctable = Literal["full_name", "date_of_birth"]
Status = Literal["open", "done", "refused"]


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    id: UUID
    kind: Kind
    field: Correctable | None
    wanted: str | None
    reason: str
    made_at: datetime
    answer_by: datetime
    status: Status
    answer: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenedRequest(PrivacyRequest):
    """As staff see it, who opened the customer's file by that."""

    customer_id: UUID


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """Says nothing about whose it is."""

    id: UUID
    kind: Kind
    made_at: datetime
    answer_by: datetime


async def make_request(
    database: Database,
    customer_id: UUID,
    *,
    kind: Kind,
    reason: str,
    field: Correctable | None,
    wanted: str | None,
    now: datetime,
) -> PrivacyRequest:
    """Raises:
    InvalidInput: a correction does not say of what and to what, or of no real day.
    Conflict: the same was asked and is not answered (``already_asked``).
    """
    wanted = _require_whole(kind, field, wanted, now)
    values = {"kind": kind, "reason": reason, "field": field, "wanted": wanted, "now": now}
    line = {
        "actor": f"customer:{customer_id}",
        "customer_id": customer_id,
        "action": "privacy_request.made",
        "now": now,
    }
    try:
        async with database.writing(Scope(customer_id=customer_id)) as db:
            made = await db.get(PrivacyRequest, QUERIES["insert_request"], values)
            line |= {"resource": f"privacy_requests/{made.id}", "detail": Jsonb({"kind": kind})}
            await db.execute(QUERIES["add_audit_line"], line)
    except Conflict as error:
        raise Conflict("You have asked for that already. We answer within a month.", code="already_asked") from error
    return made


async def list_own_requests(database: Database, customer_id: UUID) -> list[PrivacyRequest]:
    """The latest first."""
    return await database.fetch(PrivacyRequest, QUERIES["list_requests"], scope=Scope(customer_id=customer_id))


async def list_waiting(context: StaffContext, limit: int) -> list[WaitingRequest]:
    """Those to be answered first, first."""
    values = {"limit": limit}
    return await context.database.fetch(WaitingRequest, QUERIES["list_open_requests"], values, scope=context.scope)


async def open_request(context: StaffContext, request_id: UUID) -> OpenedRequest:
    """Raises NotFound, Forbidden (``role_not_allowed``)."""
    async with context.database.writing(context.scope) as db:
        return await db.get(OpenedRequest, QUERIES["open_request"], {"id": request_id, "now": context.now})


async def decide_request(context: StaffContext, request_id: UUID, *, is_granted: bool, answer: str) -> OpenedRequest:
    """Answers once; a correction that is granted is made.

    Raises:
        NotFound: there is none that waits.
        Forbidden: not for that role.
    """
    values = {"id": request_id, "is_granted": is_granted, "answer": answer, "now": context.now}
    async with context.database.writing(context.scope) as db:
        decided = await db.find(OpenedRequest, QUERIES["decide_request"], values)
    if decided is None:
        raise NotFound("There is no such request, or it is answered.")
    return decided


def _require_whole(kind: Kind, field: Correctable | None, wanted: str | None, now: datetime) -> str | None:
    if kind != "rectification":
        if field or wanted:
            raise InvalidInput("Only a correction says what of, and to what.")
        return None
    if field is None or not wanted:
        raise InvalidInput("Say what is wrong (field) and what is right (wanted).")
    if field == "date_of_birth":
        try:
            born = date.fromisoformat(wanted)
        except ValueError as error:
            raise InvalidInput("A date of birth is written as 1961-04-12.") from error
        if not born.year >= 1900 or born >= now.date():
            raise InvalidInput("That is no date of birth.")
        return born.isoformat()
    return wanted
