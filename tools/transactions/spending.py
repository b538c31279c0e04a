"""Spending: money out in a period, by category, month or merchant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.accounts.accounts import AccountUnclear, match_one_account
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, Unclear, tool
from tools.transactions.transactions import Period, literal, moments

GroupBy = Literal["category", "month", "merchant"]


class SpendingArguments(Period):
    account: str | None = Field(default=None, description="Account name, kind or currency; all if left out.")
    text: str | None = Field(default=None, min_length=2, description="Merchant name.")
    category: str | None = Field(default=None, description="Category such as groceries; all if left out.")
    group_by: GroupBy = Field(default="category", description="What the parts of the sum are.")


class CategorySpending(Result):
    category: str
    amount: str
    currency: str
    number: int


class MonthSpending(Result):
    month: str = Field(description="Year and month, such as 2026-10.")
    amount: str
    currency: str
    number: int


class MerchantSpending(Result):
    merchant: str = Field(description="Merchant, payee or what stands in the statement.")
    amount: str
    currency: str
    number: int


class Total(Result):
    amount: str
    currency: str
    number: int


class Spending(Result):
    """Of the three lists the one that was asked for is filled."""

    status: Literal["found"] = "found"
    since: str
    until: str
    category: str | None
    text: str | None
    group_by: GroupBy
    totals: list[Total]
    by_category: list[CategorySpending] = Field(description="Largest first.")
    by_month: list[MonthSpending] = Field(description="Earliest first.")
    by_merchant: list[MerchantSpending] = Field(description="Largest first.")


class CategoryUnknown(Unclear):
    status: Literal["category_unknown"] = "category_unknown"
    message: str = "There is no spending under that category."


@dataclass(frozen=True, slots=True)
class _SpendingRow:
    currency: str
    label: str
    spent_minor: int
    number: int

    @property
    def sum(self) -> Total:
        amount = str(Money(self.spent_minor, self.currency).decimal)
        return Total(amount=amount, currency=self.currency, number=self.number)


@dataclass(frozen=True, slots=True)
class _CategoryRow:
    category: str


@tool(
    title="Add up your spending",
    scope="transactions:read",
    rest="GET /transactions/spending",
    examples={
        "How much did I spend on groceries this month?": {"category": "groceries"},
        "What did I spend each month this year?": {"since": "2026-01-01", "group_by": "month"},
    },
)
async def spending_summary(
    context: ToolContext, arguments: SpendingArguments
) -> Spending | AccountUnclear | CategoryUnknown:
    """Money spent in a period, in total and by category, month or merchant; refunds are taken off and moves between own
    accounts left out. Without ``since`` it covers the current month."""
    since = arguments.since or context.today.replace(day=1)
    async with context.database.reading(context.scope) as db:
        account = await match_one_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        if unknown := await _find_unknown(db, context, arguments.category):
            return unknown
        rows = await _list_sums(db, context, arguments, account, since)
    return _spending(arguments, rows, since, context.today)


async def _find_unknown(db: ReadHandle, context: ToolContext, category: str | None) -> CategoryUnknown | None:
    if category is None:
        return None
    known = await db.all(_CategoryRow, QUERIES["list_categories"], {"customer_id": context.customer_id})
    choices = [row.category for row in known]
    return None if category in choices else CategoryUnknown(asked_for=category, choices=choices)


async def _list_sums(
    db: ReadHandle, context: ToolContext, arguments: SpendingArguments, account: UUID | None, since: date
) -> list[_SpendingRow]:
    query = {
        "customer_id": context.customer_id,
        "account_id": account,
        "text": literal(arguments.text),
        "category": arguments.category,
        "group_by": arguments.group_by,
    }
    return await db.all(_SpendingRow, QUERIES["sum_spending"], query | moments(since, arguments.until, context.today))


def _spending(arguments: SpendingArguments, rows: list[_SpendingRow], since: date, today: date) -> Spending:
    parts = [(row.label, row.sum.model_dump()) for row in rows]
    by, months = arguments.group_by, sorted(parts, key=lambda part: part[0])
    return Spending(
        since=since.isoformat(),
        until=(arguments.until or today).isoformat(),
        category=arguments.category,
        text=arguments.text,
        group_by=by,
        totals=_totals(rows),
        by_category=[CategorySpending(category=label, **part) for label, part in parts if by == "category"],
        by_month=[MonthSpending(month=label, **part) for label, part in months if by == "month"],
        by_merchant=[MerchantSpending(merchant=label, **part) for label, part in parts if by == "merchant"],
    )


def _totals(rows: Iterable[_SpendingRow]) -> list[Total]:
    """One for each currency, in the order of the rows."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        spent, number = sums.get(row.currency, (0, 0))
        sums[row.currency] = spent + row.spent_minor, number + row.number
    return [
        Total(amount=str(Money(spent, currency).decimal), currency=currency, number=number)
        for currency, (spent, number) in sums.items()
    ]
