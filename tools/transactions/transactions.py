"""Transactions: the latest ones."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tools.accounts.accounts import AccountUnclear, match_one_account
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, tool

MOST_TRANSACTIONS = 50
"""Of one list."""

_EARLIEST = date(2000, 1, 1)

Direction = Literal["in", "out"]
Status = Literal["booked", "pending", "declined", "reversed", "released"]


class Period(Arguments):
    since: date | None = Field(default=None, description="First day, ISO date.")
    until: date | None = Field(default=None, description="Last day, inclusive, ISO date.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError("since must not be after until")
        return self


class TransactionsArguments(Period):
    limit: int = Field(default=10, ge=1, le=MOST_TRANSACTIONS, description="How many, newest first.")
    account: str | None = Field(default=None, description="Account name, kind or currency; all if left out.")
    text: str | None = Field(default=None, min_length=2, description="Merchant or other text in the description.")
    category: str | None = Field(default=None, description="Category such as groceries, eating_out, transport.")
    direction: Direction | None = Field(default=None, description="Only money in, or only money out.")


class Transaction(Result):
    reference: str = Field(description="Names this transaction in later calls.")
    date: str
    description: str
    category: str
    kind: str
    status: Status
    amount: str = Field(description="Signed decimal: negative is money out.")
    currency: str
    account: str
    card_last4: str | None
    decline_reason: str | None


class Transactions(Result):
    status: Literal["found"] = "found"
    transactions: list[Transaction]
    since: str | None
    until: str | None
    category: str | None
    text: str | None
    direction: Direction | None


@dataclass(frozen=True, slots=True)
class TransactionRow:
    id: int
    occurred_at: datetime
    description: str
    category: str
    kind: str
    status: Status
    amount_minor: int
    currency: str
    account: str
    card_last4: str | None
    decline_reason: str | None

    def shown(self) -> Transaction:
        return Transaction(**self.fields())

    def fields(self) -> dict[str, Any]:
        return {
            "reference": str(self.id),
            "date": day_of(self.occurred_at).isoformat(),
            "description": self.description,
            "category": self.category,
            "kind": self.kind,
            "status": self.status,
            "amount": str(Money(self.amount_minor, self.currency).decimal),
            "currency": self.currency,
            "account": self.account,
            "card_last4": self.card_last4,
            "decline_reason": self.decline_reason,
        }


@tool(
    title="Look up your transactions",
    scope="transactions:read",
    rest="GET /transactions",
    examples={"Show my last 5 transactions": {"limit": 5}, "Has my salary arrived?": {"direction": "in"}},
)
async def list_transactions(context: ToolContext, arguments: TransactionsArguments) -> Transactions | AccountUnclear:
    """Transactions, newest first, also pending and declined ones. Filter by account, merchant text, category,
    direction, days."""
    filters = {
        "customer_id": context.customer_id,
        "text": literal(arguments.text),
        "category": arguments.category,
        "direction": arguments.direction,
        "limit": arguments.limit,
    } | moments(arguments.since or _EARLIEST, arguments.until, context.today)
    if arguments.account is None:
        rows = await context.fetch(TransactionRow, QUERIES["list_transactions"], filters | {"account_id": None})
    else:
        async with context.database.reading(context.scope) as db:
            account = await match_one_account(db, context, arguments.account)
            if isinstance(account, AccountUnclear):
                return account
            rows = await db.all(TransactionRow, QUERIES["list_transactions"], filters | {"account_id": account})
    return Transactions(
        transactions=[row.shown() for row in rows],
        since=iso(arguments.since),
        until=iso(arguments.until),
        category=arguments.category,
        text=arguments.text,
        direction=arguments.direction,
    )


def moments(since: date, until: date | None, today: date) -> dict[str, datetime]:
    """``since`` and ``until`` of a query: from the first moment of the first day to before the day after the last."""
    last = min(until or today, today) + timedelta(days=1)
    return {
        "since": datetime.combine(since, time(), BANK_TIME_ZONE),
        "until": datetime.combine(last, time(), BANK_TIME_ZONE),
    }


def literal(text: str | None) -> str | None:
    """The text for LIKE, its wildcards taken literally."""
    return None if text is None else text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def day_of(moment: datetime) -> date:
    return moment.astimezone(BANK_TIME_ZONE).date()


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
