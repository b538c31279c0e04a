"""Open a dispute."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from psycopg.types.json import Jsonb
from pydantic import Field

from core.db.database import WriteHandle
from core.money import Money
from core.security.pii import without_secrets
from tools.customer_text import Told
from tools.disputes.deadlines import Clock, Eligible, Ineligible
from tools.disputes.facts import Payment, find_payment
from tools.disputes.reasons import REASONS, Reason
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Proposed, Refusal, Risk, ToolContext, Unclear, tool
from tools.transactions.charges import ChargeArguments, ChargeUnclear, ChargeUnknown, find_charges
from tools.transactions.detail import TransactionUnknown

Day = date


class OpenDisputeArguments(ChargeArguments):
    reason: Reason | None = Field(
        default=None, description="; ".join(f"{code}: {terms.label}" for code, terms in REASONS.items()) + "."
    )
    disputed_amount: Decimal | None = Field(
        default=None, gt=0, max_digits=15, decimal_places=4, description="If it is a part of the payment alone."
    )
    expected_on: Day | None = Field(
        default=None, description="Of goods or services: the day on which they were to come, ISO date."
    )
    description: Told | None = Field(default=None, description="What happened, in the customer's own words.")


class ReasonUnclear(Unclear):
    status: Literal["reason_unclear"] = "reason_unclear"
    message: str = "What is wrong with this payment?"


class NotDisputable(Refusal):
    status: Literal["not_disputable"] = "not_disputable"


@dataclass(frozen=True, slots=True)
class _Filed:
    refusal: str | None


@tool(
    title="Prepare to dispute a payment",
    scope="disputes:write",
    risk=Risk.PREPARE,
    rest="POST /disputes",
    examples={
        "I never made that payment to Voltline": {"merchant": "Voltline", "reason": "unauthorised"},
        "I want my money back, the shoes for 38.50 never came": {"amount": "38.50", "reason": "not_received"},
    },
)
async def open_dispute(
    context: ToolContext, arguments: OpenDisputeArguments
) -> Proposed | ReasonUnclear | NotDisputable | ChargeUnclear | ChargeUnknown | TransactionUnknown:
    """Prepares a dispute of one payment by card, cash withdrawal or transfer: not made by the customer, charged twice,
    wrong, goods that never came or are faulty, a scam. The bank then has to decide by a legal deadline, and may have to
    give the money back at once. The customer confirms; this call opens nothing."""
    async with context.database.writing(context.scope) as db:
        found = await _find(db, context, arguments)
        if not isinstance(found, Payment):
            return found
        if found.is_own:
            return NotDisputable(message=_OWN)
        if arguments.reason is None:
            choices = [terms.label for terms in REASONS.values() if found.paid in terms.kinds]
            return ReasonUnclear(asked_for=None, choices=choices) if choices else _not_covered()
        return await _prepare(db, context, arguments, found, arguments.reason)


async def file_dispute(
    db: WriteHandle,
    context: ToolContext,
    transaction_id: int,
    reason: Reason,
    *,
    amount_minor: int | None = None,
    expected_on: date | None = None,
    description: str | None = None,
) -> str | None:
    """Opens the dispute of a transaction of the context's customer, in the transaction that executes an operation whose
    type may (``operation_effects``). None, or the code of the reason why not, before anything was written."""
    payment = await find_payment(db, context.customer_id, transaction_id)
    if payment is None:
        return "transaction_unknown"
    if payment.paid is None:
        return "not_disputable"
    assessed = _assess(payment, reason, context, expected_on)
    if isinstance(assessed, Ineligible):
        return "dispute_not_covered" if assessed.last_day is None else "dispute_too_late"
    values = {
        "transaction_id": transaction_id,
        "reason": reason,
        "amount_minor": payment.amount.minor if amount_minor is None else amount_minor,
        "description": description,
        "terms": Jsonb(payment.terms(assessed, reason)),
        "now": context.now,
    }
    return (await db.get(_Filed, QUERIES["file_dispute"], values)).refusal


@effect("open_dispute")
async def _open(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    expected_on = payload["expected_on"]
    return await file_dispute(
        db,
        context,
        payload["transaction_id"],
        payload["reason"],
        amount_minor=payload["amount_minor"],
        expected_on=expected_on and date.fromisoformat(expected_on),
        description=payload["description"],
    )


async def _find(
    db: WriteHandle, context: ToolContext, arguments: OpenDisputeArguments
) -> Payment | ChargeUnclear | ChargeUnknown | TransactionUnknown:
    reference = arguments.reference
    if reference is None:
        rows = await find_charges(db, context, arguments)
        if not isinstance(rows, list):
            return rows
        reference = str(rows[0].id)
    return await find_payment(db, context.customer_id, int(reference)) or TransactionUnknown()


async def _prepare(
    db: WriteHandle, context: ToolContext, arguments: OpenDisputeArguments, payment: Payment, reason: Reason
) -> Proposed | NotDisputable:
    assessed = _assess(payment, reason, context, arguments.expected_on)
    if isinstance(assessed, Ineligible):
        return _not_covered() if assessed.last_day is None else _too_late(assessed)
    amount = _amount(payment, arguments.disputed_amount)
    if amount is None:
        return NotDisputable(message=f"The payment was {payment.amount}. Say how much of that you dispute.")
    description = arguments.description
    return await propose(
        db,
        context,
        "open_dispute",
        payload={
            "transaction_id": payment.id,
            "reason": reason,
            "amount_minor": amount.minor,
            "expected_on": arguments.expected_on and arguments.expected_on.isoformat(),
            "description": description and without_secrets(description),
        },
        proposed=Proposed(
            summary=_summary(payment, amount, reason, assessed),
            amount=str(amount.decimal),
            currency=amount.currency,
            card=payment.card_last4,
        ),
    )


def _assess(payment: Payment, reason: Reason, context: ToolContext, expected_on: date | None) -> Eligible | Ineligible:
    try:
        return payment.assess(reason, context.now, expected_on)
    except ValueError:
        return Ineligible(None, None)


def _amount(payment: Payment, part: Decimal | None) -> Money | None:
    """None for more than was paid, or for what the currency cannot express."""
    if part is None:
        return payment.amount
    try:
        amount = Money.parse(str(part), payment.currency)
    except ValueError:
        return None
    return amount if amount.minor <= payment.amount.minor else None


def _summary(payment: Payment, amount: Money, reason: Reason, eligible: Eligible) -> str:
    label = REASONS[reason].label
    promise = next(
        (f". {_PROMISES[clock.kind]} {_day(clock)}" for clock in eligible.clocks if clock.kind in _PROMISES), ""
    )
    return f"Dispute {amount} of {payment.description} ({label[0].lower()}{label[1:]}){promise}"


def _day(clock: Clock) -> str:
    return f"{clock.due_on.day} {clock.due_on:%B %Y}"


_PROMISES = {
    "refund": "Unless we have reason to doubt it, the money is back by",
    "provisional_credit": "We have decided, or credited it for the time being, by",
    "decision": "We have decided by",
}
"""What the customer is told of the first clock that is about them."""


_OWN = (
    "That went to an account of your own: nobody else has the money. If you did not send it, somebody can get into "
    "your accounts: change your password and ask for a colleague."
)


def _not_covered() -> NotDisputable:
    return NotDisputable(
        message="This cannot be disputed for that reason. Choose another one, or ask for a colleague, who looks at it."
    )


def _too_late(ineligible: Ineligible) -> NotDisputable:
    last = ineligible.last_day
    said = f" ({last.day} {last:%B %Y})" if last else ""
    return NotDisputable(
        message=f"The time to dispute this payment has passed{said}: {ineligible.rule}. Ask for a colleague, who looks "
        "at what can still be done."
    )
