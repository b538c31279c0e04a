"""Standing orders."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.accounts import NoArguments
from tools.calendar import Frequency
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, tool


@dataclass(frozen=True, slots=True)
class _OrderRow:
    id: UUID
    recipient: str
    payee_id: UUID | None
    to_account_id: UUID | None
    amount_minor: int
    currency: str
    frequency: Frequency
    starts_on: date
    next_run_on: date
    ends_on: date | None
    reference: str | None
    account: str

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class StandingOrder(Result):
    reference: str = Field(description="Names this standing order in later calls.")
    payee: str = Field(description="Payee, or own account that receives.")
    amount: str = Field(description="A decimal string.")
    currency: str
    frequency: Frequency
    next_run_on: str = Field(description="Day of the next payment, ISO date.")
    ends_on: str | None = Field(description="No payment after this day; null: until it is cancelled.")
    account: str
    text: str | None = Field(description="Text for the statement.")


class StandingOrders(Result):
    status: Literal["found"] = "found"
    standing_orders: list[StandingOrder]


@tool(
    title="List your standing orders",
    scope="standing-orders:read",
    rest="GET /standing-orders",
    examples={"What standing orders do I have?": {}},
)
async def list_standing_orders(context: ToolContext, arguments: NoArguments) -> StandingOrders:  # noqa: ARG001
    """The customer's running standing orders with amount, rhythm and the day of the next payment."""
    async with context.database.reading(context.scope) as db:
        return StandingOrders(standing_orders=[_shown(order) for order in await _list_orders(db, context)])


async def _list_orders(db: ReadHandle, context: ToolContext) -> list[_OrderRow]:
    return await db.all(_OrderRow, QUERIES["list_standing_orders"], {"customer_id": context.customer_id})


def _shown(order: _OrderRow) -> StandingOrder:
    return StandingOrder(
        reference=str(order.id),
        payee=order.recipient,
        amount=str(order.amount.decimal),
        currency=order.currency,
        frequency=order.frequency,
        next_run_on=order.next_run_on.isoformat(),
        ends_on=order.ends_on and order.ends_on.isoformat(),
        account=order.account,
        text=order.reference,
    )
