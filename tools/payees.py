"""Payees and standing orders, to read."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.money import Money
from tools.accounts import NoArguments
from tools.payee_match import list_payee_rows
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, tool


@dataclass(frozen=True, slots=True)
class _StandingOrderRow:
    payee: str
    amount_minor: int
    currency: str
    frequency: str
    day_of_month: int | None
    next_run_on: date
    reference: str | None
    account: str


class Payee(Result):
    name: str
    currency: str
    last4: str


class Payees(Result):
    status: Literal["found"] = "found"
    payees: list[Payee]


class StandingOrder(Result):
    payee: str
    amount: str
    currency: str
    frequency: str
    next_run_on: str
    account: str


class StandingOrders(Result):
    status: Literal["found"] = "found"
    standing_orders: list[StandingOrder]


@tool(title="List your payees", scope="payees:read", rest="GET /payees", examples={"Who are my payees?": {}})
async def list_payees(context: ToolContext, arguments: NoArguments) -> Result:  # noqa: ARG001
    """The people and firms the customer has saved to pay, with the last four digits of their account."""
    async with context.database.reading(context.scope) as db:
        rows = await list_payee_rows(db, context)
    return Payees(payees=[Payee(name=row.name, currency=row.currency, last4=row.last4) for row in rows])


@tool(
    title="List your standing orders",
    scope="standing-orders:read",
    rest="GET /standing-orders",
    examples={"What standing orders do I have?": {}},
)
async def list_standing_orders(context: ToolContext, arguments: NoArguments) -> Result:  # noqa: ARG001
    """The customer's running standing orders with amount, rhythm and the day of the next payment."""
    async with context.database.reading(context.scope) as db:
        rows = await db.all(_StandingOrderRow, QUERIES["list_standing_orders"], {"customer_id": context.customer_id})
    return StandingOrders(
        standing_orders=[
            StandingOrder(
                payee=row.payee,
                amount=str(Money(row.amount_minor, row.currency).decimal),
                currency=row.currency,
                frequency=row.frequency,
                next_run_on=row.next_run_on.isoformat(),
                account=row.account,
            )
            for row in rows
        ]
    )
