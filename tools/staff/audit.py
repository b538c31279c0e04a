"""The audit log, for auditors and administrators. Reading it is on record too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from tools.registry import Result
from tools.staff.context import StaffContext
from tools.staff.queries import QUERIES

_NEWEST = 2**63 - 1


class AuditLine(Result):
    id: int
    actor: str = Field(description="`customer:<id>`, `staff:<id>`, or what else acted.")
    customer_id: UUID | None
    action: str
    resource: str
    detail: dict[str, Any]
    at: datetime


class AuditPage(Result):
    lines: list[AuditLine]
    next_before: int | None = Field(description="Of the next page; null on the last.")


async def list_audit(
    context: StaffContext, reason: str, *, customer_id: UUID | None = None, before: int | None = None, limit: int
) -> AuditPage:
    """Newest first, also the line about this reading.

    Args:
        before: ``next_before`` of the page before.

    Raises:
        Forbidden: for other roles than auditor and admin.
    """
    query = QUERIES["list_audit_of_customer" if customer_id else "list_audit"]
    values = {"customer_id": customer_id, "below": before or _NEWEST, "limit": limit + 1}
    async with context.database.writing(context.scope) as db:
        await db.execute(QUERIES["open_register"], {"subject": "audit_log", "reason": reason, "now": context.now})
        rows = await db.all(AuditLine, query, values)
    lines = rows[:limit]
    return AuditPage(lines=lines, next_before=lines[-1].id if len(rows) > limit else None)
