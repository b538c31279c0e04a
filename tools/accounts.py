"""Accounts and their balances."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, Unclear, tool


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    name: str
    kind: str
    currency: str
    balance_minor: int
    overdraft_minor: int
    last4: str
    held_minor: int

    def answers_to(self, words: str) -> bool:
        """Whether the customer may mean this account: by name, kind, currency or last four digits."""
        said = words.casefold().removesuffix("account").strip()
        names = {self.name.casefold(), self.kind.replace("_", " "), self.currency.casefold(), self.last4}
        return said in names or said.removesuffix("s") in names or (len(said) > 3 and said in self.name.casefold())


class AccountBalance(Result):
    name: str
    kind: Literal["current", "savings", "credit_card"]
    currency: str
    ledger: str = Field(description="Booked balance, a decimal string.")
    available: str = Field(description="What can be spent now: the booked balance less what is pending.")
    last4: str


class Accounts(Result):
    status: Literal["found"] = "found"
    accounts: list[AccountBalance]


class AccountUnclear(Unclear):
    status: Literal["account_unclear"] = "account_unclear"
    message: str = "Which account do you mean?"


class NoArguments(Arguments):
    pass


class BalanceArguments(Arguments):
    account: str | None = Field(
        default=None, description="Account name, kind (current, savings, credit card) or currency; all if left out."
    )


async def match_accounts(db: ReadHandle, context: ToolContext, words: str | None) -> list[Account] | AccountUnclear:
    """The customer's accounts that ``words`` may mean, all of them for None; AccountUnclear when there is none."""
    accounts = await db.all(Account, QUERIES["list_accounts"], {"customer_id": context.customer_id})
    if words is None:
        return accounts
    exact = [account for account in accounts if account.name.casefold() == words.casefold()]
    matches = exact or [account for account in accounts if account.answers_to(words)]
    return matches or AccountUnclear(asked_for=words, choices=[account.name for account in accounts])


async def match_one_account(db: ReadHandle, context: ToolContext, words: str | None) -> UUID | AccountUnclear | None:
    """The id of the one account that is meant, None for all accounts."""
    if words is None:
        return None
    matches = await match_accounts(db, context, words)
    if isinstance(matches, AccountUnclear):
        return matches
    if len(matches) > 1:
        return AccountUnclear(asked_for=words, choices=[account.name for account in matches])
    return matches[0].id


@tool(
    title="List your accounts",
    scope="accounts:read",
    rest="GET /accounts",
    examples={"What accounts do I have?": {}},
)
async def list_accounts(context: ToolContext, arguments: NoArguments) -> Result:  # noqa: ARG001
    """All accounts of the customer with kind, currency and balances. Use for "what accounts do I have"."""
    async with context.database.reading(context.scope) as db:
        accounts = await db.all(Account, QUERIES["list_accounts"], {"customer_id": context.customer_id})
    return Accounts(accounts=[_balance(account) for account in accounts])


@tool(
    title="Check your balance",
    scope="accounts:read",
    rest="GET /accounts/balances",
    examples={"What's my balance?": {}, "How much is in Rainy Day?": {"account": "Rainy Day"}},
)
async def get_balance(context: ToolContext, arguments: BalanceArguments) -> Result:
    """Ledger and available balance of one account or of all. Use for "what's my balance", "how much is in savings"."""
    async with context.database.reading(context.scope) as db:
        matches = await match_accounts(db, context, arguments.account)
    if isinstance(matches, AccountUnclear):
        return matches
    return Accounts(accounts=[_balance(account) for account in matches])


def _balance(account: Account) -> AccountBalance:
    available = account.balance_minor - account.held_minor + account.overdraft_minor
    return AccountBalance(
        name=account.name,
        kind=account.kind,  # pyright: ignore[reportArgumentType]  # the query's and the column's own set
        currency=account.currency,
        ledger=str(Money(account.balance_minor, account.currency).decimal),
        available=str(Money(available, account.currency).decimal),
        last4=account.last4,
    )
