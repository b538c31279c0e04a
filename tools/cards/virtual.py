"""Cards without plastic, for paying online and by phone."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from tools.accounts.accounts import Account, AccountUnclear, match_accounts
from tools.cards.replacement import end_of_validity
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Risk, ToolContext, tool

_HAS_CARDS = ("current", "credit_card")


class VirtualCardArguments(Arguments):
    account: str | None = Field(
        default=None,
        description="Account that it draws on: name, kind or currency; the main one if left out.",
    )
    name: str | None = Field(default=None, min_length=1, max_length=40, description="Nickname, such as Subscriptions.")


class TooManyVirtualCards(Refusal):
    status: Literal["too_many_virtual_cards"] = "too_many_virtual_cards"
    most: int


class AccountWithoutCards(Refusal):
    status: Literal["account_without_cards"] = "account_without_cards"
    account: str


@dataclass(frozen=True, slots=True)
class _Count:
    number: int
    most: int

    @property
    def is_full(self) -> bool:
        return self.number >= self.most


@tool(
    title="Prepare to create a virtual card",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/virtual",
    examples={
        "I want a virtual card": {},
        "Make a virtual card for subscriptions on Travel": {"account": "Travel", "name": "Subscriptions"},
    },
)
async def create_virtual_card(
    context: ToolContext, arguments: VirtualCardArguments
) -> Proposed | AccountUnclear | AccountWithoutCards | TooManyVirtualCards:
    """Prepares a virtual card on a current or credit card account; it can be used at once, online and in phone wallets.
    The customer confirms in the app; this call creates nothing."""
    async with context.database.writing(context.scope) as db:
        account = await _choose_account(db, context, arguments.account)
        if not isinstance(account, Account):
            return account
        count = await _count(db, context)
        if count.is_full:
            message = f"You can have {count.most} virtual cards at a time. Report one lost to block it for good first."
            return TooManyVirtualCards(message=message, most=count.most)
        called = f' called "{arguments.name}"' if arguments.name else ""
        proposed = Proposed(summary=f"Create a virtual card{called} on {account.name}", account=account.name)
        payload = {"account_id": str(account.id), "nickname": arguments.name}
        return await propose(db, context, "create_virtual_card", payload=payload, proposed=proposed)


async def _choose_account(
    db: ReadHandle, context: ToolContext, words: str | None
) -> Account | AccountUnclear | AccountWithoutCards:
    found = await match_accounts(db, context, words)
    if isinstance(found, AccountUnclear):
        return found
    able = [account for account in found if account.kind in _HAS_CARDS and account.status == "open"]
    if words is None:
        able = [account for account in able if account.kind == "current"][:1]
    if len(able) == 1:
        return able[0]
    if able or not found:
        return AccountUnclear(asked_for=words, choices=[account.name for account in able])
    return AccountWithoutCards(
        message=f"{found[0].name} cannot have a card. Choose an open current or credit card account.",
        account=found[0].name,
    )


async def _count(db: ReadHandle, context: ToolContext) -> _Count:
    values = {"customer_id": context.customer_id, "today": context.today, "now": context.now}
    return await db.get(_Count, QUERIES["count_virtual_cards"], values)


@effect("create_virtual_card")
async def _create(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    await db.dicts(QUERIES["lock_cards"], values)
    if (await _count(db, context)).is_full:
        return "too_many_virtual_cards"
    values["expires_on"] = end_of_validity(context.today)
    return None if await db.execute(QUERIES["insert_virtual_card"], values) else "account_unknown"
