"""Accounts: which there are, what is in them, their details. How the customer's words for one are matched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from core.money import Money
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, Unclear, tool

Kind = Literal["current", "savings", "credit_card", "loan"]


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    name: str
    kind: Kind
    currency: str
    status: Literal["open", "frozen", "closed"]
    balance_minor: int
    overdraft_minor: int
    last4: str
    held_minor: int

    @property
    def available_minor(self) -> int:
        return self.balance_minor - self.held_minor + self.overdraft_minor

    def answers_to(self, words: str) -> bool:
        """Whether the customer may mean this account: by name, kind, currency, last four digits or reference."""
        said = words.casefold().removesuffix("account").strip()
        names = {self.name.casefold(), self.kind.replace("_", " "), self.currency.casefold(), self.last4, str(self.id)}
        return said in names or said.removesuffix("s") in names or (len(said) > 3 and said in self.name.casefold())


class AccountBalance(Result):
    reference: str = Field(description="Names this account in later calls, whatever it is called then.")
    name: str
    kind: Kind
    currency: str
    ledger: str = Field(description="Booked balance, a decimal string.")
    available: str = Field(description="What can be spent now: the booked balance less what is pending.")
    last4: str


class Accounts(Result):
    status: Literal["found"] = "found"
    accounts: list[AccountBalance]


class AccountDetail(Result):
    PRIVATE: ClassVar[Mapping[str, str]] = {
        # The longest first: the others are parts of it.
        "iban": "IBAN",
        "sort_code": "SORT_CODE",
        "account_number": "ACCOUNT_NUMBER",
    }

    status: Literal["found"] = "found"
    reference: str = Field(description="Names this account in later calls, whatever it is called then.")
    name: str
    kind: Kind
    currency: str
    state: Literal["open", "frozen", "closed"]
    ledger: str = Field(description="Booked balance, a decimal string.")
    held: str = Field(description="Held back for what is pending.")
    limit: str = Field(description="Overdraft limit; of a credit card its credit limit.")
    available: str = Field(description="Ledger balance less holds, plus the limit.")
    sort_code: str | None
    account_number: str | None
    iban: str | None
    last4: str
    cards: list[str] = Field(description="Last four digits of the cards that draw on it.")
    opened: str = Field(description="ISO date.")


class AccountUnclear(Unclear):
    status: Literal["account_unclear"] = "account_unclear"
    message: str = "Which account do you mean?"


class ToAccountUnclear(Unclear):
    status: Literal["to_account_unclear"] = "to_account_unclear"
    message: str = "Which of your accounts should the money go to?"


class NoArguments(Arguments):
    pass


class BalanceArguments(Arguments):
    account: str | None = Field(
        default=None, description="Account name, kind (current, savings, credit card) or currency; all if left out."
    )


class AccountArguments(Arguments):
    account: str = Field(min_length=1, description="Account name, kind, currency, last four digits or reference.")


@dataclass(frozen=True, slots=True)
class _Details:
    sort_code: str | None
    account_number: str | None
    iban: str | None
    cards: list[str]
    opened_at: datetime


async def list_own_accounts(db: ReadHandle, context: ToolContext) -> list[Account]:
    """All that are not closed."""
    return await db.all(Account, QUERIES["list_accounts"], {"customer_id": context.customer_id})


async def match_accounts(db: ReadHandle, context: ToolContext, words: str | None) -> list[Account] | AccountUnclear:
    """The customer's accounts that ``words`` may mean, all of them for None; AccountUnclear when there is none."""
    return _matching(await list_own_accounts(db, context), words)


def _matching(accounts: list[Account], words: str | None) -> list[Account] | AccountUnclear:
    if words is None:
        return accounts
    exact = [account for account in accounts if account.name.casefold() == words.casefold()]
    matches = exact or [account for account in accounts if account.answers_to(words)]
    return matches or AccountUnclear(asked_for=words, choices=[account.name for account in accounts])


async def pick_account(db: ReadHandle, context: ToolContext, words: str | None) -> Account | AccountUnclear:
    """The one account that is meant; for None the customer's only one."""
    matches = await match_accounts(db, context, words)
    if isinstance(matches, AccountUnclear):
        return matches
    if len(matches) != 1:
        return AccountUnclear(asked_for=words, choices=[account.name for account in matches])
    return matches[0]


async def match_one_account(db: ReadHandle, context: ToolContext, words: str | None) -> UUID | AccountUnclear | None:
    """The id of the one account that is meant, None for all accounts."""
    if words is None:
        return None
    account = await pick_account(db, context, words)
    return account if isinstance(account, AccountUnclear) else account.id


@tool(
    title="List your accounts",
    scope="accounts:read",
    rest="GET /accounts",
    examples={"What accounts do I have?": {}},
)
async def list_accounts(context: ToolContext, arguments: NoArguments) -> Accounts:  # noqa: ARG001
    """All accounts of the customer with kind, currency and balances. Use for "what accounts do I have"."""
    accounts = await context.fetch(Account, QUERIES["list_accounts"], {"customer_id": context.customer_id})
    return Accounts(accounts=[_balance(account) for account in accounts])


@tool(
    title="Check your balance",
    scope="accounts:read",
    rest="GET /accounts/balances",
    examples={"What's my balance?": {}, "How much is in Rainy Day?": {"account": "Rainy Day"}},
)
async def get_balance(context: ToolContext, arguments: BalanceArguments) -> Accounts | AccountUnclear:
    """Ledger and available balance of one account or of all. Use for "what's my balance", "how much is in savings"."""
    query, words = {"customer_id": context.customer_id}, arguments.account
    if words is None:
        accounts = await context.fetch(Account, QUERIES["list_accounts"], query)
    else:
        accounts = await context.database.fetch(Account, QUERIES["list_accounts"], query, scope=context.scope)
    matches = _matching(accounts, words)
    if isinstance(matches, AccountUnclear):
        return matches
    return Accounts(accounts=[_balance(account) for account in matches])


@tool(
    title="See an account's details",
    scope="accounts:read",
    rest="GET /accounts/{account}",
    examples={"What's the IBAN of my Travel account?": {"account": "Travel"}},
)
async def get_account(context: ToolContext, arguments: AccountArguments) -> AccountDetail | AccountUnclear:
    """One account with its sort code, account number, IBAN, balances, limit, cards and the day it was opened. Use for
    "what's my account number", "my IBAN", "my overdraft limit"."""
    async with context.database.reading(context.scope) as db:
        account = await pick_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        query = {"customer_id": context.customer_id, "account_id": account.id}
        details = await db.get(_Details, QUERIES["get_account_details"], query)
    return _detail(account, details)


def _balance(account: Account) -> AccountBalance:
    return AccountBalance(
        reference=str(account.id),
        name=account.name,
        kind=account.kind,
        currency=account.currency,
        ledger=_decimal(account.balance_minor, account),
        available=_decimal(account.available_minor, account),
        last4=account.last4,
    )


def _detail(account: Account, details: _Details) -> AccountDetail:
    return AccountDetail(
        reference=str(account.id),
        name=account.name,
        kind=account.kind,
        currency=account.currency,
        state=account.status,
        ledger=_decimal(account.balance_minor, account),
        held=_decimal(account.held_minor, account),
        limit=_decimal(account.overdraft_minor, account),
        available=_decimal(account.available_minor, account),
        sort_code=details.sort_code,
        account_number=details.account_number,
        iban=details.iban,
        last4=account.last4,
        cards=details.cards,
        opened=details.opened_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
    )


def _decimal(minor: int, account: Account) -> str:
    return str(Money(minor, account.currency).decimal)
