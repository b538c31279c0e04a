"""Recurring payments: what the customer has ordered, and what their history shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.accounts.accounts import AccountUnclear, match_one_account
from tools.calendar import Frequency
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, tool
from tools.transactions.rhythm import Movement, Recurring, find_recurring
from tools.transactions.transactions import day_of, moments

LOOKS_BACK = timedelta(days=800)
"""Two payments a year apart, the second of them not overdue."""
_SHOWN_DAYS = 6


class RecurringArguments(Arguments):
    account: str | None = Field(default=None, description="Account name, kind or currency; all if left out.")
    direction: Literal["out", "in", "both"] = Field(default="out", description="Payments out, income, or both.")
    category: str | None = Field(
        default=None, description="Category such as subscriptions; all if left out, or if nothing of it comes back."
    )


class RecurringPayment(Result):
    name: str
    reference: str | None = Field(description="What a standing order says with its payments, such as Rent.")
    kind: str = Field(description="subscription, direct_debit, standing_order, salary, ...")
    category: str
    account: str
    amount: str = Field(description="Signed decimal, what is expected next: negative is money out.")
    currency: str
    varies: bool = Field(description="Whether the amount changes from payment to payment: then it is an estimate.")
    frequency: Frequency
    next_date: str = Field(description="ISO date on which it is expected; of a standing order the day it is set for.")
    ordered: bool = Field(description="Whether it is a standing order with us; otherwise it is read from the history.")
    seen: int = Field(description="Payments of this rhythm in the last two years.")
    last_dates: list[str] = Field(description="The latest of them, newest first.")


class RecurringSum(Result):
    amount: str = Field(description="Signed decimal, the average of a month.")
    currency: str


class RecurringPayments(Result):
    status: Literal["found"] = "found"
    payments: list[RecurringPayment] = Field(description="Soonest first.")
    monthly: list[RecurringSum] = Field(description="Money out a month on average, in each currency.")
    direction: Literal["out", "in", "both"]
    category: str | None = Field(description="The one that all of them are of, where one was asked for and is there.")


@dataclass(frozen=True, slots=True)
class _MovementRow:
    occurred_at: datetime
    account: str
    name: str
    kind: str
    category: str
    currency: str
    amount_minor: int
    is_own: bool

    def as_movement(self) -> Movement:
        return Movement(
            day=day_of(self.occurred_at),
            account=self.account,
            name=self.name,
            kind=self.kind,
            category=self.category,
            currency=self.currency,
            amount_minor=self.amount_minor,
            is_own=self.is_own,
        )


@dataclass(frozen=True, slots=True)
class StandingOrderRow:
    account: str
    name: str
    to_account: str | None
    """The customer's own account that receives."""
    amount_minor: int
    fee_minor: int
    currency: str
    reference: str | None
    frequency: Frequency
    starts_on: date
    next_run_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Habits:
    """What comes back in a customer's accounts."""

    orders: list[StandingOrderRow]
    ordered: list[Movement]
    """What the orders have paid."""
    found: list[Recurring]


@tool(
    title="Find your recurring payments",
    scope="transactions:read",
    rest="GET /transactions/recurring",
    examples={
        "Which subscriptions do I pay for?": {"category": "subscriptions"},
        "When does my salary come?": {"direction": "in"},
    },
)
async def find_recurring_payments(
    context: ToolContext, arguments: RecurringArguments
) -> RecurringPayments | AccountUnclear:
    """Subscriptions, direct debits, standing orders, salary and whatever else comes back at the same distance: amount,
    rhythm, next date, and the payments that show it. What has stopped is left out."""
    async with context.database.reading(context.scope) as db:
        account = await match_one_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        habits = await load_habits(db, context, account)
    found = [*map(_of_history, habits.found), *_of_orders(habits)]
    found = [each for each in found if _goes(each, arguments.direction)]
    # A gym may be health to whoever asks, and a subscription to the bank.
    of_category = [each for each in found if each.category == arguments.category]
    wanted = of_category or found
    return RecurringPayments(
        payments=sorted(wanted, key=lambda each: (each.next_date, each.name)),
        monthly=_monthly(wanted),
        direction=arguments.direction,
        category=arguments.category if of_category else None,
    )


async def load_habits(db: ReadHandle, context: ToolContext, account_id: UUID | None) -> Habits:
    """Of one account, or of all."""
    query = {"customer_id": context.customer_id, "account_id": account_id}
    period = moments(context.today - LOOKS_BACK, None, context.today)
    rows = await db.all(_MovementRow, QUERIES["list_movements"], query | period)
    movements = [row.as_movement() for row in rows]
    orders = await db.all(StandingOrderRow, QUERIES["list_running_orders"], query)
    ordered = [each for each in movements if each.kind == "standing_order"]
    # What is ordered with us is known, also that it was cancelled: the history has nothing to add.
    free = [each for each in movements if each.kind != "standing_order"]
    return Habits(orders, ordered, find_recurring(free, context.today))


def _goes(payment: RecurringPayment, direction: Literal["out", "in", "both"]) -> bool:
    return direction == "both" or payment.amount.startswith("-") == (direction == "out")


def _of_history(found: Recurring) -> RecurringPayment:
    return RecurringPayment(
        name=found.name,
        reference=None,
        kind=found.kind,
        category=found.category,
        account=found.account,
        amount=str(Money(found.amount_minor, found.currency).decimal),
        currency=found.currency,
        varies=found.varies,
        frequency=found.frequency,
        next_date=found.next_on.isoformat(),
        ordered=False,
        seen=len(found.days),
        last_dates=[day.isoformat() for day in found.days[:_SHOWN_DAYS]],
    )


def _of_orders(habits: Habits) -> Iterator[RecurringPayment]:
    for order in habits.orders:
        paid = [each for each in habits.ordered if (each.name, each.account) == (order.name, order.account)]
        days = sorted((each.day for each in paid), reverse=True)
        yield RecurringPayment(
            name=order.name,
            reference=order.reference,
            kind="standing_order",
            category=paid[0].category if paid else "transfers",
            account=order.account,
            amount=str(Money(-order.amount_minor, order.currency).decimal),
            currency=order.currency,
            varies=False,
            frequency=order.frequency,
            next_date=order.next_run_on.isoformat(),
            ordered=True,
            seen=len(days),
            last_dates=[day.isoformat() for day in days[:_SHOWN_DAYS]],
        )


_A_YEAR: dict[Frequency, int] = {
    "weekly": 52,
    "fortnightly": 26,
    "four_weekly": 13,
    "monthly": 12,
    "quarterly": 4,
    "yearly": 1,
}


def _monthly(payments: Iterable[RecurringPayment]) -> list[RecurringSum]:
    a_year: dict[str, int] = {}
    for payment in payments:
        minor = Money.parse(payment.amount, payment.currency).minor
        if minor < 0:
            a_year[payment.currency] = a_year.get(payment.currency, 0) + minor * _A_YEAR[payment.frequency]
    return [
        RecurringSum(amount=str(Money(-(-minor // 12), currency).decimal), currency=currency)
        for currency, minor in sorted(a_year.items())
    ]
