"""Transactions and spending."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tools.accounts import AccountUnclear, match_one_account
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, Unclear, tool

MOST_TRANSACTIONS = 50
"""Of one list."""

_EARLIEST = date(2000, 1, 1)


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


class SpendingArguments(Period):
    account: str | None = Field(default=None, description="Account name, kind or currency; all if left out.")
    text: str | None = Field(default=None, min_length=2, description="Merchant name.")
    category: str | None = Field(default=None, description="Category such as groceries; all if left out.")


class Transaction(Result):
    date: str
    description: str
    category: str
    kind: str
    status: Literal["booked", "pending", "declined", "reversed"]
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


class CategorySpending(Result):
    category: str
    amount: str
    currency: str
    number: int


class Total(Result):
    amount: str
    currency: str
    number: int


class Spending(Result):
    status: Literal["found"] = "found"
    since: str
    until: str
    category: str | None
    text: str | None
    totals: list[Total]
    by_category: list[CategorySpending]


class CategoryUnknown(Unclear):
    status: Literal["category_unknown"] = "category_unknown"
    message: str = "There is no spending under that category."


@dataclass(frozen=True, slots=True)
class _TransactionRow:
    occurred_at: datetime
    description: str
    category: str
    kind: str
    status: Literal["booked", "pending", "declined", "reversed"]
    amount_minor: int
    currency: str
    account: str
    card_last4: str | None
    decline_reason: str | None


@dataclass(frozen=True, slots=True)
class _SpendingRow:
    currency: str
    category: str
    spent_minor: int
    number: int


@dataclass(frozen=True, slots=True)
class _CategoryRow:
    category: str


@tool(
    title="Look up your transactions",
    scope="transactions:read",
    rest="GET /transactions",
    examples={"Show my last 5 transactions": {"limit": 5}},
)
async def list_transactions(context: ToolContext, arguments: TransactionsArguments) -> Result:
    """Transactions, newest first, also pending and declined ones. Filter by account, merchant text, category, days."""
    async with context.database.reading(context.scope) as db:
        account = await match_one_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        rows = await db.all(
            _TransactionRow,
            QUERIES["list_transactions"],
            _filters(context, arguments, account, arguments.since or _EARLIEST) | {"limit": arguments.limit},
        )
    return Transactions(
        transactions=[_transaction(row) for row in rows],
        since=_iso(arguments.since),
        until=_iso(arguments.until),
        category=arguments.category,
        text=arguments.text,
    )


@tool(
    title="Add up your spending",
    scope="transactions:read",
    rest="GET /transactions/spending",
    examples={"How much did I spend on groceries this month?": {"category": "groceries"}},
)
async def spending_summary(context: ToolContext, arguments: SpendingArguments) -> Result:
    """Money spent in a period, in total and by category; refunds are taken off and moves between own accounts left out.
    Without ``since`` it covers the current month."""
    since = arguments.since or context.today.replace(day=1)
    async with context.database.reading(context.scope) as db:
        account = await match_one_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        if arguments.category is not None:
            known = await db.all(_CategoryRow, QUERIES["list_categories"], {"customer_id": context.customer_id})
            choices = [row.category for row in known]
            if arguments.category not in choices:
                return CategoryUnknown(asked_for=arguments.category, choices=choices)
        rows = await db.all(_SpendingRow, QUERIES["sum_spending"], _filters(context, arguments, account, since))
    return Spending(
        since=since.isoformat(),
        until=(arguments.until or context.today).isoformat(),
        category=arguments.category,
        text=arguments.text,
        totals=_totals(rows),
        by_category=[
            CategorySpending(
                category=row.category,
                amount=str(Money(row.spent_minor, row.currency).decimal),
                currency=row.currency,
                number=row.number,
            )
            for row in rows
        ],
    )


def _filters(
    context: ToolContext, arguments: TransactionsArguments | SpendingArguments, account: UUID | None, since: date
) -> dict[str, Any]:
    until = min(arguments.until or context.today, context.today) + timedelta(days=1)
    return {
        "customer_id": context.customer_id,
        "account_id": account,
        "text": _literal(arguments.text),
        "category": arguments.category,
        "since": datetime.combine(since, time(), BANK_TIME_ZONE),
        "until": datetime.combine(until, time(), BANK_TIME_ZONE),
    }


def _literal(text: str | None) -> str | None:
    """The text for LIKE, its wildcards taken literally."""
    return None if text is None else text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _totals(rows: list[_SpendingRow]) -> list[Total]:
    currencies = dict.fromkeys(row.currency for row in rows)
    return [
        Total(
            amount=str(Money(sum(row.spent_minor for row in rows if row.currency == currency), currency).decimal),
            currency=currency,
            number=sum(row.number for row in rows if row.currency == currency),
        )
        for currency in currencies
    ]


def _transaction(row: _TransactionRow) -> Transaction:
    return Transaction(
        date=row.occurred_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
        description=row.description,
        category=row.category,
        kind=row.kind,
        status=row.status,
        amount=str(Money(row.amount_minor, row.currency).decimal),
        currency=row.currency,
        account=row.account,
        card_last4=row.card_last4,
        decline_reason=row.decline_reason,
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
