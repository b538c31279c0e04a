"""Applications as the database keeps them: sealed, opened for their customer and for staff who opened the file."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from core.db.database import ReadHandle, WriteHandle
from core.errors import TellergraphError
from core.security.sealing import Seal
from tools.kyc.application import Application, Section
from tools.queries import QUERIES
from tools.registry import ToolContext

Status = Literal["draft", "submitted", "in_review", "verified", "rejected", "expired"]
PictureKind = Literal["identity", "address"]
"""What a picture shows: the identity document, or a letter with the address."""
Message = Literal["document_unreadable", "document_expired", "details_differ", "more_needed", "cannot_offer"]


class ApplicationUnreadable(TellergraphError):
    """Sealed with a key that is not this server's."""

    code = "application_unreadable"


@dataclass(frozen=True, slots=True)
class StoredApplication:
    id: UUID
    reference: str
    level: int
    status: Status
    sections: list[Section]
    sealed: str
    message: Message | None
    submitted_at: datetime | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Level:
    """What a level takes."""

    sections: list[str]
    documents: int


@dataclass(frozen=True, slots=True)
class _Picture:
    kind: PictureKind


def seal_application(seal: Seal, application: Application) -> str:
    return seal.close(application.model_dump_json(exclude_none=True))


def open_application(seal: Seal, sealed: str) -> Application:
    """Raises ApplicationUnreadable."""
    text = seal.find(sealed)
    if text is None:
        raise ApplicationUnreadable("The application was sealed with another key of the server.")
    return Application.model_validate_json(text)


async def find_application(db: ReadHandle, context: ToolContext) -> StoredApplication | None:
    """The latest."""
    values = {"customer_id": context.customer_id}
    return await db.find(StoredApplication, QUERIES["find_identity_application"], values)


async def lock_open(db: WriteHandle, context: ToolContext) -> StoredApplication | None:
    """The one that is not decided, for this transaction to change."""
    values = {"customer_id": context.customer_id}
    return await db.find(StoredApplication, QUERIES["lock_identity_draft"], values)


async def list_pictures(db: ReadHandle, context: ToolContext, application_id: UUID) -> list[PictureKind]:
    values = {"customer_id": context.customer_id, "application_id": application_id}
    return [picture.kind for picture in await db.all(_Picture, QUERIES["list_identity_pictures"], values)]


async def get_level(db: ReadHandle, number: int) -> Level:
    return await db.get(Level, QUERIES["get_identity_level"], {"level": number})
