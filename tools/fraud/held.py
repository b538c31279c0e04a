"""Payments that are held until a person has looked: list them, let one go or cancel it. Both need a security code;
staff do it with two pairs of eyes (tools/staff/actions.py). Where nobody does, the money is free again in the end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle, WriteHandle
from core.money import Money
from tools.accounts.accounts import NoArguments
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, Unclear, tool

_SAID = {"release_payment": "Let the held payment go", "cancel_held_payment": "Cancel the held payment"}


@dataclass(frozen=True, slots=True)
class _HeldRow:
    operation_id: UUID
    summary: str
    amount_minor: int
    currency: str
    payee: str | None
    held_at: datetime
    expires_at: datetime

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class HeldPayment(Result):
    reference: str = Field(description="Of the payment, as in the list of transfers.")
    summary: str
    payee: str | None
    amount: str = Field(description="Decimal string.")
    currency: str
    held_at: str = Field(description="ISO date and time.")
    expires_at: str = Field(description="When it is over if nobody lets it go: nothing is paid then.")


class HeldPayments(Result):
    status: Literal["found"] = "found"
    payments: list[HeldPayment]


class HeldArguments(Arguments):
    payee: str | None = Field(default=None, min_length=1, max_length=100, description="To whom.")
    reference: UUID | None = Field(default=None, description="The reference that the list of held payments gave.")


class HeldUnclear(Unclear):
    status: Literal["payee_unclear"] = "payee_unclear"
    message: str = "Which held payment do you mean?"


class NothingHeld(Refusal):
    http_status = 404

    status: Literal["nothing_held"] = "nothing_held"
    message: str = "No payment of yours is being held."


@tool(
    title="List payments that are being checked",
    scope="fraud:read",
    rest="GET /fraud/held-payments",
    examples={"Why has my payment not gone out yet?": {}, "Which of my payments are on hold?": {}},
)
async def list_held_payments(context: ToolContext, arguments: NoArguments) -> HeldPayments:  # noqa: ARG001
    """Payments of the customer that the bank holds for a check before they leave: to whom, how much, until when. The
    money is set aside and nobody has been paid. The customer may let one go or cancel it."""
    async with context.database.reading(context.scope) as db:
        rows = await _list(db, context)
    return HeldPayments(payments=[_held(row) for row in rows])


@tool(
    title="Prepare to let a held payment go",
    scope="fraud:write",
    risk=Risk.PREPARE,
    rest="POST /fraud/held-payments/release",
    examples={"The held payment to Anna Berg is fine, send it": {"payee": "Anna Berg"}},
)
async def release_payment(context: ToolContext, arguments: HeldArguments) -> Proposed | HeldUnclear | NothingHeld:
    """Prepares to let a held payment go, because the customer says that it is theirs and right. It needs a security
    code, and the customer confirms in the app; this call pays nothing."""
    return await _prepare(context, arguments, "release_payment")


@tool(
    title="Prepare to cancel a held payment",
    scope="fraud:write",
    risk=Risk.PREPARE,
    rest="POST /fraud/held-payments/cancel",
    examples={"Don't send the payment that you are holding": {}, "Cancel the held payment to Anna": {"payee": "Anna"}},
)
async def cancel_held_payment(context: ToolContext, arguments: HeldArguments) -> Proposed | HeldUnclear | NothingHeld:
    """Prepares to cancel a held payment: nobody is paid and the money is free again. It needs a security code, and the
    customer confirms in the app; this call cancels nothing."""
    return await _prepare(context, arguments, "cancel_held_payment")


async def _prepare(
    context: ToolContext, arguments: HeldArguments, operation: str
) -> Proposed | HeldUnclear | NothingHeld:
    async with context.database.writing(context.scope) as db:
        rows = await _list(db, context)
        chosen = [row for row in rows if _is_meant(row, arguments)]
        if len(chosen) != 1:
            if not rows:
                return NothingHeld()
            choices = [f"{row.amount} to {row.payee}" for row in chosen or rows]
            return HeldUnclear(asked_for=arguments.payee, choices=choices)
        [row] = chosen
        proposed = Proposed(
            summary=f"{_SAID[operation]}: {row.summary}",
            amount=str(row.amount.decimal),
            currency=row.currency,
            payee=row.payee,
        )
        payload = {"operation_id": str(row.operation_id)}
        return await propose(db, context, operation, payload=payload, proposed=proposed)


def _is_meant(row: _HeldRow, arguments: HeldArguments) -> bool:
    if arguments.reference is not None:
        return row.operation_id == arguments.reference
    return arguments.payee is None or arguments.payee.casefold() in (row.payee or "").casefold()


async def _list(db: ReadHandle, context: ToolContext) -> list[_HeldRow]:
    return await db.all(_HeldRow, QUERIES["list_held_payments"], {"customer_id": context.customer_id})


@dataclass(frozen=True, slots=True)
class _Ended:
    refusal: str | None


@effect("release_payment")
async def _release(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:  # noqa: ARG001
    return (await db.get(_Ended, QUERIES["release_held_payment"], {"now": context.now})).refusal


@effect("cancel_held_payment")
async def _cancel(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:  # noqa: ARG001
    values = {"type": "cancel_held_payment", "now": context.now}
    return (await db.get(_Ended, QUERIES["cancel_held_payment"], values)).refusal


def _held(row: _HeldRow) -> HeldPayment:
    return HeldPayment(
        reference=str(row.operation_id),
        summary=row.summary,
        payee=row.payee,
        amount=str(row.amount.decimal),
        currency=row.currency,
        held_at=_iso(row.held_at),
        expires_at=_iso(row.expires_at),
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(BANK_TIME_ZONE).isoformat(timespec="minutes")
