"""Cards: list, and prepare to activate, freeze, unfreeze or block one."""

from typing import Any, Literal

from pydantic import Field

from core.db.database import WriteHandle
from tools.accounts.accounts import NoArguments
from tools.cards.match import (
    CardArguments,
    CardKind,
    CardNotInState,
    CardNotPossible,
    CardRow,
    CardStatus,
    CardUnclear,
    cards_query,
    match_card,
    not_possible,
    nothing_to_do,
)
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Proposed, Result, Risk, ToolContext, tool

LostOrStolen = Literal["lost", "stolen"]
_CAN_BE_REPORTED: tuple[CardStatus, ...] = ("active", "frozen", "pending_activation")


class Card(Result):
    label: str
    kind: CardKind
    last4: str
    status: CardStatus
    expires: str = Field(description="Month and year, MM/YY.")
    account: str
    switches: dict[str, bool] = Field(description="What is switched on: contactless, online, cash_machines, abroad.")
    replaced_by: str | None = Field(description="Last four digits of the card that was ordered in its place.")


class Cards(Result):
    status: Literal["found"] = "found"
    cards: list[Card]


class ReportLostArguments(CardArguments):
    reason: LostOrStolen = Field(default="lost", description="Whether the card is lost or was stolen.")


@tool(
    title="List your cards",
    scope="cards:read",
    rest="GET /cards",
    examples={"Which cards do I have?": {}},
)
async def list_cards(context: ToolContext, arguments: NoArguments) -> Cards:  # noqa: ARG001
    """The customer's cards with kind, last four digits, state (active, frozen, ...), expiry, account and switches."""
    cards = await context.database.fetch(CardRow, *cards_query(context), scope=context.scope)
    return Cards(cards=[_card(card) for card in cards if card.status != "closed"])


@tool(
    title="Prepare to activate a card",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/activate",
    examples={"Activate my new card": {}, "My card ending 4821 has come, switch it on": {"card": "4821"}},
)
async def activate_card(
    context: ToolContext, arguments: CardArguments
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible:
    """Prepares to activate a new card that has arrived. The card that it replaces is closed then. The customer confirms
    in the app; this call activates nothing."""
    async with context.database.writing(context.scope) as db:
        card = await match_card(db, context, arguments.card, prefer=lambda card: card.status == "pending_activation")
        if isinstance(card, CardUnclear):
            return card
        if card.status == "active":
            return nothing_to_do(card, f"Your {card.label} is active already, so there is nothing to change.")
        if card.status != "pending_activation":
            return not_possible(card)
        if await _is_too_late(db, context, card):
            return not_possible(card, "The time to activate it has passed: order a replacement.")
        return await _propose(db, context, "activate_card", card, f"Activate the {card.label}", {})


@tool(
    title="Prepare to freeze a card",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/freeze",
    examples={"Freeze my card": {}, "Freeze the card ending 4821": {"card": "4821"}},
)
async def freeze_card(
    context: ToolContext, arguments: CardArguments
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible:
    """Prepares to freeze one card, so that it cannot be used until it is unfrozen. The customer confirms in the app;
    this call freezes nothing."""
    return await _prepare_move(context, arguments.card, "freeze_card", "active", "frozen")


@tool(
    title="Prepare to unfreeze a card",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/unfreeze",
    examples={"Unfreeze my debit card": {"card": "debit"}},
)
async def unfreeze_card(
    context: ToolContext, arguments: CardArguments
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible:
    """Prepares to unfreeze one frozen card. The customer confirms in the app; this call unfreezes nothing."""
    return await _prepare_move(context, arguments.card, "unfreeze_card", "frozen", "active")


@tool(
    title="Prepare to report a card lost or stolen",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/report-lost",
    examples={
        "My card ending 4821 was stolen": {"card": "4821", "reason": "stolen"},
        "I lost my debit card": {"card": "debit"},
    },
)
async def report_card_lost(
    context: ToolContext, arguments: ReportLostArguments
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible:
    """Prepares to block a lost or stolen card for good; afterwards the customer can order a replacement (replace_card).
    If the card may only be mislaid, freeze_card can be undone. The customer confirms in the app; this call blocks
    nothing."""
    async with context.database.writing(context.scope) as db:
        card = await match_card(db, context, arguments.card, prefer=lambda card: card.status in _CAN_BE_REPORTED)
        if isinstance(card, CardUnclear):
            return card
        if card.status == "blocked":
            return nothing_to_do(card, f"Your {card.label} is blocked for good already. You can order a replacement.")
        if card.status not in _CAN_BE_REPORTED:
            return not_possible(card)
        summary = f"Block the {card.label} for good, as {arguments.reason}. Then you can order a replacement"
        return await _propose(db, context, "report_card_lost", card, summary, {"reason": arguments.reason})


async def _prepare_move(
    context: ToolContext, words: str | None, operation: str, from_status: CardStatus, to_status: CardStatus
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible:
    async with context.database.writing(context.scope) as db:
        card = await match_card(db, context, words, prefer=lambda card: card.status == from_status)
        if isinstance(card, CardUnclear):
            return card
        if card.status == to_status:
            return nothing_to_do(card, f"Your {card.label} is {to_status} already, so there is nothing to change.")
        if card.status != from_status:
            return not_possible(card)
        verb = operation.partition("_")[0].capitalize()
        states = {"from_status": from_status, "to_status": to_status}
        return await _propose(db, context, operation, card, f"{verb} the {card.label}", states)


async def _propose(
    db: WriteHandle, context: ToolContext, operation: str, card: CardRow, summary: str, payload: dict[str, Any]
) -> Proposed:
    proposed = Proposed(summary=summary, card=card.last4)
    return await propose(db, context, operation, payload={"card_id": str(card.id)} | payload, proposed=proposed)


async def _is_too_late(db: WriteHandle, context: ToolContext, card: CardRow) -> bool:
    values = {"customer_id": context.customer_id, "card_id": card.id, "today": context.today, "now": context.now}
    return bool(await db.dicts(QUERIES["find_late_activation"], values))


@effect("freeze_card")
@effect("unfreeze_card")
async def _move(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    changed = await db.execute(QUERIES["set_card_status"], payload | {"customer_id": context.customer_id})
    return None if changed else "card_changed"


@effect("activate_card")
async def _activate(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    states = {"from_status": "pending_activation", "to_status": "active"}
    reason = await _move(db, context, payload | states)
    if reason is None:
        await db.execute(QUERIES["close_replaced_cards"], payload | {"customer_id": context.customer_id})
    return reason


@effect("report_card_lost")
async def _block(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    changed = await db.execute(QUERIES["block_card"], payload | {"customer_id": context.customer_id})
    return None if changed else "card_changed"


def _card(card: CardRow) -> Card:
    return Card(
        label=card.label,
        kind=card.kind,
        last4=card.last4,
        status=card.status,
        expires=card.expires_on.strftime("%m/%y"),
        account=card.account,
        switches=card.switches,
        replaced_by=card.replaced_by,
    )
