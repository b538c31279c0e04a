"""Handing an application in. Everything is looked at once more, and the name is screened, in the same transaction: the
customer hears of neither."""

from typing import Any, Literal

from pydantic import Field

from core.db.database import WriteHandle
from tools.accounts.accounts import NoArguments
from tools.compliance.screening.applicants import applicant
from tools.compliance.screening.screener import record_screening, screen_name
from tools.compliance.screening.subjects import SubjectKind
from tools.kyc.filling import SUBMITTED, WHERE, NotOpen
from tools.kyc.status import read_missing
from tools.kyc.store import StoredApplication, lock_open, open_application
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Proposed, Refusal, Risk, ToolContext, tool


class Incomplete(Refusal):
    status: Literal["application_incomplete"] = "application_incomplete"
    missing: list[str] = Field(description="What is needed, and what does not fit.")


@tool(
    title="Prepare to submit your identity application",
    scope="profile:write",
    risk=Risk.PREPARE,
    rest="POST /kyc/application/submit",
    examples={"Send off my identity application": {}},
)
async def submit_identity_application(
    context: ToolContext,
    arguments: NoArguments,  # noqa: ARG001
) -> Proposed | Incomplete | NotOpen:
    """Prepares to hand in the customer's application. It cannot be changed after that; colleagues look at it. The
    customer confirms; this call sends nothing."""
    async with context.database.writing(context.scope) as db:
        stored = await lock_open(db, context)
        if stored is None:
            return NotOpen(message=f"There is no application yet. Begin one {WHERE}; then it can be handed in.")
        if stored.status != "draft":
            return SUBMITTED
        missing = await read_missing(db, context, stored)
        if missing:
            what = "; ".join(missing)
            return Incomplete(
                message=f"Something is missing or does not fit, see to it {WHERE}: {what}", missing=missing
            )
        return await propose(
            db,
            context,
            "submit_identity_application",
            payload={"application_id": str(stored.id)},
            proposed=Proposed(summary=f"Submit your application {stored.reference} to be identified"),
        )


@effect("submit_identity_application")
async def _submit(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    stored = await lock_open(db, context)
    if stored is None or stored.status != "draft" or str(stored.id) != payload["application_id"]:
        return "application_submitted"
    if await read_missing(db, context, stored):
        return "application_incomplete"
    values = {"customer_id": context.customer_id, "application_id": stored.id, "now": context.now}
    await db.execute(QUERIES["submit_identity_application"], values)
    await _screen(db, context, stored)
    return None


async def _screen(db: WriteHandle, context: ToolContext, stored: StoredApplication) -> None:
    who = applicant(open_application(context.seal, stored.sealed))
    screening = await screen_name(context.database, db, who)
    await record_screening(db, SubjectKind.APPLICATION, stored.id, screening, context.now)
