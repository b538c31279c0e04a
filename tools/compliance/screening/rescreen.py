"""Everybody against the lists, as the operator, and only what changed: whoever was not screened yet, or has another
name, date of birth or country since, against all entries; everybody else against the entries that came since then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.security.sealing import Seal
from tools.compliance.screening.applicants import applicant
from tools.compliance.screening.entries import ListEntry
from tools.compliance.screening.matching.matcher import Listed, Match, Matcher
from tools.compliance.screening.matching.score import Screened
from tools.compliance.screening.queries import QUERIES
from tools.compliance.screening.subjects import SubjectKind, fingerprint
from tools.kyc.store import open_application

_PIECE = 2_000
"""Subjects of one transaction."""
_FIRST = UUID(int=0)

Progress = Callable[[int], None]


@dataclass(slots=True)
class RescreenReport:
    generation: int
    """Of the lists; 0 where none was loaded."""
    in_full: int = 0
    against_changes: int = 0
    up_to_date: int = 0
    hits: int = 0
    """New ones, and those that were found before: of these nothing changes."""


@dataclass(frozen=True, slots=True)
class _Subject:
    kind: str
    subject_id: UUID
    customer_id: UUID
    name: str
    born: date | None
    country: str | None
    fingerprint: bytes | None
    generation: int | None

    @property
    def who(self) -> Screened:
        return Screened(self.name, self.born, self.country)


@dataclass(frozen=True, slots=True)
class _Applicant:
    subject_id: UUID
    customer_id: UUID
    sealed: str
    fingerprint: bytes | None
    generation: int | None

    def opened(self, seal: Seal) -> _Subject:
        who = applicant(open_application(seal, self.sealed))
        about = (self.subject_id, self.customer_id, who.name, who.born, who.country)
        return _Subject(SubjectKind.APPLICATION.value, *about, self.fingerprint, self.generation)


class _Lists:
    """Matchers by the generation after which entries came, each built when it is first needed."""

    def __init__(self, owner: Connection[Any]) -> None:
        self._owner = owner
        self._matchers: dict[int, Matcher] = {}

    def after(self, generation: int) -> Matcher:
        if generation not in self._matchers:
            self._matchers[generation] = Matcher(read_entries(self._owner, generation))
        return self._matchers[generation]


def read_entries(owner: Connection[Any], after: int = 0) -> list[Listed]:
    rows = owner.execute(QUERIES["list_entries"], {"after": after})
    return [Listed(number, name, ListEntry.model_validate(body)) for number, name, body in rows]


def rescreen(owner_url: str, seal: Seal, now: datetime, progress: Progress | None = None) -> RescreenReport:
    """``seal`` opens applications that wait. Safe to end and to begin again: each piece is a transaction of its own,
    and what is done is known."""
    with psycopg.connect(owner_url) as owner:
        [(generation,)] = owner.execute(QUERIES["find_generation"]).fetchall()
        report = RescreenReport(generation or 0)
        if not report.generation:
            return report
        lists = _Lists(owner)
        for kind in SubjectKind:
            _screen_kind(owner, kind, seal, lists, report, now, progress)
        return report


def _screen_kind(
    owner: Connection[Any],
    kind: SubjectKind,
    seal: Seal,
    lists: _Lists,
    report: RescreenReport,
    now: datetime,
    progress: Progress | None,
) -> None:
    after = _FIRST
    while True:
        asked: dict[str, Any] = {"kind": kind.value, "after": after, "limit": _PIECE}
        piece = _list_applicants(owner, seal, asked) if kind is SubjectKind.APPLICATION else _list(owner, asked)
        if not piece:
            return
        found = [_screen(each, lists, report, now) for each in piece]
        with owner.cursor() as cursor:
            cursor.executemany(QUERIES["keep_screening"], [values for values in found if values])
        owner.commit()
        after = piece[-1].subject_id
        if progress:
            progress(len(piece))


def _list(owner: Connection[Any], asked: dict[str, Any]) -> list[_Subject]:
    with owner.cursor(row_factory=class_row(_Subject)) as cursor:
        return cursor.execute(QUERIES["list_subjects"], asked).fetchall()


def _list_applicants(owner: Connection[Any], seal: Seal, asked: dict[str, Any]) -> list[_Subject]:
    """Raises ApplicationUnreadable for one that another key has sealed: it is not passed over."""
    with owner.cursor(row_factory=class_row(_Applicant)) as cursor:
        found = cursor.execute(QUERIES["list_applicants"], asked).fetchall()
    return [each.opened(seal) for each in found]


def _screen(subject: _Subject, lists: _Lists, report: RescreenReport, now: datetime) -> dict[str, Any] | None:
    """What is to be kept; None for who is up to date."""
    own = fingerprint(subject.who)
    known = subject.generation if subject.fingerprint == own and subject.generation is not None else 0
    if known >= report.generation:
        report.up_to_date += 1
        return None
    matches = lists.after(known).screen(subject.who)
    report.hits += len(matches)
    if known:
        report.against_changes += 1
    else:
        report.in_full += 1
    return {
        "kind": subject.kind,
        "subject_id": subject.subject_id,
        "customer_id": subject.customer_id,
        "name": subject.name,
        "fingerprint": own,
        "generation": report.generation,
        "hits": as_hits(matches),
        "now": now,
    }


def as_hits(matches: list[Match]) -> Jsonb:
    return Jsonb(
        [
            {"entry_id": each.listed.entry_id, "score": round(each.score, 1), "reasons": each.explanation}
            for each in matches
        ]
    )
