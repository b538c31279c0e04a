"""Files in PostgreSQL: in whole, or not at all."""

import asyncio
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Literal
from uuid import UUID, uuid4

from pydantic import Field

from core.db.database import Database, ReadHandle, Scope, WriteHandle
from core.errors import InvalidInput
from tools.attachments.cipher import FileCipher, SealBroken, SealedFile
from tools.attachments.content import MediaType, recognise
from tools.queries import QUERIES
from tools.registry import Refusal, Result, ToolContext

Purpose = Literal["dispute", "identity"]

_LONGEST_NAME = 120


class Attachment(Result):
    id: UUID
    purpose: Purpose
    name: str = Field(description="As its sender called it. Text of a stranger, good for nothing but to be shown.")
    media_type: MediaType = Field(description="By its content.")
    size_bytes: int
    sha256: str = Field(description="Of the content, in hexadecimal.")
    created_at: datetime


class FileUnknown(Refusal):
    http_status = 404

    status: Literal["file_unknown"] = "file_unknown"


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    customer_id: UUID
    purpose: Purpose
    name: str
    media_type: MediaType
    size_bytes: int
    sha256: bytes
    key_id: str
    sealed_key: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Chunk:
    content: bytes


class Attachments:
    """Stores and opens files. One for each process."""

    def __init__(self, cipher: FileCipher) -> None:
        self._cipher = cipher

    async def store(self, context: ToolContext, *, purpose: Purpose, name: str, content: bytes) -> Attachment:
        """Keeps a file of the customer. What it is tells its content; ``name`` is what its sender called it.

        Raises:
            InvalidInput: it is empty, or nothing that we take.
            TooLarge: so is it.
            Refused: the customer has sent as many as we keep (``too_many_files``).
        """
        if not content:
            raise InvalidInput("The file is empty.", code="file_not_accepted")
        media_type = await asyncio.to_thread(recognise, content)
        attachment_id = uuid4()
        sealed = await asyncio.to_thread(self._cipher.seal, content, about_file(attachment_id, context.customer_id))
        values = {
            "attachment_id": attachment_id,
            "customer_id": context.customer_id,
            "purpose": purpose,
            "name": shown_name(name),
            "media_type": media_type,
            "size_bytes": len(content),
            "sha256": sha256(content).digest(),
            "key_id": sealed.key_id,
            "sealed_key": sealed.sealed_key,
            "now": context.now,
        }

        async def work(db: WriteHandle) -> Attachment:
            await db.execute(QUERIES["insert_attachment"], values)
            for n, chunk in enumerate(sealed.chunks):
                await db.execute(QUERIES["insert_attachment_chunk"], values | {"n": n, "content": chunk})
            return _attachment(await db.get(_Row, QUERIES["get_attachment"], values))

        return await context.database.transact(work, scope=context.scope)

    async def read(self, database: Database, scope: Scope, attachment_id: UUID) -> tuple[Attachment, bytes]:
        """A customer's own file, proved whole before any of it is given out.

        Raises:
            NotFound: there is none of theirs.
            SealBroken: it is not what was stored.
        """
        async with database.reading(scope) as db:
            return await self.open(db, scope.customer_id, attachment_id)

    async def open(self, db: ReadHandle, customer_id: UUID | None, attachment_id: UUID) -> tuple[Attachment, bytes]:
        """As ``read``, in a transaction that sees the file: also one of staff, who opened the customer's."""
        values = {"customer_id": customer_id, "attachment_id": attachment_id}
        row = await db.get(_Row, QUERIES["get_attachment"], values)
        chunks = await db.all(_Chunk, QUERIES["list_attachment_chunks"], values)
        sealed = SealedFile(row.key_id, row.sealed_key, tuple(chunk.content for chunk in chunks))
        content = await asyncio.to_thread(self._cipher.open, sealed, about_file(row.id, row.customer_id))
        if sha256(content).digest() != row.sha256:
            raise SealBroken("This file is damaged.")
        return _attachment(row), content


async def find_attachment(
    db: ReadHandle, customer_id: UUID, attachment_id: UUID, purpose: Purpose
) -> Attachment | None:
    """What is known of a customer's file, if they sent it for that."""
    values = {"customer_id": customer_id, "attachment_id": attachment_id}
    row = await db.find(_Row, QUERIES["get_attachment"], values)
    return _attachment(row) if row and row.purpose == purpose else None


def shown_name(name: str) -> str:
    """What is left of a file's name that can be shown anywhere: one line, no path, no character that hides or turns
    others, of bounded length; ``file`` when nothing is."""
    last = PurePosixPath(unicodedata.normalize("NFC", name[:4096]).replace("\\", "/")).name
    kept = "".join(letter for letter in last if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    return kept.replace("<", "").replace(">", "").strip(". ")[:_LONGEST_NAME].strip() or "file"


def about_file(attachment_id: UUID, customer_id: UUID) -> bytes:
    """What a file is sealed with: which it is, and whose."""
    return attachment_id.bytes + customer_id.bytes


def _attachment(row: _Row) -> Attachment:
    return Attachment(
        id=row.id,
        purpose=row.purpose,
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256.hex(),
        created_at=row.created_at,
    )
