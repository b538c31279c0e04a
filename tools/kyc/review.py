"""Staff look at applications: one takes it, which opens the customer's file, and proposes; another decides. Who may is
decided by the functions of 0022_kyc.up.sql. Nobody is verified while screening has something open on them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import WriteHandle
from core.db.queries import Queries
from core.errors import Conflict, NotFound, Refused
from core.security.sealing import Seal
from tools.attachments.store import Attachment, Attachments
from tools.kyc.application import Application
from tools.kyc.checks import find_problems
from tools.kyc.store import Message, PictureKind, open_application
from tools.registry import Result
from tools.staff.context import StaffContext

QUERIES = Queries(Path(__file__).with_name("review.sql"))

Verdict = Literal["verified", "rejected", "draft"]
"""``draft`` gives it back to the customer, who is told what to mend."""
Decision = Literal["approve", "reject"]


class WaitingApplication(Result):
    """It does not say whose it is."""

    id: UUID
    reference: str
    level: int
    status: Literal["submitted", "in_review"]
    submitted_at: datetime
    taken_by: str | None
    verdict: Verdict | None
    maker: str | None


class Picture(Result):
    kind: PictureKind
    attachment_id: UUID = Field(description="POST /api/v1/admin/kyc/applications/{id}/documents/{kind} gives it.")
    name: str
    media_type: str


class ReviewedApplication(Result):
    id: UUID
    reference: str
    customer_id: UUID
    level: int
    status: str
    submitted_at: datetime | None
    application: Application = Field(description="What the customer says.")
    problems: list[str] = Field(description="What does not fit by now, such as a document that has expired since.")
    pictures: list[Picture]
    verdict: Verdict | None
    message: Message | None
    maker: str | None
    maker_reason: str | None


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    reference: str
    customer_id: UUID
    level: int
    status: str
    sealed: str
    submitted_at: datetime | None
    verdict: Verdict | None
    maker_reason: str | None
    message: Message | None
    maker: str | None


@dataclass(frozen=True, slots=True)
class _Customer:
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class _Ended:
    status: str
    is_done: bool


async def list_waiting(context: StaffContext, *, limit: int) -> list[WaitingApplication]:
    """The longest waiting first. Raises Forbidden for auditors."""
    async with context.database.reading(context.scope) as db:
        return await db.all(WaitingApplication, QUERIES["list_waiting"], {"limit": limit})


async def take_application(context: StaffContext, seal: Seal, application_id: UUID) -> ReviewedApplication:
    """Opens it and its customer's file, on record.

    Raises:
        NotFound: nothing waits under that id.
        Forbidden: for auditors.
    """
    values = {"application_id": application_id, "now": context.now}

    async def work(db: WriteHandle) -> ReviewedApplication:
        await db.get(_Customer, QUERIES["take"], values)
        row = await db.get(_Row, QUERIES["get_application"], values)
        pictures = await db.all(Picture, QUERIES["list_documents"], values)
        return _opened(row, pictures, open_application(seal, row.sealed), context)

    return await context.database.transact(work, scope=context.scope)


async def read_picture(
    context: StaffContext, attachments: Attachments, application_id: UUID, kind: PictureKind
) -> tuple[Attachment, bytes]:
    """A picture of an application that waits; its customer's file is opened, on record.

    Raises:
        NotFound: nothing waits under that id, or there is no such picture.
        Forbidden: for auditors.
    """
    values = {"application_id": application_id, "now": context.now}

    async def work(db: WriteHandle) -> tuple[Attachment, bytes]:
        owner = await db.get(_Customer, QUERIES["take"], values)
        pictures = await db.all(Picture, QUERIES["list_documents"], values)
        found = next((picture for picture in pictures if picture.kind == kind), None)
        if found is None:
            raise NotFound("There is no such picture.")
        return await attachments.open(db, owner.customer_id, found.attachment_id)

    return await context.database.transact(work, scope=context.scope)


async def propose_verdict(
    context: StaffContext, application_id: UUID, verdict: Verdict, message: Message | None, reason: str
) -> str:
    """Says what should become of it, for a colleague to decide.

    Args:
        message: what the customer will read; the reason they never see.

    Raises:
        NotFound: there is no such application.
        Forbidden: for auditors.
        Refused: whoever is not verified is told something.
        Conflict: it is not in review, or something is proposed already.
    """
    if (verdict == "verified") != (message is None):
        raise Refused("Who is not verified gets a message, who is gets none.", code="message_needed")
    values = {"application_id": application_id, "verdict": verdict, "message": message}
    values |= {"reason": reason, "now": context.now}

    async def work(db: WriteHandle) -> str:
        return _done(await db.get(_Ended, QUERIES["propose"], values))

    return await context.database.transact(work, scope=context.scope)


async def decide_application(
    context: StaffContext, application_id: UUID, decision: Decision, reason: str | None
) -> str:
    """Does what a colleague proposed, or leaves it in review. Returns the state as it is then.

    Raises:
        NotFound: there is no such application.
        Forbidden: for agents and auditors, and for who proposed it (``four_eyes``).
        Refused: screening has something open on the person (``screening_waits``).
        Conflict: nothing is proposed.
    """
    values = {"application_id": application_id, "decision": decision, "reason": reason, "now": context.now}

    async def work(db: WriteHandle) -> str:
        return _done(await db.get(_Ended, QUERIES["decide"], values))

    return await context.database.transact(work, scope=context.scope)


def _done(ended: _Ended) -> str:
    if ended.is_done:
        return ended.status
    if ended.status == "screening_waits":
        raise Refused("Screening has something open on this person. It is decided first.", code="screening_waits")
    said = f"The application is {ended.status.replace('_', ' ')}, or something else is proposed."
    raise Conflict(said, code="already_decided", details={"status": ended.status})


def _opened(row: _Row, pictures: list[Picture], application: Application, context: StaffContext) -> ReviewedApplication:
    today = context.now.astimezone(BANK_TIME_ZONE).date()
    return ReviewedApplication(
        id=row.id,
        reference=row.reference,
        customer_id=row.customer_id,
        level=row.level,
        status=row.status,
        submitted_at=row.submitted_at,
        application=application,
        problems=[problem.text for problem in find_problems(application, today)],
        pictures=pictures,
        verdict=row.verdict,
        message=row.message,
        maker=row.maker,
        maker_reason=row.maker_reason,
    )
