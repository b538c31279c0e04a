"""What is in the post for a customer: cards, and the letters with new PINs. A PIN itself is never handled here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import WriteHandle
from tools.cards.match import (
    CardArguments,
    CardKind,
    CardNotInState,
    CardNotPossible,
    CardRow,
    CardStatus,
    CardUnclear,
    label_of,
    match_card,
    not_possible,
    nothing_to_do,
)
from tools.cards.post import Method, NoAddress, plan_post
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Proposed, Result, Risk, ToolContext, tool

DeliveryStatus = Literal["ordered", "sent", "overdue", "received", "stopped"]

_HAS_A_PIN: tuple[CardStatus, ...] = ("active", "frozen", "pending_activation")


class CardDelivery(Result):
    card: str
    item: Literal["card", "pin"] = Field(description="The card itself, or the letter with its PIN.")
    method: Method
    delivery_status: DeliveryStatus
    ordered: str = Field(description="ISO date.")
    sent: str = Field(description="ISO date on which it is handed to the carrier.")
    expected: str = Field(description="ISO date: the last day on which delivery is normal.")
    advice: str | None = Field(description="What the customer can do.")


class CardDeliveries(Result):
    PRIVATE: ClassVar[Mapping[str, str]] = {"address": "ADDRESS"}

    status: Literal["found"] = "found"
    deliveries: list[CardDelivery]
    address: str | None = Field(description="Where the latest goes.")


@dataclass(frozen=True, slots=True)
class _DeliveryRow:
    item: Literal["card", "pin"]
    method: Method
    address: str
    ordered_at: datetime
    dispatch_on: date
    expected_on: date
    kind: CardKind
    nickname: str | None
    last4: str
    status: CardStatus

    def progress(self, today: date) -> DeliveryStatus:
        if self.status in ("blocked", "closed"):
            return "stopped"
        if self.item == "card" and self.status != "pending_activation":
            return "received"
        if today < self.dispatch_on:
            return "ordered"
        return "sent" if today <= self.expected_on else "overdue"


@dataclass(frozen=True, slots=True)
class _PinTerms:
    has_address: bool
    days: int
    dispatch_days: int
    on_its_way: date | None
    """By when the last letter is due, if it still is."""


_ADVICE: dict[tuple[str, DeliveryStatus], str] = {
    ("card", "sent"): "Activate the card when it arrives.",
    ("card", "overdue"): "It should be there. Report the card lost, and order another one free of charge.",
    ("pin", "overdue"): "It should be there. If it is not, ask for a new PIN again.",
}


@tool(
    title="Track a card or PIN in the post",
    scope="cards:read",
    rest="GET /cards/deliveries",
    examples={"When does my new card arrive?": {}, "Where is the replacement for 4821?": {"card": "4821"}},
)
async def get_card_delivery(context: ToolContext, arguments: CardArguments) -> CardDeliveries | CardUnclear:
    """Where cards and PIN letters in the post are: when each was ordered and sent, and by when to expect it. Use for
    "has my card been sent", "my card has not arrived"."""
    async with context.database.reading(context.scope) as db:
        card = None
        if arguments.card is not None:
            card = await match_card(db, context, arguments.card, prefer=_is_coming)
        if isinstance(card, CardUnclear):
            return card
        values = {"customer_id": context.customer_id, "card_id": card and card.id}
        rows = await db.all(_DeliveryRow, QUERIES["list_card_deliveries"], values)
    return CardDeliveries(
        deliveries=[_delivery(row, context.today) for row in rows], address=rows[0].address if rows else None
    )


@tool(
    title="Prepare to ask for a new PIN",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/pin",
    examples={"I want to change my PIN": {}, "Send me a new PIN for my credit card": {"card": "credit"}},
)
async def request_pin_change(
    context: ToolContext, arguments: CardArguments
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible | NoAddress:
    """Prepares a request for a new PIN, which comes by letter. No PIN is ever asked for or told here: never ask the
    customer for one. The customer confirms in the app; this call requests nothing."""
    async with context.database.writing(context.scope) as db:
        card = await match_card(db, context, arguments.card, prefer=_has_a_pin)
        if isinstance(card, CardUnclear):
            return card
        if card.kind == "virtual":
            return not_possible(card, "A virtual card has no PIN: choose a debit or credit card.")
        if not _has_a_pin(card):
            return not_possible(card)
        values = {"customer_id": context.customer_id, "card_id": card.id, "today": context.today, "now": context.now}
        terms = await db.get(_PinTerms, QUERIES["find_pin_terms"], values)
        if not terms.has_address:
            return NoAddress()
        if terms.on_its_way:
            return nothing_to_do(card, f"A new PIN for your {card.label} is in the post, due by {terms.on_its_way}.")
        return await _propose(db, context, card, terms)


def _has_a_pin(card: CardRow) -> bool:
    return card.kind != "virtual" and card.status in _HAS_A_PIN


def _is_coming(card: CardRow) -> bool:
    return card.status == "pending_activation"


async def _propose(db: WriteHandle, context: ToolContext, card: CardRow, terms: _PinTerms) -> Proposed:
    post = plan_post(context.now, dispatch_days=terms.dispatch_days, days=terms.days)
    proposed = Proposed(
        summary=f"Send a new PIN for the {card.label} by letter, due by {post.expected_on}",
        card=card.last4,
        date=post.expected_on.isoformat(),
    )
    payload = {"card_id": str(card.id), **post.payload}
    return await propose(db, context, "request_pin_change", payload=payload, proposed=proposed)


def _delivery(row: _DeliveryRow, today: date) -> CardDelivery:
    progress = row.progress(today)
    return CardDelivery(
        card=label_of(row.kind, row.nickname, row.last4),
        item=row.item,
        method=row.method,
        delivery_status=progress,
        ordered=row.ordered_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
        sent=row.dispatch_on.isoformat(),
        expected=row.expected_on.isoformat(),
        advice=_ADVICE.get((row.item, progress)),
    )


@effect("request_pin_change")
async def _send(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now, "item": "pin", "method": "standard"}
    return None if await db.execute(QUERIES["insert_card_delivery"], values) else "card_changed"
