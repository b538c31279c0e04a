"""What customers add to a dispute, and taking it back."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from core.db.database import WriteHandle
from core.security.pii import without_secrets
from tools.attachments.store import FileUnknown, find_attachment
from tools.customer_text import Told
from tools.disputes.disputes import DisputeArguments, DisputeRow, DisputeUnclear, DisputeUnknown, find_one
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Proposed, Refusal, Risk, ToolContext, tool


class EvidenceArguments(DisputeArguments):
    attachment: UUID | None = Field(
        default=None, description="The id of a file that was uploaded (POST /api/v1/attachments, purpose dispute)."
    )
    note: Told | None = Field(default=None, description="What the customer says to it, in their own words.")

    @model_validator(mode="after")
    def _something(self) -> "EvidenceArguments":
        if self.attachment is None and self.note is None:
            raise ValueError("give a file, a note, or both")
        return self


class DisputeOver(Refusal):
    status: Literal["dispute_over"] = "dispute_over"
    message: str = "This dispute is over. Ask for a colleague if there is something new."


class DisputeCredited(Refusal):
    status: Literal["dispute_credited"] = "dispute_credited"
    message: str = "The money is in your account already. Ask for a colleague, who settles that with you."


@dataclass(frozen=True, slots=True)
class _Answer:
    refusal: str | None


@tool(
    title="Prepare to add evidence to a dispute",
    scope="disputes:write",
    risk=Risk.PREPARE,
    rest="POST /disputes/{reference}/evidence",
    examples={"The seller wrote that they never sent it": {"note": "The seller wrote that they never sent it."}},
)
async def add_evidence(
    context: ToolContext, arguments: EvidenceArguments
) -> Proposed | DisputeUnclear | DisputeUnknown | DisputeOver | FileUnknown:
    """Prepares to add a note, an uploaded file or both to a dispute that is not over. The customer confirms; this call
    adds nothing."""
    async with context.database.writing(context.scope) as db:
        row = await find_one(db, context, arguments.reference)
        if not isinstance(row, DisputeRow):
            return row
        if row.decided_at is not None:
            return DisputeOver()
        name = None
        if arguments.attachment is not None:
            file = await find_attachment(db, context.customer_id, arguments.attachment, "dispute")
            if file is None:
                return FileUnknown(message="There is no such file. Upload it first, with the purpose dispute.")
            name = file.name
        what = " and ".join(part for part in (name and f"the file {name}", arguments.note and "a note") if part)
        return await propose(
            db,
            context,
            "add_evidence",
            payload={
                "dispute_id": str(row.id),
                "attachment_id": arguments.attachment and str(arguments.attachment),
                "note": arguments.note and without_secrets(arguments.note),
            },
            proposed=Proposed(summary=f"Add {what} to dispute {row.reference} ({row.payment})"),
        )


@tool(
    title="Prepare to take back a dispute",
    scope="disputes:write",
    risk=Risk.PREPARE,
    rest="POST /disputes/{reference}/withdraw",
    examples={"Forget my dispute, I remember that payment now": {}},
)
async def withdraw_dispute(
    context: ToolContext, arguments: DisputeArguments
) -> Proposed | DisputeUnclear | DisputeUnknown | DisputeOver | DisputeCredited:
    """Prepares to take back a dispute that is not decided and of which nothing was credited yet. The customer confirms;
    this call takes nothing back."""
    async with context.database.writing(context.scope) as db:
        row = await find_one(db, context, arguments.reference)
        if not isinstance(row, DisputeRow):
            return row
        if row.decided_at is not None:
            return DisputeOver()
        if row.credited_at is not None:
            return DisputeCredited()
        summary = f"Take back dispute {row.reference} ({row.payment}, {row.amount})"
        payload = {"dispute_id": str(row.id)}
        return await propose(db, context, "withdraw_dispute", payload=payload, proposed=Proposed(summary=summary))


@effect("add_evidence")
async def _add(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    return (await db.get(_Answer, QUERIES["add_dispute_evidence"], payload | {"now": context.now})).refusal


@effect("withdraw_dispute")
async def _withdraw(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    return (await db.get(_Answer, QUERIES["withdraw_dispute"], payload | {"now": context.now})).refusal
