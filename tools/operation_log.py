"""The customer's command log, to read: what was proposed, through which door, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.money import Money
from tools.operations import Status
from tools.pages import Place
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Result, ToolContext

Door = Literal["chat", "rest", "mcp", "staff", "schedule"]


@dataclass(frozen=True, slots=True)
class _OperationRow:
    id: UUID
    type: str
    status: Status
    summary: str
    amount_minor: int | None
    currency: str | None
    recipient: str | None
    step_up: bool
    initiated_by: Door
    error_code: str | None
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None


class LoggedOperation(Result):
    operation_id: UUID
    type: str
    status: Status
    summary: str
    amount: str | None = Field(description="A decimal string.")
    currency: str | None
    payee: str | None = Field(description="Who receives.")
    step_up: bool = Field(description="Whether the confirmation needs a code.")
    initiated_by: Door
    error_code: str | None
    error: str | None = Field(description="Why nothing was done.")
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None = Field(description="When it was over, whatever became of it.")


class OperationPage(Result):
    operations: list[LoggedOperation]
    next_cursor: str | None = Field(description="Of the next page; null on the last.")


async def list_operations(
    context: ToolContext, *, status: Status | None = None, below: Place | None = None, limit: int
) -> OperationPage:
    """Newest first; ``below`` is the cursor of the page before."""
    query = {
        "customer_id": context.customer_id,
        "now": context.now,
        "status": status,
        "below_created_at": below and below.at,
        "below_id": below and below.key,
        "limit": limit + 1,
    }
    async with context.database.reading(context.scope) as db:
        rows = await db.all(_OperationRow, QUERIES["list_operations"], query)
    page = rows[:limit]
    return OperationPage(
        operations=[_logged(row) for row in page],
        next_cursor=str(Place(page[-1].created_at, str(page[-1].id))) if len(rows) > limit else None,
    )


async def get_operation(context: ToolContext, operation_id: UUID) -> LoggedOperation:
    """Raises NotFound, also for somebody else's."""
    query = {"customer_id": context.customer_id, "now": context.now, "operation_id": operation_id}
    async with context.database.reading(context.scope) as db:
        return _logged(await db.get(_OperationRow, QUERIES["find_logged_operation"], query))


def _logged(row: _OperationRow) -> LoggedOperation:
    return LoggedOperation(
        operation_id=row.id,
        type=row.type,
        status=row.status,
        summary=row.summary,
        amount=_decimal(row.amount_minor, row.currency),
        currency=row.currency,
        payee=row.recipient,
        step_up=row.step_up,
        initiated_by=row.initiated_by,
        error_code=row.error_code,
        error=reason_of(row.error_code) if row.error_code else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        completed_at=row.completed_at,
    )


def _decimal(minor: int | None, currency: str | None) -> str | None:
    return None if minor is None or currency is None else str(Money(minor, currency).decimal)
