"""Opening an account: the bank's rules for it, and a number of its own."""

from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import uuid4

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from tools.accounts.numbers import SORT_CODE, iban
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Proposed, Refusal, Risk, ToolContext, tool

CURRENCIES = ("GBP", "EUR", "USD")
"""Those in which the bank has accounts of its own, so that it can post in them."""
_POUNDS = "GBP"

OpenableKind = Literal["current", "savings"]
Obstacle = Literal[
    "identity_unverified",
    "currency_not_offered",
    "savings_in_pounds",
    "current_account_needed",
    "too_many_savings",
    "currency_account_exists",
    "account_name_taken",
]


class AccountNotOpened(Refusal):
    status: Obstacle
    currencies: list[str] = Field(default=list(CURRENCIES), description="In which accounts can be opened.")


class OpenArguments(Arguments):
    kind: OpenableKind = Field(description="What kind of account.")
    currency: str = Field(default=_POUNDS, description="ISO 4217 code; savings accounts are in GBP.")
    name: str | None = Field(
        default=None, min_length=1, max_length=40, description="What the customer calls it; made up if left out."
    )


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the rules look at."""

    kyc_status: str
    names: list[str]
    """Of all open accounts, in lower case."""
    savings: int
    most_savings: int | None
    current_currencies: list[str]


@dataclass(frozen=True, slots=True)
class _Number:
    number: int


@tool(
    title="Prepare to open an account",
    scope="accounts:write",
    risk=Risk.PREPARE,
    rest="POST /accounts",
    examples={
        "Open a savings account called Holiday": {"kind": "savings", "name": "Holiday"},
        "I'd like a euro account": {"kind": "current", "currency": "EUR"},
    },
)
async def open_account(context: ToolContext, arguments: OpenArguments) -> Proposed | AccountNotOpened:
    """Prepares to open a current account (GBP, EUR or USD) or a savings account (GBP). The customer confirms in the
    app; this call opens nothing."""
    kind, currency = arguments.kind, arguments.currency.upper()
    async with context.database.writing(context.scope) as db:
        held = await _get_holdings(db, context)
        name = arguments.name or _free_name(kind, currency, held.names)
        if obstacle := find_obstacle(held, kind, currency, name):
            return AccountNotOpened(status=obstacle, message=reason_of(obstacle))
        return await propose(
            db,
            context,
            "open_account",
            payload={"kind": kind, "currency": currency, "name": name},
            proposed=Proposed(summary=f"Open a {kind} account in {currency} named {name}", account=name),
        )


def find_obstacle(held: Holdings, kind: OpenableKind, currency: str, name: str) -> Obstacle | None:
    """Why the customer cannot have this account."""
    is_savings = kind == "savings"
    rules: tuple[tuple[bool, Obstacle], ...] = (
        (held.kyc_status != "verified", "identity_unverified"),
        (currency not in CURRENCIES, "currency_not_offered"),
        (is_savings and currency != _POUNDS, "savings_in_pounds"),
        (is_savings and not held.current_currencies, "current_account_needed"),
        (is_savings and held.most_savings is not None and held.savings >= held.most_savings, "too_many_savings"),
        (not is_savings and currency != _POUNDS and currency in held.current_currencies, "currency_account_exists"),
        (name.lower() in held.names, "account_name_taken"),
    )
    return next((obstacle for applies, obstacle in rules if applies), None)


def _free_name(kind: OpenableKind, currency: str, names: list[str]) -> str:
    """``Savings``, ``Savings 2``, ..."""
    stem = "Savings" if kind == "savings" else "Current" if currency == _POUNDS else currency
    candidates = [stem, *(f"{stem} {number}" for number in range(2, len(names) + 3))]
    return next(name for name in candidates if name.lower() not in names)


@effect("open_account")
async def _open(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    owner = {"customer_id": context.customer_id}
    await db.dicts(QUERIES["lock_accounts"], owner)
    kind = cast(OpenableKind, payload["kind"])
    obstacle = find_obstacle(await _get_holdings(db, context), kind, payload["currency"], payload["name"])
    if obstacle is not None:
        return obstacle
    number = str((await db.get(_Number, QUERIES["take_account_number"])).number)
    numbers = {"sort_code": SORT_CODE, "account_number": number, "iban": iban(SORT_CODE, number)}
    await db.execute(QUERIES["insert_account"], owner | payload | numbers | {"id": uuid4(), "now": context.now})
    return None


async def _get_holdings(db: ReadHandle, context: ToolContext) -> Holdings:
    return await db.get(Holdings, QUERIES["get_holdings"], {"customer_id": context.customer_id, "now": context.now})
