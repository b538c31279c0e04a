"""What a card can be used for: contactless, online, at cash machines and abroad, each switched on or off."""

from typing import Any, Literal

from pydantic import Field

from core.db.database import WriteHandle
from tools.cards.match import (
    CardArguments,
    CardNotInState,
    CardNotPossible,
    CardRow,
    CardUnclear,
    match_card,
    not_possible,
    nothing_to_do,
)
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Proposed, Risk, ToolContext, tool

Switch = Literal["contactless", "online", "cash_machines", "abroad"]

_CALLED: dict[Switch, str] = {
    "contactless": "contactless payments",
    "online": "online payments",
    "cash_machines": "cash machines",
    "abroad": "payments abroad",
}
_NEEDS_PLASTIC: tuple[Switch, ...] = ("contactless", "cash_machines")


class SwitchArguments(CardArguments):
    switch: Switch = Field(description="What to switch: contactless, online, cash_machines or abroad.")
    on: bool = Field(description="true to allow it, false to refuse it.")


@tool(
    title="Prepare to switch a use of a card on or off",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="PUT /cards/{card}/switches",
    examples={
        "Turn off contactless on my debit card": {"card": "debit", "switch": "contactless", "on": False},
        "Allow online payments with 7733": {"card": "7733", "switch": "online", "on": True},
    },
)
async def set_card_switch(
    context: ToolContext, arguments: SwitchArguments
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible:
    """Prepares to switch contactless, online payments, cash machines or payments abroad on or off for one card. The
    customer confirms in the app; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        card = await match_card(db, context, arguments.card, prefer=lambda card: _would_change(card, arguments))
        if isinstance(card, CardUnclear):
            return card
        called, state = _CALLED[arguments.switch], "on" if arguments.on else "off"
        if card.kind == "virtual" and arguments.switch in _NEEDS_PLASTIC:
            return not_possible(card, f"It has no plastic, so there is nothing to switch for {called}.")
        if not _is_in_use(card):
            return not_possible(card)
        if not _would_change(card, arguments):
            return nothing_to_do(card, f"For your {card.label}, {called} are {state} already.")
        proposed = Proposed(summary=f"Switch {called} {state} for the {card.label}", card=card.last4)
        payload = {"card_id": str(card.id), "switch": arguments.switch, "on": arguments.on}
        return await propose(db, context, "set_card_switch", payload=payload, proposed=proposed)


def _is_in_use(card: CardRow) -> bool:
    return card.status in ("active", "frozen", "pending_activation")


def _would_change(card: CardRow, arguments: SwitchArguments) -> bool:
    return _is_in_use(card) and card.switches[arguments.switch] is not arguments.on


@effect("set_card_switch")
async def _set(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    changed = await db.execute(QUERIES["set_card_switch"], payload | {"customer_id": context.customer_id})
    return None if changed else "card_changed"
