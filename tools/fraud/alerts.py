"""Fraud alerts that wait for an answer: was this you? The answers are tools/fraud/answers.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from core.money import Money
from tools.accounts.accounts import NoArguments
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, tool


@dataclass(frozen=True, slots=True)
class AlertRow:
    id: UUID
    reason: str
    created_at: datetime
    amount_minor: int
    currency: str
    merchant: str
    payment_status: str
    occurred_at: datetime
    card_id: UUID | None
    card_last4: str | None
    card_kind: str | None
    card_status: str | None
    operation_id: UUID | None
    transaction_id: int | None
    """What money left with; None where none did."""
    is_replaced: bool

    @property
    def amount(self) -> Money:
        return Money(abs(self.amount_minor), self.currency)


class Alert(Result):
    reference: str
    merchant: str = Field(description="Where the card was used, or who would be paid.")
    amount: str
    currency: str
    date: str
    card_last4: str | None = Field(description="Null for a payment that is not by card.")
    payment_status: str = Field(description="Such as declined, pending, booked, held; not made: it was refused.")
    reason: str


class Alerts(Result):
    status: Literal["found"] = "found"
    alerts: list[Alert]


@tool(
    title="Check for fraud alerts",
    scope="fraud:read",
    rest="GET /fraud/alerts",
    examples={"Why was my payment flagged?": {}},
)
async def list_fraud_alerts(context: ToolContext, arguments: NoArguments) -> Alerts:  # noqa: ARG001
    """Open fraud alerts: payments the bank found unusual and the customer has not yet answered. Use when they ask why a
    payment was stopped or flagged, or say that somebody used their card."""
    async with context.database.reading(context.scope) as db:
        rows = await list_rows(db, context)
    return Alerts(
        alerts=[
            Alert(
                reference=str(row.id),
                merchant=row.merchant,
                amount=str(row.amount.decimal),
                currency=row.currency,
                date=row.occurred_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
                card_last4=row.card_last4,
                payment_status=row.payment_status,
                reason=row.reason,
            )
            for row in rows
        ]
    )


async def list_rows(db: ReadHandle, context: ToolContext) -> list[AlertRow]:
    """Those that wait for an answer, newest first."""
    return await db.all(AlertRow, QUERIES["list_open_alerts"], {"customer_id": context.customer_id})
