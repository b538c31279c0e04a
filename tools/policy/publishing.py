"""Publishing a policy: one member of staff proposes a version, another approves it, and it holds from its day on. What
was published is never changed; a mistake is mended by the next version."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import Field

from core.db.database import WriteHandle
from core.db.queries import Queries
from core.errors import NotFound
from tools.policy.document import PolicyDocument
from tools.registry import Result
from tools.staff.context import StaffContext

_QUERIES = Queries(Path(__file__).with_name("policy.sql"))
_MOST_VERSIONS = 100

ProposalStatus = Literal["pending", "published", "rejected"]
PolicyDecision = Literal["approve", "reject"]


class PolicyVersion(Result):
    version: str
    active_from: datetime


class ListedProposal(Result):
    id: UUID
    version: str
    effective_on: date = Field(description="From the beginning of this day in London.")
    reason: str
    maker: str = Field(description="By name.")
    status: ProposalStatus
    approver: str | None
    created_at: datetime
    decided_at: datetime | None


class Proposal(ListedProposal):
    document: dict[str, Any]
    remark: str | None


@dataclass(frozen=True, slots=True)
class _Document:
    document: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class _Filed:
    id: UUID


async def list_versions(context: StaffContext) -> list[PolicyVersion]:
    """What was published, also what begins later, the newest first."""
    async with context.database.reading(context.scope) as db:
        return await db.all(PolicyVersion, _QUERIES["list_versions"], {"limit": _MOST_VERSIONS})


async def get_document(context: StaffContext, version: str) -> dict[str, Any]:
    """Raises NotFound."""
    async with context.database.reading(context.scope) as db:
        found = await db.get(_Document, _QUERIES["get_document"], {"version": version})
    if found.document is None:
        raise NotFound("There is no such version.")
    return found.document


async def propose(
    context: StaffContext, version: str, effective_on: date, document: PolicyDocument, reason: str
) -> Proposal:
    """Files a version for somebody else to publish, after the database has tried to write it.

    Raises:
        Forbidden: for other roles than supervisor, admin and compliance.
        Refused: the day is not to come, or the document does not fit what is there.
        Conflict: that version is there, or waits.
    """
    values = {"version": version, "effective_on": effective_on, "reason": reason, "now": context.now}
    values |= {"document": Jsonb(document.model_dump(mode="json", exclude_none=True))}
    async with context.database.writing(context.scope) as db:
        filed = await db.get(_Filed, _QUERIES["propose_policy"], values)
        return await _get(db, filed.id)


async def decide(context: StaffContext, proposal_id: UUID, decision: PolicyDecision, remark: str | None) -> Proposal:
    """Publishes or rejects, and returns the proposal as it stands then: also when it was decided before.

    Raises:
        Forbidden: for the maker, and other roles than supervisor, admin and compliance.
        NotFound: there is no such proposal.
        Refused: its day has come meanwhile. Propose it for a later one.
    """
    values = {"proposal_id": proposal_id, "decision": decision, "remark": remark, "now": context.now}
    async with context.database.writing(context.scope) as db:
        await db.execute(_QUERIES["decide_policy"], values)
        return await _get(db, proposal_id)


async def get_proposal(context: StaffContext, proposal_id: UUID) -> Proposal:
    """Raises NotFound."""
    async with context.database.writing(context.scope) as db:
        return await _get(db, proposal_id)


async def list_proposals(context: StaffContext, *, status: ProposalStatus, limit: int) -> list[ListedProposal]:
    """In one state, the newest first."""
    async with context.database.reading(context.scope) as db:
        return await db.all(ListedProposal, _QUERIES["list_proposals"], {"status": status, "limit": limit})


async def _get(db: WriteHandle, proposal_id: UUID) -> Proposal:
    return await db.get(Proposal, _QUERIES["get_proposal"], {"proposal_id": proposal_id})
