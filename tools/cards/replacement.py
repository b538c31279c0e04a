"""Order a new card for one that is damaged, lost, stolen or about to expire."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.money import Money
from tools.cards.match import CardArguments, CardNotPossible, CardRow, CardStatus, CardUnclear, match_card, not_possible
from tools.cards.post import Method, NoAddress, Post, plan_post
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Proposed, Refusal, Risk, ToolContext, Unclear, tool

Reason = Literal["damaged", "lost", "stolen", "expired"]

_VALID_YEARS = 4
_IN_USE: tuple[CardStatus, ...] = ("active", "frozen", "pending_activation")
_USUAL_REASON: dict[CardStatus, Reason] = {"blocked": "lost", "expired": "expired"}


class ReplaceCardArguments(CardArguments):
    reason: Reason | None = Field(default=None, description="What is wrong with the present card.")
    delivery: Literal["standard", "express"] = Field(
        default="standard", description="Standard is free in the UK; express is faster and costs a fee."
    )


class ReasonUnclear(Unclear):
    status: Literal["reason_unclear"] = "reason_unclear"
    message: str = "Why do you need another card?"


class FeeNotCovered(Refusal):
    status: Literal["insufficient_funds"] = "insufficient_funds"
    fee: str = Field(description="Decimal string.")
    currency: str


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a new card costs and takes."""

    has_address: bool
    days: int
    dispatch_days: int
    is_domestic: bool
    fee_minor: int
    fee_currency: str
    fee_account_id: UUID | None
    fee_account: str | None
    available_minor: int | None

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.fee_currency)

    @property
    def is_covered(self) -> bool:
        return not self.fee_minor or (self.available_minor or 0) >= self.fee_minor

    def payload(self, method: Method) -> dict[str, Any]:
        """As ``charge_fee`` reads it."""
        if not self.fee_minor:
            return {}
        label = f"Card delivery, {method}"
        return {"fee_minor": self.fee_minor, "fee_account_id": str(self.fee_account_id), "fee_label": label}


@tool(
    title="Prepare to order a replacement card",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="POST /cards/{card}/replace",
    examples={
        "My debit card is broken, send me a new one": {"card": "debit", "reason": "damaged"},
        "Replace my stolen card ending 4821 by express": {"card": "4821", "reason": "stolen", "delivery": "express"},
    },
)
async def replace_card(
    context: ToolContext, arguments: ReplaceCardArguments
) -> Proposed | CardUnclear | ReasonUnclear | CardNotPossible | FeeNotCovered | NoAddress:
    """Prepares an order for a new card of the same kind, with a new number, sent to the customer's address. A lost or
    stolen card is blocked for good with it; a damaged or expiring one works until the new one is activated. The
    customer confirms in the app; this call orders nothing."""
    async with context.database.writing(context.scope) as db:
        card = await match_card(db, context, arguments.card, prefer=_prefer(arguments.reason))
        if isinstance(card, CardUnclear):
            return card
        reason = arguments.reason or _USUAL_REASON.get(card.status)
        refusal = await _refuse(db, context, card, reason)
        if refusal is not None:
            return refusal
        if reason is None:
            return ReasonUnclear(asked_for=None, choices=["damaged", "lost", "stolen", "expired"])
        values = {"customer_id": context.customer_id, "account_id": card.account_id}
        values |= {"is_express": arguments.delivery == "express", "now": context.now}
        terms = await db.get(_Terms, QUERIES["find_replacement_terms"], values)
        if not terms.has_address:
            return NoAddress()
        if not terms.is_covered:
            return _not_covered(terms)
        return await _propose(db, context, card, reason, arguments.delivery if terms.is_domestic else "courier", terms)


def end_of_validity(today: date) -> date:
    """Of a card that is made today: the end of a month."""
    year = today.year + _VALID_YEARS
    return date(year, today.month, monthrange(year, today.month)[1])


def _prefer(reason: Reason | None) -> Callable[[CardRow], bool]:
    """Cards that wait for a replacement; with a reason, all that may have one."""

    def prefer(card: CardRow) -> bool:
        if card.replaced_by is not None or card.kind == "virtual":
            return False
        return card.status in _USUAL_REASON or (reason is not None and card.status in _IN_USE)

    return prefer


async def _refuse(db: ReadHandle, context: ToolContext, card: CardRow, reason: Reason | None) -> CardNotPossible | None:
    if card.status == "closed":
        return not_possible(card)
    if card.kind == "virtual":
        return not_possible(card, "Virtual cards are not posted: create a new virtual card instead.")
    if card.replaced_by is not None:
        return not_possible(card, f"A new card ending {card.replaced_by} was ordered in its place already.")
    if reason == "expired" and not await _is_expiring(db, context, card):
        return not_possible(card, f"It is good until {card.expires_on:%m/%y}. If it is damaged or lost, say so.")
    return None


async def _is_expiring(db: ReadHandle, context: ToolContext, card: CardRow) -> bool:
    values = {"customer_id": context.customer_id, "card_id": card.id, "today": context.today, "now": context.now}
    return bool(await db.dicts(QUERIES["find_expiring_card"], values))


def _not_covered(terms: _Terms) -> FeeNotCovered:
    way_on = "Standard delivery is free." if terms.is_domestic else "Pay money in first."
    return FeeNotCovered(
        message=f"The delivery costs {terms.fee}, which is more than is available in your account. {way_on}",
        fee=str(terms.fee.decimal),
        currency=terms.fee.currency,
    )


async def _propose(
    db: WriteHandle, context: ToolContext, card: CardRow, reason: Reason, method: Method, terms: _Terms
) -> Proposed:
    post = plan_post(context.now, dispatch_days=terms.dispatch_days, days=terms.days)
    proposed = Proposed(
        summary=_summary(card, reason, method, post),
        card=card.last4,
        date=post.expected_on.isoformat(),
        account=terms.fee_account if terms.fee_minor else None,
        fee=str(terms.fee.decimal) if terms.fee_minor else None,
    )
    payload = {"card_id": str(card.id), "reason": reason, "method": method}
    payload |= post.payload | terms.payload(method)
    return await propose(db, context, "replace_card", payload=payload, proposed=proposed)


def _summary(card: CardRow, reason: Reason, method: Method, post: Post) -> str:
    if reason in ("lost", "stolen") and card.status in _IN_USE:
        ordered = f"Block the {card.label} for good, as {reason}, and order a replacement"
    else:
        ordered = f"Order a replacement for the {card.label}"
    return f"{ordered}, {method} delivery by {post.expected_on}"


@effect("replace_card")
async def _replace(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    if not await db.dicts(QUERIES["lock_card"], values) or await db.dicts(QUERIES["find_replacement"], values):
        return "card_changed"
    [charged] = await db.dicts(QUERIES["charge_fee"], values)
    if charged["refusal"] is not None:
        return str(charged["refusal"])
    if payload["reason"] in ("lost", "stolen"):
        await db.execute(QUERIES["block_card"], values)
    values["expires_on"] = end_of_validity(context.today)
    [made] = await db.dicts(QUERIES["insert_replacement"], values)
    await db.execute(QUERIES["copy_card_limits"], values | {"new_card_id": made["id"]})
    await db.execute(QUERIES["insert_card_delivery"], values | {"card_id": made["id"], "item": "card"})
    return None
