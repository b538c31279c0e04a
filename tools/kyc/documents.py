"""Pictures of documents: files that the customer uploaded (``POST /api/v1/attachments``, purpose identity)."""

from typing import Any
from uuid import UUID

from pydantic import Field

from core.db.database import WriteHandle
from tools.attachments.store import FileUnknown, find_attachment
from tools.kyc.filling import WHERE, NotOpen
from tools.kyc.store import PictureKind, lock_open
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Risk, ToolContext, tool

_SHOWS: dict[PictureKind, str] = {"identity": "identity document", "address": "address"}


class DocumentArguments(Arguments):
    file: UUID = Field(description="The id of a file that was uploaded with the purpose identity.")
    shows: PictureKind = Field(description="The identity document, or a letter with the address.")


@tool(
    title="Prepare to add a picture of a document",
    scope="profile:write",
    risk=Risk.PREPARE,
    rest="POST /kyc/documents",
    examples={
        "Add the photo of my passport": {
            "file": "01930c1e-7f6e-7bd4-9d0a-2d1c7e0f5a11",
            "shows": "identity",
        }
    },
)
async def add_identity_document(context: ToolContext, arguments: DocumentArguments) -> Proposed | FileUnknown | NotOpen:
    """Prepares to add an uploaded file to the customer's application. They upload it in the app first and confirm
    here."""
    async with context.database.writing(context.scope) as db:
        stored = await lock_open(db, context)
        if stored is None or stored.status != "draft":
            return NotOpen(message=f"There is no application to add it to. Fill in your details first, {WHERE}.")
        found = await find_attachment(db, context.customer_id, arguments.file, "identity")
        if found is None:
            return FileUnknown(message="I do not find that file. Upload it in the app first, as an identity document.")
        return await propose(
            db,
            context,
            "add_identity_document",
            payload={"attachment_id": str(found.id), "shows": arguments.shows},
            proposed=Proposed(summary=f"Add the file {found.name} as a picture of your {_SHOWS[arguments.shows]}"),
        )


@effect("add_identity_document")
async def _add(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    stored = await lock_open(db, context)
    if stored is None or stored.status != "draft":
        return "application_submitted"
    values = {
        "customer_id": context.customer_id,
        "application_id": stored.id,
        "kind": payload["shows"],
        "attachment_id": payload["attachment_id"],
        "now": context.now,
    }
    await db.execute(QUERIES["set_identity_document"], values)
    return None
