"""What may be spent with a card in a day or month. Customers set less than the bank's maximum, and may go back up to
it; raising asks for a security code, since it is what a thief would do."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.errors import InvalidInput
from core.money import Money
from tools.amounts import parse_amount
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
from tools.registry import Proposed, Refusal, Result, Risk, ToolContext, tool

LimitKind = Literal["payments", "cash"]

_NO_LIMIT: dict[LimitKind, str] = {
    "payments": "It has no limit for payments: you can spend up to what is left of your credit limit.",
    "cash": "It has no limit for cash: a virtual card does not take out cash.",
}


class CardLimit(Result):
    limit: LimitKind
    period: Literal["day", "month"]
    amount: str | None = Field(description="What holds now, a decimal string; null for no limit.")
    maximum: str | None = Field(description="The most that it can be set to.")
    used: str = Field(description="In this period, by this card.")
    left: str | None
    currency: str


class CardLimits(Result):
    status: Literal["found"] = "found"
    card: str
    limits: list[CardLimit]


class OverCardMaximum(Refusal):
    status: Literal["over_card_maximum"] = "over_card_maximum"
    card: str
    maximum: str = Field(description="Decimal string.")
    currency: str


class SetCardLimitArguments(CardArguments):
    limit: LimitKind = Field(description="payments, or cash for cash machines.")
    amount: str = Field(description="The new limit, a decimal string such as 200 or 1250.50.")
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code; that of the card's account if left out."
    )


@dataclass(frozen=True, slots=True)
class _Allowance:
    kind: LimitKind
    period: Literal["day", "month"]
    currency: str
    own_minor: int | None
    maximum_minor: int | None
    used_minor: int
    together_minor: int

    @property
    def limit_minor(self) -> int | None:
        """What holds: the customer's own, and never more than the bank's."""
        return min((minor for minor in (self.own_minor, self.maximum_minor) if minor is not None), default=None)

    @property
    def left_minor(self) -> int | None:
        pairs = ((self.own_minor, self.used_minor), (self.maximum_minor, self.together_minor))
        return min((max(0, limit - used) for limit, used in pairs if limit is not None), default=None)

    def decimal(self, minor: int | None) -> str | None:
        return None if minor is None else str(Money(minor, self.currency).decimal)


@tool(
    title="Look up a card's limits",
    scope="cards:read",
    rest="GET /cards/{card}/limits",
    examples={"How much cash can I take out with my debit card?": {"card": "debit"}},
)
async def get_card_limits(context: ToolContext, arguments: CardArguments) -> CardLimits | CardUnclear:
    """The limits of one card for payments and for cash: what holds, the bank's maximum, what was used in this period
    and what is left."""
    async with context.database.reading(context.scope) as db:
        card = await match_card(db, context, arguments.card, prefer=_is_in_use)
        if isinstance(card, CardUnclear):
            return card
        allowances = await _list_allowances(db, context, card)
    return CardLimits(card=card.label, limits=[_limit(each) for each in allowances])


@tool(
    title="Prepare to change a card's limit",
    scope="cards:write",
    risk=Risk.PREPARE,
    rest="PUT /cards/{card}/limits",
    examples={
        "Let my debit card spend at most 200 pounds a day": {
            "card": "debit",
            "limit": "payments",
            "amount": "200",
        },
        "Raise the cash limit of 4821 to 400": {"card": "4821", "limit": "cash", "amount": "400"},
    },
)
async def set_card_limit(
    context: ToolContext, arguments: SetCardLimitArguments
) -> Proposed | CardUnclear | CardNotInState | CardNotPossible | OverCardMaximum:
    """Prepares another limit for a card: payments a day (of a virtual card: a month), or cash a day. Raising it needs a
    security code. The customer confirms in the app; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        card = await match_card(db, context, arguments.card, prefer=_is_in_use)
        if isinstance(card, CardUnclear):
            return card
        if not _is_in_use(card) and card.status != "frozen":
            return not_possible(card)
        allowances = await _list_allowances(db, context, card)
        allowance = next((each for each in allowances if each.kind == arguments.limit), None)
        if allowance is None:
            return not_possible(card, _NO_LIMIT[arguments.limit])
        amount = _amount(arguments, allowance)
        return _refuse(card, allowance, amount) or await _propose(db, context, card, allowance, amount)


def _is_in_use(card: CardRow) -> bool:
    return card.status in ("active", "pending_activation")


async def _list_allowances(db: ReadHandle, context: ToolContext, card: CardRow) -> list[_Allowance]:
    values = {"customer_id": context.customer_id, "card_id": card.id, "now": context.now}
    return await db.all(_Allowance, QUERIES["list_card_allowances"], values)


def _limit(allowance: _Allowance) -> CardLimit:
    return CardLimit(
        limit=allowance.kind,
        period=allowance.period,
        amount=allowance.decimal(allowance.limit_minor),
        maximum=allowance.decimal(allowance.maximum_minor),
        used=str(Money(allowance.used_minor, allowance.currency).decimal),
        left=allowance.decimal(allowance.left_minor),
        currency=allowance.currency,
    )


def _amount(arguments: SetCardLimitArguments, allowance: _Allowance) -> Money:
    amount = parse_amount(arguments.amount, arguments.currency or allowance.currency)
    if amount.currency != allowance.currency:
        raise InvalidInput(f"Give the limit in {allowance.currency}, as the card's account is.", code="wrong_currency")
    return amount


def _refuse(card: CardRow, allowance: _Allowance, amount: Money) -> CardNotInState | OverCardMaximum | None:
    if allowance.maximum_minor is not None and amount.minor > allowance.maximum_minor:
        most = Money(allowance.maximum_minor, allowance.currency)
        return OverCardMaximum(
            message=f"The limit can be {most} a {allowance.period} at most. Choose that or less.",
            card=card.label,
            maximum=str(most.decimal),
            currency=most.currency,
        )
    if amount.minor == allowance.limit_minor:
        return nothing_to_do(card, f"The limit is {amount} a {allowance.period} already.")
    return None


async def _propose(
    db: WriteHandle, context: ToolContext, card: CardRow, allowance: _Allowance, amount: Money
) -> Proposed:
    rises = allowance.limit_minor is not None and amount.minor > allowance.limit_minor
    verb = "Raise" if rises else "Lower"
    proposed = Proposed(
        summary=f"{verb} the limit for {allowance.kind} of the {card.label} to {amount} a {allowance.period}",
        amount=str(amount.decimal),
        currency=amount.currency,
        card=card.last4,
    )
    payload = {
        "card_id": str(card.id),
        "kind": allowance.kind,
        "amount_minor": amount.minor,
        "from_minor": allowance.own_minor,
    }
    operation = f"{verb.lower()}_card_limit"
    return await propose(db, context, operation, payload=payload, proposed=proposed)


@effect("raise_card_limit")
@effect("lower_card_limit")
async def _set(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    query = "insert_card_limit" if payload["from_minor"] is None else "change_card_limit"
    return None if await db.execute(QUERIES[query], values) else "card_changed"
