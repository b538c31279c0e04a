"""Open a case; list, take and close cases, which staff alone do."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from core.db.database import WriteHandle
from core.db.queries import Queries
from core.errors import Conflict
from tools.disputes.bank_days import local_day
from tools.queries import QUERIES as CUSTOMERS
from tools.registry import Result, ToolContext
from tools.service.care.clocks import CareClock, Kind, clocks_of
from tools.staff.context import StaffContext

QUERIES = Queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class OpenedCase:
    kind: Kind
    reference: str
    clocks: tuple[CareClock, ...]


@dataclass(frozen=True, slots=True)
class _Reference:
    reference: str | None


@dataclass(frozen=True, slots=True)
class _Country:
    country: str


class WaitingCase(Result):
    """Nothing about the customer, whose file says the rest."""

    id: UUID
    reference: str
    kind: Kind
    opened_at: datetime
    is_taken: bool
    next_clock: str | None
    next_due_on: date | None


class CareCase(Result):
    id: UUID
    reference: str
    customer_id: UUID
    kind: Kind
    said: str
    opened_at: datetime
    taken_at: datetime | None
    closed_at: datetime | None
    outcome: str | None


async def open_cases(context: ToolContext, kinds: tuple[Kind, ...], said: str) -> list[OpenedCase]:
    """Opens a case of each kind of which none is open; those that it opened.

    Args:
        said: the message, masked.
    """

    async def work(db: WriteHandle) -> list[OpenedCase]:
        values = {"customer_id": context.customer_id}
        country = (await db.get(_Country, CUSTOMERS["get_jurisdiction"], values)).country
        opened: list[OpenedCase] = []
        for kind in kinds:
            clocks = clocks_of(kind, local_day(context.now, country), country, said)
            about = {"kind": kind, "said": said, "turn_id": context.turn_id, "now": context.now}
            rows = Jsonb([clock.row() for clock in clocks])
            reference = (await db.get(_Reference, CUSTOMERS["open_care_case"], about | {"clocks": rows})).reference
            if reference is not None:
                opened.append(OpenedCase(kind, reference, tuple(clocks)))
        return opened

    return await context.database.transact(work, scope=context.scope)


async def list_cases(context: StaffContext, *, limit: int) -> list[WaitingCase]:
    """Those that are open, the next clock first. Raises Forbidden for auditors."""
    return await context.database.fetch(WaitingCase, QUERIES["list_care_cases"], {"limit": limit}, scope=context.scope)


async def take_case(context: StaffContext, case_id: UUID) -> CareCase:
    """One colleague gets it, with the customer's file; taken again by the same one, it is the same.

    Raises:
        Conflict: it is not there, closed, or somebody else's.
        Forbidden: for auditors.
    """
    return await _change(context, QUERIES["take_care_case"], {"case_id": case_id})


async def close_case(context: StaffContext, case_id: UUID, outcome: str) -> CareCase:
    """What became of it. Raises as ``take_case``, also for one that was not taken."""
    return await _change(context, QUERIES["close_care_case"], {"case_id": case_id, "outcome": outcome})


async def _change(context: StaffContext, statement: LiteralString, values: dict[str, object]) -> CareCase:
    async with context.database.writing(context.scope) as db:
        found = await db.find(CareCase, statement, values | {"now": context.now})
    if found is None:
        raise Conflict("This case is not yours to take or to close.", code="case_not_yours")
    return found
