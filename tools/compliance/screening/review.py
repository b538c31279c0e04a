"""Compliance staff look at hits: one proposes what a hit is, another agrees or not. Agents, who talk to customers, see
nothing of it; each look is on record. Who may is decided by the functions of 0023_screening.up.sql."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import WriteHandle
from core.errors import Conflict
from tools.compliance.screening.queries import QUERIES
from tools.registry import Result
from tools.staff.context import StaffContext

Status = Literal["open", "proposed", "true_match", "false_positive", "withdrawn"]
Verdict = Literal["true_match", "false_positive"]
Decision = Literal["approve", "reject"]


class ScreeningHit(Result):
    id: UUID
    kind: Literal["customer", "application", "payee", "operation"]
    subject_id: UUID
    customer_id: UUID
    name: str = Field(description="As it was screened.")
    list_name: str
    source_id: str = Field(description="The publisher's number.")
    entry: dict[str, Any] = Field(description="What the list says.")
    score: float = Field(description="0 to 100.")
    reasons: list[dict[str, Any]] = Field(description="What speaks for and against: code, points and text.")
    status: Status
    verdict: Verdict | None = Field(description="What was proposed or decided.")
    maker: str | None = Field(description="Who proposed it, by name.")
    maker_reason: str | None
    checker: str | None = Field(description="Who decided, by name.")
    checker_reason: str | None
    found_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Ended:
    status: Status
    is_done: bool


async def list_hits(context: StaffContext, reason: str, *, status: Status, limit: int) -> list[ScreeningHit]:
    """The longest waiting first. Raises Forbidden for agents."""
    values = {"status": status, "limit": limit, "reason": reason, "now": context.now}
    async with context.database.writing(context.scope) as db:
        return await db.all(ScreeningHit, QUERIES["list_hits"], values)


async def propose_verdict(context: StaffContext, hit_id: UUID, verdict: Verdict, reason: str) -> Status:
    """Says what a hit is, for a colleague to decide.

    Raises:
        NotFound: there is no such hit.
        Forbidden: for agents and auditors.
        Conflict: something is proposed or decided already.
    """
    values = {"hit_id": hit_id, "verdict": verdict, "reason": reason, "now": context.now}

    async def work(db: WriteHandle) -> Status:
        return _done(await db.get(_Ended, QUERIES["propose_verdict"], values))

    return await context.database.transact(work, scope=context.scope)


async def decide_verdict(context: StaffContext, hit_id: UUID, decision: Decision, reason: str | None) -> Status:
    """Agrees with what a colleague proposed, or not: then the hit is open again.

    Raises:
        NotFound: there is no such hit.
        Forbidden: for agents and auditors, and for who proposed it (``four_eyes``).
        Conflict: nothing is proposed.
    """
    values = {"hit_id": hit_id, "decision": decision, "reason": reason, "now": context.now}

    async def work(db: WriteHandle) -> Status:
        return _done(await db.get(_Ended, QUERIES["decide_verdict"], values))

    return await context.database.transact(work, scope=context.scope)


def _done(ended: _Ended) -> Status:
    if ended.is_done:
        return ended.status
    said = f"The hit is {ended.status.replace('_', ' ')}."
    raise Conflict(said, code="already_decided", details={"status": ended.status})
