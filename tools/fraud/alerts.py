"""Fraud alerts, to read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tools.accounts.accounts import NoArguments
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, tool


@dataclass(frozen=True, slots=True)
class _AlertRow:
    reason: str
    created_at: datetime
    amount_minor: int
    currency: str
    merchant: str
    payment_status: str
    occurred_at: datetime
    card_last4: str


class Alert(Result):
    merchant: str
    amount: str
    currency: str
    date: str
    card_last4: str
    payment_status: str
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
        rows = await db.all(_AlertRow, QUERIES["list_open_alerts"], {"customer_id": context.customer_id})
    return Alerts(
        alerts=[
            Alert(
                merchant=row.merchant,
                amount=str(Money(abs(row.amount_minor), row.currency).decimal),
                currency=row.currency,
                date=row.occurred_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
                card_last4=row.card_last4,
                payment_status=row.payment_status,
                reason=row.reason,
            )
            for row in rows
        ]
    )
