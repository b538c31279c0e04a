"""A person's copy of their data (GDPR articles 15 and 20, CCPA section 1798.110): one zip with a JSON file for each
table, their files as they sent them, and a README that says what is in it, what is not, and why.

It is written while it is read: a customer with a million rows takes no more memory than one with ten. Who reads is
tellergraph_subject, so that the database, and not this module, decides what a copy may contain.
"""

import asyncio
import json
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, Any, cast
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from core.db.database import Database, ReadHandle, Scope
from core.errors import NotFound
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.errors import KeyUnknown
from core.security.encryption.fields import DataKey, Place, decrypt_field
from core.security.sealing import Seal
from tools.attachments.store import Attachments, shown_name
from tools.kyc.store import open_application
from tools.privacy.catalogue import Table, exported_tables
from tools.privacy.queries import QUERIES
from tools.privacy.readme import read_me

_AT_ONCE = 2
"""Copies that a process writes at the same time: each holds a connection until its reader has it. Others wait."""
_PIECE = 65_536
"""Bytes that are gathered before they go out."""


@dataclass(frozen=True, slots=True)
class Openers:
    """What opens a customer's encrypted things."""

    keys: DataKeys
    seal: Seal
    attachments: Attachments
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))


@dataclass(frozen=True, slots=True)
class _File:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class _Found:
    customer_id: UUID


class _Pipe:
    """What zipfile writes to: it never goes back, so nothing has to be kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._parts.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        taken, self._parts, self.size = b"".join(self._parts), [], 0
        return taken


async def export_customer(
    database: Database, openers: Openers, customer_id: UUID, *, by: str, now: datetime
) -> AsyncIterator[bytes]:
    """The archive, piece by piece; that it was asked for is on record before the first.

    Args:
        by: ``customer:<id>``, or who works for the bank.

    Raises:
        NotFound: there is no such customer.
        DataUnreadable: something of theirs does not open. A copy is whole, or it is none.
    """
    scope = Scope(customer_id=customer_id, subject=f"customer:{customer_id}")
    line = {"actor": by, "customer_id": customer_id, "action": "privacy.exported", "now": now}
    line |= {"resource": f"customers/{customer_id}", "detail": Jsonb({})}
    # The log takes an entry only in the name of whoever the transaction works for.
    async with database.writing(replace(scope, subject=by)) as db:
        if await db.find(_Found, QUERIES["find_customer"], {"customer_id": customer_id}) is None:
            raise NotFound("There is no such customer.")
        await db.execute(QUERIES["add_audit_line"], line)
    return _in_turn(database, openers, scope, customer_id, now)


async def _in_turn(
    database: Database, openers: Openers, scope: Scope, customer_id: UUID, now: datetime
) -> AsyncGenerator[bytes]:
    async with openers.slots:
        async for piece in _archive(database, openers, scope, customer_id, now):
            yield piece


async def _archive(
    database: Database, openers: Openers, scope: Scope, customer_id: UUID, now: datetime
) -> AsyncGenerator[bytes]:
    pipe, counts = _Pipe(), dict[str, int]()
    with zipfile.ZipFile(cast(IO[bytes], pipe), "w", zipfile.ZIP_DEFLATED) as archive:
        async with database.reading(scope) as db:
            key = await _find_key(openers.keys, db, customer_id)
            files = await db.all(_File, QUERIES["list_files"])
            await db.dicts(QUERIES["become_subject"])
            for table in exported_tables():
                opener = _Opener(table, customer_id, key, openers.seal)
                with archive.open(f"{table.name}.json", "w") as entry:
                    entry.write(b"[")
                    counts[table.name] = 0
                    async for row in db.stream(_query(table)):
                        entry.write((b",\n" if counts[table.name] else b"\n") + opener.opened(row))
                        counts[table.name] += 1
                        if pipe.size >= _PIECE:
                            yield pipe.take()
                    entry.write(b"\n]\n")
        for file in files:
            _, content = await openers.attachments.read(database, scope, file.id)
            archive.writestr(f"files/{file.id}-{shown_name(file.name)}", content)
            yield pipe.take()
        about = {"customer_id": str(customer_id), "made_at": now.isoformat(), "rows": counts, "files": len(files)}
        archive.writestr("manifest.json", json.dumps(about, indent=1))
        archive.writestr("README.md", read_me(customer_id, now, counts, len(files)))
    yield pipe.take()


async def _find_key(keys: DataKeys, db: ReadHandle, customer_id: UUID) -> DataKey | None:
    """None for a customer who has none, or none any more: then there is nothing under it either."""
    try:
        return await keys.open(db, customer_id)
    except KeyUnknown as error:
        if "destroyed" in error.message:
            return None
        raise


def _query(table: Table) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.exported_columns()))
    return sql.SQL("select to_jsonb(r) from (select {} from {} order by 1) r").format(
        columns, sql.Identifier(table.name)
    )


@dataclass(frozen=True, slots=True)
class _Opener:
    """Puts what was encrypted into a row as its customer wrote it."""

    table: Table
    customer_id: UUID
    key: DataKey | None
    seal: Seal

    def opened(self, row: dict[str, Any]) -> bytes:
        if self.table.name == "chat_messages":
            self._open_message(row)
        elif self.table.name == "kyc_applications":
            application = open_application(self.seal, row.pop("sealed"))
            row["answers"] = application.model_dump(mode="json", exclude_none=True)
        return json.dumps(row, ensure_ascii=False).encode()

    def _open_message(self, row: dict[str, Any]) -> None:
        sealed = row["original"]
        if sealed is not None and self.key is not None:
            place = Place(
                "chat_messages", "original", f"{row['turn_id']}/{row['role']}", f"customer:{self.customer_id}"
            )
            row["original"] = decrypt_field(self.key, place, bytes.fromhex(sealed.removeprefix("\\x")))
