"""Closing an account, and what has to be out of its way first."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.money import Money
from tools.accounts.accounts import AccountArguments, AccountUnclear, pick_account
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Proposed, Refusal, Risk, ToolContext, tool

Obstacle = Literal[
    "account_frozen",
    "not_closed_here",
    "balance_left",
    "payments_pending",
    "standing_orders_left",
    "scheduled_payments_left",
    "active_card_left",
    "dispute_running",
    "last_current_account",
]


class AccountNotClosed(Refusal):
    status: Obstacle
    account: str
    obstacles: list[str] = Field(description="Everything that is in the way, each with what to do about it.")


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """What the rules look at."""

    name: str
    kind: str
    currency: str
    status: str
    balance_minor: int
    held_minor: int
    standing_orders: list[str]
    """Whom they pay."""
    scheduled: list[str]
    """Whom they will pay."""
    active_cards: list[str]
    """Last four digits."""
    disputes: list[str]
    """Numbers of those that may still credit or debit it."""
    other_current_accounts: int


@tool(
    title="Prepare to close an account",
    scope="accounts:write",
    risk=Risk.PREPARE,
    rest="POST /accounts/{account}/close",
    examples={"Close my Travel account": {"account": "Travel"}},
)
async def close_account(
    context: ToolContext, arguments: AccountArguments
) -> Proposed | AccountUnclear | AccountNotClosed:
    """Prepares to close a current or savings account that is empty and that nothing depends on; says what is in the way
    otherwise. Its cards are closed with it. The customer confirms in the app; this call closes nothing."""
    async with context.database.writing(context.scope) as db:
        account = await pick_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        facts = await _get_facts(db, context, account.id)
        if obstacles := find_obstacles(facts):
            messages = [_explain(obstacle, facts) for obstacle in obstacles]
            return AccountNotClosed(
                status=obstacles[0], message=" ".join(messages), account=account.name, obstacles=messages
            )
        return await propose(
            db,
            context,
            "close_account",
            payload={"account_id": str(account.id)},
            proposed=Proposed(summary=f"Close the account {account.name}", account=account.name),
        )


def find_obstacles(facts: ClosingFacts) -> list[Obstacle]:
    """Everything that is in the way."""
    rules: tuple[tuple[bool, Obstacle], ...] = (
        (facts.status == "frozen", "account_frozen"),
        (facts.kind not in ("current", "savings"), "not_closed_here"),
        (facts.balance_minor != 0, "balance_left"),
        (facts.held_minor != 0, "payments_pending"),
        (bool(facts.standing_orders), "standing_orders_left"),
        (bool(facts.scheduled), "scheduled_payments_left"),
        (bool(facts.active_cards), "active_card_left"),
        (bool(facts.disputes), "dispute_running"),
        (facts.kind == "current" and facts.other_current_accounts == 0, "last_current_account"),
    )
    return [obstacle for applies, obstacle in rules if applies]


def _explain(obstacle: Obstacle, facts: ClosingFacts) -> str:
    balance, held = Money(facts.balance_minor, facts.currency), Money(facts.held_minor, facts.currency)
    match obstacle:
        case "balance_left" if balance.minor > 0:
            return f"{balance} is still in {facts.name}: move it to another account first."
        case "balance_left":
            return f"{facts.name} is overdrawn by {str(balance).removeprefix('-')}: pay that in first."
        case "payments_pending":
            return f"{held} is held back for pending payments: wait until they are booked or released."
        case "standing_orders_left":
            return f"Standing orders use it, to {', '.join(facts.standing_orders)}: cancel them first."
        case "scheduled_payments_left":
            return f"Scheduled payments use it, to {', '.join(facts.scheduled)}: cancel them first."
        case "active_card_left":
            return f"Cards draw on it, ending {', '.join(facts.active_cards)}: freeze them first."
        case "dispute_running":
            return f"Disputes of payments from it are not settled, {', '.join(facts.disputes)}: wait for their end."
        case _:
            return reason_of(obstacle)


@effect("close_account")
async def _close(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    query = {"customer_id": context.customer_id, "account_id": UUID(payload["account_id"])}
    # Also against a standing order or a card that is being made for it at this moment.
    await db.dicts(QUERIES["lock_accounts"], query)
    facts = await db.find(ClosingFacts, QUERIES["get_closing_facts"], query)
    if facts is None:
        return "account_unknown"
    if obstacles := find_obstacles(facts):
        return obstacles[0]
    await db.execute(QUERIES["close_cards_of_account"], query)
    await db.execute(QUERIES["close_account"], query)
    return None


async def _get_facts(db: ReadHandle, context: ToolContext, account_id: UUID) -> ClosingFacts:
    query = {"customer_id": context.customer_id, "account_id": account_id}
    return await db.get(ClosingFacts, QUERIES["get_closing_facts"], query)
