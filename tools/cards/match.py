"""Which card is meant, what states cards are in, and why something cannot be done with one: what card tools share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, Statement
from tools.queries import QUERIES
from tools.registry import Arguments, Refusal, ToolContext, Unclear

CardKind = Literal["debit", "credit", "virtual"]
CardStatus = Literal["active", "frozen", "blocked", "pending_activation", "expired", "closed"]

_LAST4 = re.compile(r"\b[0-9]{4}$")
_FILLING = re.compile(r"\b(?:my|the|card)\b")


def label_of(kind: CardKind, nickname: str | None, last4: str) -> str:
    return f"{nickname + ' ' if nickname else ''}{kind} card ending {last4}"


@dataclass(frozen=True, slots=True)
class CardRow:
    id: UUID
    kind: CardKind
    nickname: str | None
    network: str
    last4: str
    status: CardStatus
    """As it stands today: a card whose date has passed is expired."""
    expires_on: date
    created_at: datetime
    account: str
    account_id: UUID
    currency: str
    contactless_enabled: bool
    online_enabled: bool
    cash_enabled: bool
    abroad_enabled: bool
    replaced_by: str | None
    """Last four digits of the card that was ordered for this one."""

    @property
    def label(self) -> str:
        return label_of(self.kind, self.nickname, self.last4)

    @property
    def switches(self) -> dict[str, bool]:
        return {
            "contactless": self.contactless_enabled,
            "online": self.online_enabled,
            "cash_machines": self.cash_enabled,
            "abroad": self.abroad_enabled,
        }

    def answers_to(self, said: str) -> bool:
        digits = _LAST4.search(said)
        if digits:
            return self.last4 == digits[0]
        return said in (self.kind, self.account.casefold(), self.nickname and self.nickname.casefold())


class CardUnclear(Unclear):
    status: Literal["card_unclear"] = "card_unclear"
    message: str = "Which card do you mean?"


class CardNotInState(Refusal):
    status: Literal["nothing_to_do"] = "nothing_to_do"
    message: str = "The card is in that state already."
    card: str
    card_status: CardStatus


class CardNotPossible(Refusal):
    """A transition that the card's state or kind does not allow."""

    status: Literal["card_not_possible"] = "card_not_possible"
    card: str
    card_status: CardStatus


class CardArguments(Arguments):
    card: str | None = Field(
        default=None,
        description="Last four digits, kind (debit, credit, virtual), nickname or account, as the customer said.",
    )


_WAY_ON: dict[CardStatus, str] = {
    "active": "It is active, so you can use it.",
    "frozen": "It is frozen: unfreeze it first.",
    "blocked": "It is blocked for good and cannot be used again: order a replacement.",
    "pending_activation": "It has not been activated yet: activate it first.",
    "expired": "It has expired: order a replacement.",
    "closed": "It is closed for good: order another card.",
}


def not_possible(card: CardRow, reason: str | None = None) -> CardNotPossible:
    """With what would work; by default what its state allows."""
    way_on = reason or _WAY_ON[card.status]
    if card.kind == "virtual":
        way_on = way_on.replace("order a replacement", "create a new virtual card")
    return CardNotPossible(
        message=f"This cannot be done with your {card.label}. {way_on}", card=card.label, card_status=card.status
    )


def nothing_to_do(card: CardRow, reason: str) -> CardNotInState:
    return CardNotInState(message=reason, card=card.label, card_status=card.status)


def cards_query(context: ToolContext) -> Statement:
    """Of ``CardRow``, also those that are closed."""
    return QUERIES["list_cards"], {"customer_id": context.customer_id, "today": context.today}


async def match_card(
    db: ReadHandle, context: ToolContext, words: str | None, *, prefer: Callable[[CardRow], bool]
) -> CardRow | CardUnclear:
    """The one card that ``words`` mean. Where several may be meant, one that is not closed goes before one that is, and
    among these one for which ``prefer`` holds."""
    cards = await db.all(CardRow, *cards_query(context))
    open_cards = [card for card in cards if card.status != "closed"]
    said = _FILLING.sub("", (words or "").casefold()).strip()
    if said:
        matches = [card for card in open_cards if card.answers_to(said)] or [c for c in cards if c.answers_to(said)]
    else:
        matches = open_cards
    if len(matches) > 1:
        matches = [card for card in matches if prefer(card)] or matches
    if len(matches) == 1:
        return matches[0]
    return CardUnclear(asked_for=words, choices=[card.label for card in matches or open_cards])
