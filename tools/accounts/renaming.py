"""Another name for an account."""

from typing import Any, Literal

from pydantic import Field

from core.db.database import WriteHandle
from tools.accounts.accounts import AccountArguments, AccountUnclear, list_own_accounts, pick_account
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Proposed, Refusal, Risk, ToolContext, tool


class RenameArguments(AccountArguments):
    name: str = Field(min_length=1, max_length=40, description="What it shall be called.")


class AccountNameTaken(Refusal):
    status: Literal["account_name_taken"] = "account_name_taken"
    message: str = reason_of("account_name_taken")
    name: str


@tool(
    title="Prepare to rename an account",
    scope="accounts:write",
    risk=Risk.PREPARE,
    rest="PATCH /accounts/{account}",
    examples={"Call my Rainy Day account Holiday": {"account": "Rainy Day", "name": "Holiday"}},
)
async def rename_account(
    context: ToolContext, arguments: RenameArguments
) -> Proposed | AccountUnclear | AccountNameTaken:
    """Prepares another name for an account. The customer confirms in the app; this call renames nothing."""
    async with context.database.writing(context.scope) as db:
        account = await pick_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        accounts = await list_own_accounts(db, context)
        if any(each.name.lower() == arguments.name.lower() for each in accounts if each.id != account.id):
            return AccountNameTaken(name=arguments.name)
        return await propose(
            db,
            context,
            "rename_account",
            payload={"account_id": str(account.id), "from_name": account.name, "name": arguments.name},
            proposed=Proposed(summary=f"Rename {account.name} to {arguments.name}", account=account.name),
        )


@effect("rename_account")
async def _rename(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    renamed = await db.execute(QUERIES["rename_account"], payload | {"customer_id": context.customer_id})
    return None if renamed else "account_changed"
