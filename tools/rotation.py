"""What is sealed with keys that follow from the server's secret key, sealed again with the present one, in small
transactions, while the server serves: files of customers (their own keys, not the files), applications of identity
checks, and records of answers. Killed in the middle it leaves things of either kind, all readable while the old key is
set, and goes on where it was.

What lives for minutes is left to end: proposals that wait for a yes, and what an open task of a conversation needs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from core.db.queries import Queries
from core.security.sealing import Seal
from tools.attachments.cipher import FileCipher, SealBroken
from tools.attachments.store import about_file

BATCH = 200
"""Things of one transaction, which locks them that long."""
_QUERIES = Queries(Path(__file__).with_suffix(".sql"))
_BEFORE_ALL = UUID(int=0)

Owner = psycopg.Connection[dict[str, Any]]
Progress = Callable[[str, int], None]
"""Is told a kind, and how many of it were sealed again so far."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One table's sealed things. ``current`` is how the present key's are known, ``reseal`` gives the new columns of a
    row, None where it does not open."""

    name: str
    list_query: LiteralString
    reseal_query: LiteralString
    count_query: LiteralString
    current: str
    reseal: Callable[[dict[str, Any]], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Resealed:
    """Of one kind."""

    resealed: int
    left: int
    """Still sealed with other keys."""
    unreadable: list[str]
    """What did not open, by its id, and was left as it is."""


def list_kinds(seal: Seal, cipher: FileCipher) -> list[Kind]:
    """Everything that lasts. A test compares with the columns of the schema."""

    def reseal_file(row: dict[str, Any]) -> dict[str, Any] | None:
        try:
            about = about_file(row["id"], row["customer_id"])
            return {"key_id": cipher.key_id, "sealed_key": cipher.reseal_key(row["key_id"], row["sealed_key"], about)}
        except SealBroken:
            return None

    def reseal_text(row: dict[str, Any]) -> dict[str, Any] | None:
        text = seal.find(row["sealed"])
        return None if text is None else {"sealed": seal.close(text)}

    return [
        Kind(
            "attachments",
            _QUERIES["list_files_sealed_otherwise"],
            _QUERIES["reseal_file"],
            _QUERIES["count_files_sealed_otherwise"],
            cipher.key_id,
            reseal_file,
        ),
        Kind(
            "kyc_applications",
            _QUERIES["list_applications_sealed_otherwise"],
            _QUERIES["reseal_application"],
            _QUERIES["count_applications_sealed_otherwise"],
            seal.prefix,
            reseal_text,
        ),
        Kind(
            "turn_records",
            _QUERIES["list_turns_sealed_otherwise"],
            _QUERIES["reseal_turn"],
            _QUERIES["count_turns_sealed_otherwise"],
            seal.prefix,
            reseal_text,
        ),
    ]


def reseal_all(
    owner_url: str, kinds: list[Kind], now: datetime, progress: Progress = lambda _name, _count: None
) -> dict[str, Resealed]:
    """Seals again whatever another key has sealed. How it went, by kind."""
    with psycopg.Connection[DictRow].connect(owner_url, row_factory=dict_row, autocommit=True) as owner:
        done = {kind.name: _reseal(owner, kind, progress) for kind in kinds}
        counts = {name: each.resealed for name, each in done.items() if each.resealed}
        if counts:
            owner.execute(_QUERIES["record_resealing"], {"detail": Jsonb(counts), "now": now})
        return done


def inspect_sealed(owner_url: str, kinds: list[Kind]) -> dict[str, Resealed]:
    """As ``reseal_all``, and changes nothing."""
    with psycopg.Connection[DictRow].connect(owner_url, row_factory=dict_row, autocommit=True) as owner:
        return {kind.name: Resealed(0, _count_left(owner, kind), []) for kind in kinds}


def count_waiting(owner_url: str, seal: Seal, now: datetime) -> int:
    """Proposals under another key that can still be approved; in ten minutes there are none."""
    with psycopg.connect(owner_url) as owner:
        asked = {"current": seal.prefix, "now": now}
        [(waiting,)] = owner.execute(_QUERIES["count_waiting_proposals"], asked).fetchall()
    return waiting


def _reseal(owner: Owner, kind: Kind, progress: Progress) -> Resealed:
    resealed, unreadable = 0, list[str]()
    for batch in _batches(owner, kind):
        for row in batch:
            columns = kind.reseal(row)
            if columns is None:
                unreadable.append(str(row["id"]))
            else:
                resealed += owner.execute(kind.reseal_query, {"id": row["id"]} | columns).rowcount
        progress(kind.name, resealed)
    return Resealed(resealed, _count_left(owner, kind), unreadable)


def _batches(owner: Owner, kind: Kind) -> Iterator[list[dict[str, Any]]]:
    """Each in a transaction, which ends when the next one is asked for."""
    last = _BEFORE_ALL
    while True:
        with owner.transaction():
            asked = {"current": kind.current, "last": last, "limit": BATCH}
            batch = owner.execute(kind.list_query, asked).fetchall()
            if not batch:
                return
            yield batch
        last = batch[-1]["id"]


def _count_left(owner: Owner, kind: Kind) -> int:
    [row] = owner.execute(kind.count_query, {"current": kind.current}).fetchall()
    return row["count"]
