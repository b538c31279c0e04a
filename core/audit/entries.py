"""Links of the audit log's chains, and their hashes computed here anew: a check that asked the database's own function
would believe whoever can change the function."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.db.queries import Queries

QUERIES = Queries(Path(__file__).with_name("audit.sql"))

VERSION = "tellergraph.audit.1"
BEGINNING = bytes(32)
"""What the first link of a chain follows."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain."""

    chain: int
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """The place of an entry, as it is stored; ``fields`` are the entry's columns as text, in the order of the
    encoding."""

    chain: int
    seq: int
    entry_id: int
    prev_hash: bytes
    hash: bytes
    is_there: bool
    """Whether the entry is."""
    fields: list[str | None]

    @property
    def computed(self) -> bytes:
        """SHA-256 over the link before and every column."""
        return hashlib.sha256(self.prev_hash + encode([VERSION, *self.fields])).digest()


def encode(fields: Sequence[str | None]) -> bytes:
    """Netstrings, ``-,`` for null: no two lists of fields have the same bytes."""
    return b"".join(_netstring(field) for field in fields)


def _netstring(field: str | None) -> bytes:
    if field is None:
        return b"-,"
    content = field.encode()
    return b"%d:%b," % (len(content), content)
