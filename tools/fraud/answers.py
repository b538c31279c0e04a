"""The customer's answer to a fraud alert. "That was me" closes the question. "That was not me" is one operation that
does all of it: the card is frozen, what was taken is disputed, a held payment is cancelled, a new card is ordered."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import WriteHandle
from tools.cards.post import plan_post
from tools.cards.replacement import end_of_validity
from tools.counts import FRAUD_ANSWERS
from tools.disputes.facts import find_payment
from tools.disputes.opening import file_dispute
from tools.fraud.alerts import AlertRow, list_rows
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Risk, ToolContext, Unclear, tool

Answer = Literal["fraud", "genuine"]

_OPERATIONS: dict[Answer, str] = {"fraud": "confirm_fraud", "genuine": "confirm_genuine"}
_HAS_PLASTIC = ("debit", "credit")
_IN_USE = ("active", "frozen")
_BECAME = {
    "declined": " (declined: no money was taken)",
    "not made": " (not made: no money was taken)",
    "released": " (never collected: no money was taken)",
    "reversed": " (paid back already)",
}
"""By the state of the payment, where there is nothing to cancel or to get back."""


class AnswerArguments(Arguments):
    answer: Answer | None = Field(
        default=None, description="fraud: the customer says that it was not them. genuine: it was them."
    )
    merchant: str | None = Field(default=None, min_length=1, max_length=100, description="Where, or to whom.")
    amount: Decimal | None = Field(default=None, gt=0, max_digits=15, decimal_places=4, description="How much.")
    reference: UUID | None = Field(default=None, description="The reference that the list of alerts gave.")


class AnswerUnclear(Unclear):
    status: Literal["answer_unclear"] = "answer_unclear"
    message: str = "Was this you?"


class AlertUnclear(Unclear):
    status: Literal["merchant_unclear"] = "merchant_unclear"
    message: str = "Which of these payments do you mean?"


class NoAlert(Refusal):
    http_status = 404

    status: Literal["no_alert"] = "no_alert"
    message: str = "No alert of yours that waits for an answer is about that payment."


@dataclass(frozen=True, slots=True)
class _Steps:
    """What "that was not me" does."""

    freezes: bool
    replaces: bool
    cancels: bool
    disputes: bool
    post: dict[str, Any]

    def said(self, row: AlertRow) -> str:
        card = f"the card ending {row.card_last4}"
        parts = [
            (self.freezes, f"freeze {card}"),
            (self.cancels, "cancel the held payment"),
            (self.disputes, f"dispute {row.amount}"),
            (self.replaces, f"order a replacement for {card}" if not self.freezes else "order a replacement"),
        ]
        named = [words for applies, words in parts if applies]
        todo = " and ".join(part for part in (", ".join(named[:-1]), *named[-1:]) if part)
        became = _BECAME.get(row.payment_status, "")
        return f"Report that {_payment(row)}{became} was not you" + (f": {todo}" if todo else "")


@dataclass(frozen=True, slots=True)
class _Terms:
    has_address: bool
    is_domestic: bool
    days: int
    dispatch_days: int


@dataclass(frozen=True, slots=True)
class _Answered:
    refusal: str | None


@tool(
    title="Prepare the answer to a fraud alert",
    scope="fraud:write",
    risk=Risk.PREPARE,
    rest="POST /fraud/alerts/answer",
    examples={
        "That was not me at Voltline": {"merchant": "Voltline", "answer": "fraud"},
        "Yes, the flagged payment was mine": {"answer": "genuine"},
    },
)
async def answer_fraud_alert(
    context: ToolContext, arguments: AnswerArguments
) -> Proposed | AnswerUnclear | AlertUnclear | NoAlert:
    """Prepares the customer's answer to an open fraud alert. If it was not them, one confirmation freezes the card,
    disputes what was taken, cancels a held payment and orders a replacement card. Never guess the answer: ask "was this
    you?". The customer confirms in the app; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        rows = await list_rows(db, context)
        meant = [row for row in rows if _is_meant(row, arguments)]
        if not rows or (not meant and arguments.answer == "fraud"):
            return NoAlert()
        if len(meant) != 1:
            return AlertUnclear(asked_for=arguments.merchant, choices=[_payment(row) for row in meant or rows])
        [row] = meant
        if arguments.answer is None:
            return AnswerUnclear(asked_for=None, choices=[f"{_payment(row)} was me", "it was not me"])
        if arguments.answer == "genuine":
            proposed = Proposed(summary=f"Tell us that {_payment(row)} was you", card=row.card_last4)
            payload = {"alert_id": str(row.id)}
            return await propose(db, context, _OPERATIONS["genuine"], payload=payload, proposed=proposed)
        return await _propose_fraud(db, context, row)


