"""Cards: list, and prepare to freeze or unfreeze one."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from tools.accounts import NoArguments
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, Unclear, tool


@dataclass(frozen=True, slots=True)
class _CardRow:
    id: UUID
    kind: Literal["debit", "credit", "virtual"]
    nickname: str | None
    network: str
    last4: str
    status: str
    expires_on: date
    account: str

    @property
    def label(self) -> str:
        name = f"{self.nickname} " if self.nickname else ""
        return f"{name}{self.kind} card ending {self.last4}"

    def answers_to(self, said: str) -> bool:
        return said in (self.last4, self.kind, self.nickname and self.nickname.casefold())


class Card(Result):
    label: str
    kind: Literal["debit", "credit", "virtual"]
    last4: str
    status: str
    expires: str = Field(description="Month and year, MM/YY.")
    account: str


class Cards(Result):
    status: Literal["found"] = "found"
    cards: list[Card]


class CardUnclear(Unclear):
    status: Literal["card_unclear"] = "card_unclear"
    message: str = "Which card do you mean?"


class CardNotInState(Refusal):
    status: Literal["nothing_to_do"] = "nothing_to_do"
    message: str = "The card is not in a state that this would change."
    card: str
    card_status: str


class CardArguments(Arguments):
    card: str | None = Field(
        default=None, description="Last four digits, kind (debit, credit, virtual) or nickname, as the customer said."
    )


@tool(
    title="List your cards",
    scope="cards:read",
    rest="GET /cards",
    examples={"Which cards do I have?": {}},
)
async def list_cards(context: ToolContext, arguments: NoArguments) -> Result:  # noqa: ARG001
    """The customer's cards with kind, last four digits, state (active, frozen, ...), expiry and account."""
    async with context.database.reading(context.scope) as db:
        cards = await _list_cards(db, context)
    return Cards(
        cards=[
            Card(
                label=card.label,
                kind=card.kind,
                last4=card.last4,
                status=card.status,
                expires=card.expires_on.strftime("%m/%y"),
                account=card.account,
            )
            for card in cards
        ]
    )


@tool(
    title="Prepare to freeze a card",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/freeze",
    examples={"Freeze my card": {}, "Freeze the card ending 4821": {"card": "4821"}},
)
async def freeze_card(context: ToolContext, arguments: CardArguments) -> Result:
    """Prepares to freeze one card, so that it cannot be used until it is unfrozen. The customer confirms in the app;
    this call freezes nothing."""
    return await _prepare(context, arguments.card, "freeze_card", from_status="active", to_status="frozen")


@tool(
    title="Prepare to unfreeze a card",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/unfreeze",
    examples={"Unfreeze my debit card": {"card": "debit"}},
)
async def unfreeze_card(context: ToolContext, arguments: CardArguments) -> Result:
    """Prepares to unfreeze one frozen card. The customer confirms in the app; this call unfreezes nothing."""
    return await _prepare(context, arguments.card, "unfreeze_card", from_status="frozen", to_status="active")


async def _prepare(
    context: ToolContext, words: str | None, operation: str, *, from_status: str, to_status: str
) -> Result:
    async with context.database.writing(context.scope) as db:
        cards = await _list_cards(db, context)
        said = (words or "").casefold().removesuffix("card").strip()
        matches = [card for card in cards if card.answers_to(said)] if said else cards
        if not said and len(matches) > 1:
            matches = [card for card in cards if card.status == from_status] or matches
        if len(matches) != 1:
            return CardUnclear(asked_for=words, choices=[card.label for card in matches or cards])
        (card,) = matches
        if card.status != from_status:
            return CardNotInState(card=card.label, card_status=card.status)
        verb = operation.partition("_")[0]
        return await propose(
            db,
            context,
            operation,
            payload={"card_id": str(card.id), "from_status": from_status, "to_status": to_status},
            proposed=Proposed(summary=f"{verb.capitalize()} the {card.label}", card=card.last4),
        )


@effect("freeze_card")
@effect("unfreeze_card")
async def _set_status(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    changed = await db.execute(QUERIES["set_card_status"], payload | {"customer_id": context.customer_id})
    return None if changed else "card_changed"


async def _list_cards(db: ReadHandle, context: ToolContext) -> list[_CardRow]:
    return await db.all(_CardRow, QUERIES["list_cards"], {"customer_id": context.customer_id})
