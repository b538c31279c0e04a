"""Brings a list in line with a file: all of it in one transaction, or nothing. As the operator."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.errors import InvalidInput, NotFound
from tools.compliance.screening.entries import ListEntry, Publication
from tools.compliance.screening.lists.reading import read_list
from tools.compliance.screening.queries import QUERIES

_LIST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changed. ``generation`` is None where the file said nothing new."""

    list_name: str
    format: str
    published: date | None
    generation: int | None
    added: int
    changed: int
    removed: int
    unchanged: int
    examples: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Some names of each, for people to see."""


@dataclass(frozen=True, slots=True)
class _Change:
    new: list[ListEntry]
    changed: list[ListEntry]
    ended: list[int]
    gone: list[str]
    unchanged: int


def load_list(owner_url: str, path: Path, name: str, now: datetime) -> LoadReport:
    """Reads a file and makes it the list of that name.

    Raises:
        BrokenList: the file cannot be used; the list stays as it was.
        InvalidInput: the name is none.
    """
    if not _LIST_NAME.fullmatch(name):
        raise InvalidInput("A list's name is of a-z, 0-9 and -, up to 40 letters, such as ofac-sdn.")
    publication = read_list(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    with psycopg.connect(owner_url) as owner:
        return _replace(owner, name, publication, digest, now)


def remove_list(owner_url: str, name: str, now: datetime) -> LoadReport:
    """Ends all entries of a list. Raises NotFound for one that has none."""
    with psycopg.connect(owner_url) as owner:
        report = _replace(owner, name, Publication("removed", None, ()), hashlib.sha256().digest(), now)
        if report.generation is None:
            raise NotFound(f"There is no list {name!r}. See tellergraph compliance lists.")
        return report


def list_lists(owner_url: str) -> list[dict[str, Any]]:
    with psycopg.connect(owner_url) as owner:
        cursor = owner.execute(QUERIES["list_lists"])
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _replace(owner: Connection[Any], name: str, publication: Publication, digest: bytes, now: datetime) -> LoadReport:
    owner.execute(QUERIES["lock_lists"])
    standing = {row[1]: row for row in owner.execute(QUERIES["list_digests"], {"list": name})}
    change = _compare(standing, publication)
    counts = {
        "added": len(change.new),
        "changed": len(change.changed),
        "removed": len(change.gone),
        "unchanged": change.unchanged,
    }
    generation = None
    if change.new or change.changed or change.ended:
        about = {"list": name, "format": publication.format, "published": publication.published, "sha256": digest}
        [(generation,)] = owner.execute(QUERIES["insert_load"], about | counts | {"now": now}).fetchall()
        _store(owner, name, change, generation, now)
    examples = {
        "added": [entry.names[0].text for entry in change.new[:_SHOWN]],
        "changed": [entry.names[0].text for entry in change.changed[:_SHOWN]],
        "removed": change.gone[:_SHOWN],
    }
    return LoadReport(name, publication.format, publication.published, generation, **counts, examples=examples)


def _compare(standing: dict[str, Any], publication: Publication) -> _Change:
    new: list[ListEntry] = []
    changed: list[ListEntry] = []
    ended: list[int] = []
    for entry in publication.entries:
        known = standing.get(entry.source_id)
        if known is None:
            new.append(entry)
        elif known[2] != entry.digest:
            changed.append(entry)
            ended.append(known[0])
    kept = {entry.source_id for entry in publication.entries}
    gone = [row for source_id, row in standing.items() if source_id not in kept]
    return _Change(
        new,
        changed,
        ended + [row[0] for row in gone],
        [row[3] for row in gone],
        len(publication.entries) - len(new) - len(changed),
    )


def _store(owner: Connection[Any], name: str, change: _Change, generation: int, now: datetime) -> None:
    ending = {"ids": change.ended, "generation": generation, "now": now}
    owner.execute(QUERIES["end_entries"], ending)
    owner.execute(QUERIES["withdraw_hits"], ending)
    rows = [
        {
            "list": name,
            "source_id": entry.source_id,
            "digest": entry.digest,
            "body": Jsonb(entry.model_dump(mode="json")),
            "generation": generation,
        }
        for entry in change.new + change.changed
    ]
    with owner.cursor() as cursor:
        cursor.executemany(QUERIES["insert_entry"], rows)
