"""Which of the customer's accounts is meant where only those in one currency will do."""

from typing import Literal

from core.db.database import ReadHandle
from tools.accounts.accounts import Account, AccountUnclear, Kind, match_accounts
from tools.registry import Refusal, ToolContext


class NoAccountInCurrency(Refusal):
    status: Literal["no_account_in_currency"] = "no_account_in_currency"
    currency: str


async def choose_in_currency(
    db: ReadHandle, context: ToolContext, words: str | None, currency: str, *, kinds: tuple[Kind, ...]
) -> Account | AccountUnclear | NoAccountInCurrency:
    """The one that ``words`` mean, or the first for None, in the order of ``kinds``."""
    accounts = await match_accounts(db, context, None)
    if isinstance(accounts, AccountUnclear):
        return accounts
    usable = [one for one in accounts if (one.currency, one.status) == (currency, "open") and one.kind in kinds]
    if not usable:
        message = f"You have no open account in {currency} for that. Open one first, which I can prepare."
        return NoAccountInCurrency(message=message, currency=currency)
    if words is None:
        return min(usable, key=lambda account: kinds.index(account.kind))
    found = await match_accounts(db, context, words)
    meant = [] if isinstance(found, AccountUnclear) else [one for one in usable if one in found]
    if len(meant) != 1:
        return AccountUnclear(asked_for=words, choices=[account.name for account in meant or usable])
    return meant[0]