async def _propose_fraud(db: WriteHandle, context: ToolContext, row: AlertRow) -> Proposed:
    steps = await _plan(db, context, row)
    payload = {
        "alert_id": str(row.id),
        "card_id": str(row.card_id) if row.card_id else None,
        "operation_id": str(row.operation_id) if steps.cancels else None,
        "transaction_id": row.transaction_id if steps.disputes else None,
        "replaces": steps.replaces,
    }
    proposed = Proposed(summary=steps.said(row), card=row.card_last4)
    return await propose(db, context, _OPERATIONS["fraud"], payload=payload | steps.post, proposed=proposed)


async def _plan(db: WriteHandle, context: ToolContext, row: AlertRow) -> _Steps:
    paid = await find_payment(db, context.customer_id, row.transaction_id) if row.transaction_id else None
    in_use = row.card_status in _IN_USE
    post: dict[str, Any] = {}
    if in_use and row.card_kind in _HAS_PLASTIC and not row.is_replaced:
        values = {"customer_id": context.customer_id, "account_id": None, "is_express": False, "now": context.now}
        [told] = await db.dicts(QUERIES["find_replacement_terms"], values)
        terms = _Terms(told["has_address"], told["is_domestic"], told["days"], told["dispatch_days"])
        if terms.has_address:
            method = "standard" if terms.is_domestic else "courier"
            post = plan_post(context.now, dispatch_days=terms.dispatch_days, days=terms.days).payload
            post |= {"method": method}
    return _Steps(
        freezes=row.card_status == "active",
        replaces=bool(post),
        cancels=row.payment_status == "held",
        disputes=paid is not None and paid.paid is not None,
        post=post,
    )


def _is_meant(row: AlertRow, arguments: AnswerArguments) -> bool:
    if arguments.reference is not None:
        return row.id == arguments.reference
    is_there = arguments.merchant is None or arguments.merchant.casefold() in row.merchant.casefold()
    return is_there and arguments.amount in (None, row.amount.decimal)


def _payment(row: AlertRow) -> str:
    return f"{row.amount} {'at' if row.card_id else 'to'} {row.merchant}"


@effect("confirm_genuine")
async def _genuine(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:  # noqa: ARG001
    return await _answer(db, context, "confirm_genuine")


@effect("confirm_fraud")
async def _fraud(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    refusal = await _answer(db, context, "confirm_fraud")
    if refusal is not None:
        return refusal
    values = payload | {"customer_id": context.customer_id, "now": context.now, "type": "confirm_fraud"}
    if payload["operation_id"] is not None:
        # One that ended meanwhile has nothing left to cancel; the rest of the answer stands.
        await db.execute(QUERIES["cancel_held_payment"], values)
    if payload["transaction_id"] is not None:
        await file_dispute(db, context, payload["transaction_id"], "unauthorised")
    if payload["card_id"] is not None:
        # Also one that was frozen when this was proposed and is not any more.
        await db.execute(QUERIES["set_card_status"], values | {"from_status": "active", "to_status": "frozen"})
    if payload["replaces"]:
        await _replace(db, context, values)
    return None


async def _answer(db: WriteHandle, context: ToolContext, operation: str) -> str | None:
    refusal = (await db.get(_Answered, QUERIES["answer_alert"], {"type": operation, "now": context.now})).refusal
    if refusal is None:
        FRAUD_ANSWERS.add(operation.removeprefix("confirm_"))
    return refusal


async def _replace(db: WriteHandle, context: ToolContext, values: dict[str, Any]) -> None:
    """Free of charge. A card that was replaced or closed meanwhile needs none."""
    if not await db.dicts(QUERIES["lock_card"], values) or await db.dicts(QUERIES["find_replacement"], values):
        return
    [made] = await db.dicts(QUERIES["insert_replacement"], values | {"expires_on": end_of_validity(context.today)})
    await db.execute(QUERIES["copy_card_limits"], values | {"new_card_id": made["id"]})
    await db.execute(QUERIES["insert_card_delivery"], values | {"card_id": made["id"], "item": "card"})
