"""Screening inside the server: the lists as they stand, in memory, for the process's own database."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from core.db.database import Database, ReadHandle, WriteHandle
from tools.compliance.screening.entries import ListEntry
from tools.compliance.screening.matching.matcher import Listed, Match, Matcher
from tools.compliance.screening.matching.score import Screened
from tools.compliance.screening.queries import QUERIES
from tools.compliance.screening.rescreen import as_hits
from tools.compliance.screening.subjects import SubjectKind, fingerprint


@dataclass(frozen=True, slots=True)
class Screening:
    """What screening one name found. Not for the customer, the model, a trace or a log: who is told of it has been
    tipped off."""

    who: Screened
    generation: int
    """Of the lists; 0 where there are none."""
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class _Generation:
    generation: int | None


@dataclass(frozen=True, slots=True)
class _Entry:
    id: int
    list: str
    body: dict[str, Any]


class Screener:
    """The matcher of the newest lists. It is built beside the event loop, in a thread; until it is ready, names are
    screened with the one before, and recorded as such, so that the next rescreening does them again."""

    def __init__(self) -> None:
        self._generation = 0
        self._matcher: Matcher | None = None
        self._building: asyncio.Task[None] | None = None

    async def screen(self, db: ReadHandle, who: Screened) -> Screening:
        """About a millisecond with 20,000 entries, and one short query."""
        newest = (await db.get(_Generation, QUERIES["find_generation"])).generation or 0
        if newest != self._generation:
            await self._follow(db, newest)
        matches = self._matcher.screen(who) if self._matcher else []
        return Screening(who, self._generation, tuple(matches))

    async def _follow(self, db: ReadHandle, newest: int) -> None:
        if self._building is None or self._building.done():
            rows = await db.all(_Entry, QUERIES["list_entries"], {"after": 0})
            self._building = asyncio.create_task(self._build(rows, newest))
        if self._matcher is None:
            await asyncio.shield(self._building)

    async def _build(self, rows: list[_Entry], generation: int) -> None:
        self._matcher = await asyncio.to_thread(_build, rows)
        self._generation = generation


def _build(rows: list[_Entry]) -> Matcher:
    return Matcher([Listed(row.id, row.list, ListEntry.model_validate(row.body)) for row in rows])


_SCREENERS: WeakKeyDictionary[Database, Screener] = WeakKeyDictionary()


def screener_of(database: Database) -> Screener:
    """The one of a process's database."""
    return _SCREENERS.setdefault(database, Screener())


async def screen_name(database: Database, db: ReadHandle, who: Screened) -> Screening:
    """Screens in a transaction that is open already: a payment's, a new payee's, an application's."""
    return await screener_of(database).screen(db, who)


async def record_screening(
    db: WriteHandle, kind: SubjectKind, subject_id: UUID, screening: Screening, now: datetime
) -> None:
    """Keeps what was found for staff, in the same transaction. The subject has to be the transaction's customer, or a
    payee or operation of theirs. From then on ``screening_standing(kind, subject_id)`` says in SQL how it stands.

    Raises:
        NotFound: it is not theirs.
    """
    await db.execute(
        QUERIES["record_screening"],
        {
            "kind": kind.value,
            "subject_id": subject_id,
            "name": screening.who.name,
            "fingerprint": fingerprint(screening.who),
            "generation": screening.generation,
            "hits": as_hits(list(screening.matches)),
            "now": now,
        },
    )
