"""Standing orders: list, prepare to create. ``tellergraph worker`` pays them (worker.py)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.money import Money
from tools.accounts.accounts import AccountUnclear, NoArguments
from tools.calendar import Frequency, GivenDay, leave_day
from tools.operations import effect, propose
from tools.payments.payee_match import PayeeUnclear
from tools.payments.transfers import SameAccount, ToAccountUnclear
from tools.queries import QUERIES
from tools.registry import Proposed, Refusal, Result, Risk, ToolContext, tool
from tools.schedules.rules import (
    DatePast,
    DateTooFar,
    Parties,
    RecipientArguments,
    choose_parties,
    hold_parties,
    refuse_date,
    said_day,
)

HOW_OFTEN = {
    "weekly": "every week",
    "fortnightly": "every two weeks",
    "four_weekly": "every four weeks",
    "monthly": "every month",
    "quarterly": "every quarter",
    "yearly": "every year",
}
FREQUENCIES = "weekly, fortnightly, four_weekly, monthly, quarterly or yearly."


@dataclass(frozen=True, slots=True)
class OrderRow:
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

    @property
    def is_own(self) -> bool:
        return self.to_account_id is not None

    @property
    def label(self) -> str:
        return f"{self.amount} {HOW_OFTEN[self.frequency]} to {self.recipient}, next on {self.next_run_on.isoformat()}"


class CreateStandingOrderArguments(RecipientArguments):
    frequency: Frequency = Field(description=f"How often it is paid: {FREQUENCIES}")
    date: GivenDay = Field(description="The day of the first payment, YYYY-MM-DD: today or later.")
    end_date: GivenDay | None = Field(
        default=None, description="No payment after this day, YYYY-MM-DD; until it is cancelled if left out."
    )


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


class EndBeforeStart(Refusal):
    status: Literal["end_date_too_early"] = "end_date_too_early"
    message: str = "The last day must not be before the next payment."
    earliest: str = Field(description="The first end date that is possible, ISO date.")


@tool(
    title="List your standing orders",
    scope="standing-orders:read",
    rest="GET /standing-orders",
    examples={"What standing orders do I have?": {}},
)
async def list_standing_orders(context: ToolContext, arguments: NoArguments) -> StandingOrders:  # noqa: ARG001
    """The customer's running standing orders with amount, rhythm and the day of the next payment."""
    async with context.database.reading(context.scope) as db:
        return StandingOrders(standing_orders=[_shown(order) for order in await list_order_rows(db, context)])


@tool(
    title="Prepare a standing order",
    scope="standing-orders:write",
    risk=Risk.PREPARE,
    rest="POST /standing-orders",
    examples={
        "Pay my landlord Sunrise Lettings 850 pounds on the first of every month": {
            "amount": "850",
            "payee": "Sunrise Lettings",
            "frequency": "monthly",
            "date": "2026-12-01",
        },
        "Put 25 pounds a week into Rainy Day until the end of next year": {
            "amount": "25",
            "to_account": "Rainy Day",
            "frequency": "weekly",
            "date": "2026-11-27",
            "end_date": "2027-12-31",
        },
    },
)
async def create_standing_order(
    context: ToolContext, arguments: CreateStandingOrderArguments
) -> Proposed | PayeeUnclear | ToAccountUnclear | AccountUnclear | SameAccount | DatePast | DateTooFar | EndBeforeStart:
    """Prepares a payment that repeats itself, to a payee or an own account. A day that a month does not have is paid on
    its last day. The customer confirms in the app; this call creates nothing."""
    async with context.database.writing(context.scope) as db:
        parties = await choose_parties(db, context, arguments)
        if not isinstance(parties, Parties):
            return parties
        refusal = await refuse_date(db, context, arguments.date, earliest=context.today, amount=parties.amount)
        refusal = refusal or refuse_end(arguments.date, arguments.end_date)
        if refusal is not None:
            return refusal
        first = leave_day(parties.route, arguments.date, context.now)
        rhythm = {"frequency": arguments.frequency, "starts_on": arguments.date.isoformat()}
        rhythm |= {"next_run_on": first.isoformat(), "ends_on": iso(arguments.end_date)}
        how_often = f"{HOW_OFTEN[arguments.frequency]} from {said_day(first)}{until(arguments.end_date)}"
        return await propose(
            db,
            context,
            "create_standing_order",
            payload=parties.payload | rhythm | {"reference": arguments.reference},
            proposed=Proposed(summary=f"{parties.said} {how_often}", date=first.isoformat(), **parties.proposed),
            money=parties.money,
        )


@effect("create_standing_order")
async def _create(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    refusal = await hold_parties(db, context, payload)
    if refusal is None:
        values = payload | {"customer_id": context.customer_id, "now": context.now}
        await db.execute(QUERIES["insert_standing_order"], values)
    return refusal


async def list_order_rows(db: ReadHandle, context: ToolContext) -> list[OrderRow]:
    return await db.all(OrderRow, QUERIES["list_standing_orders"], {"customer_id": context.customer_id})


def _shown(order: OrderRow) -> StandingOrder:
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


def refuse_end(starts_on: date, ends_on: date | None) -> EndBeforeStart | None:
    return EndBeforeStart(earliest=starts_on.isoformat()) if ends_on is not None and ends_on < starts_on else None


def until(ends_on: date | None) -> str:
    return "" if ends_on is None else f" until {said_day(ends_on)}"


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
