"""Payments of a later day: prepare, list, prepare to cancel. ``tellergraph worker`` makes them (worker.py)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.errors import NotFound
from core.money import Money
from tools.accounts.accounts import AccountUnclear, NoArguments
from tools.amounts import parse_amount
from tools.calendar import GivenDay, leave_day
from tools.operations import effect, propose
from tools.payments.payee_match import PayeeUnclear
from tools.payments.transfers import SameAccount, ToAccountUnclear
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, Unclear, tool
from tools.schedules.rules import (
    DatePast,
    DateTooFar,
    Parties,
    RecipientArguments,
    answers_to,
    choose_parties,
    hold_parties,
    refuse_date,
    said_day,
)


@dataclass(frozen=True, slots=True)
class _PaymentRow:
    id: UUID
    recipient: str
    payee_id: UUID | None
    to_account_id: UUID | None
    amount_minor: int
    currency: str
    due_on: date
    reference: str | None
    account: str

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class SchedulePaymentArguments(RecipientArguments):
    date: GivenDay = Field(description="The day on which it is paid, YYYY-MM-DD: from tomorrow, up to a year ahead.")


class CancelScheduledPaymentArguments(Arguments):
    payee: str | None = Field(default=None, description="Payee or own account that would receive it.")
    date: GivenDay | None = Field(default=None, description="The day on which it would be paid, YYYY-MM-DD.")
    amount: str | None = Field(default=None, description="Its amount, a decimal string.")
    reference: str | None = Field(default=None, description="Its reference in the list of scheduled payments.")


class ScheduledPayment(Result):
    reference: str = Field(description="Names this payment in later calls.")
    payee: str = Field(description="Payee, or own account that receives.")
    amount: str = Field(description="A decimal string.")
    currency: str
    date: str = Field(description="The day on which it is paid, ISO date.")
    account: str
    text: str | None = Field(description="Text for the statement.")


class ScheduledPayments(Result):
    status: Literal["found"] = "found"
    scheduled_payments: list[ScheduledPayment]


class NothingScheduled(Refusal):
    status: Literal["nothing_scheduled"] = "nothing_scheduled"
    message: str = "No payment of yours is scheduled."


class TooLateToCancel(Refusal):
    status: Literal["too_late_to_cancel"] = "too_late_to_cancel"
    message: str = "It is paid today. A scheduled payment can be cancelled until the day before."
    payee: str
    date: str


class DateUnclear(Unclear):
    status: Literal["date_unclear"] = "date_unclear"
    message: str = "The payment of which day do you mean?"


class AmountUnclear(Unclear):
    status: Literal["amount_unclear"] = "amount_unclear"
    message: str = "The payment of which amount do you mean?"


@tool(
    title="Prepare a payment of a later day",
    scope="transfers:write",
    risk=Risk.PREPARE,
    rest="POST /transfers/scheduled",
    examples={
        "Pay John Carter 20 pounds on 4 December": {"amount": "20", "payee": "John Carter", "date": "2026-12-04"},
        "Move 100 to Rainy Day on payday, the 27th": {
            "amount": "100",
            "to_account": "Rainy Day",
            "date": "2026-11-27",
        },
    },
)
async def schedule_payment(
    context: ToolContext, arguments: SchedulePaymentArguments
) -> Proposed | PayeeUnclear | ToAccountUnclear | AccountUnclear | SameAccount | DatePast | DateTooFar:
    """Prepares one payment to a payee or an own account on a later day. For a payment now use pay_payee or
    transfer_between_accounts, for a repeated one create_standing_order. The customer confirms in the app; this call
    schedules nothing."""
    async with context.database.writing(context.scope) as db:
        parties = await choose_parties(db, context, arguments)
        if not isinstance(parties, Parties):
            return parties
        tomorrow = context.today + timedelta(days=1)
        refusal = await refuse_date(db, context, arguments.date, earliest=tomorrow, amount=parties.amount)
        if refusal is not None:
            return refusal
        day = leave_day(parties.route, arguments.date, context.now)
        return await propose(
            db,
            context,
            "schedule_payment",
            payload=parties.payload | {"reference": arguments.reference, "due_on": day.isoformat()},
            proposed=Proposed(
                summary=f"{parties.said} on {said_day(day)}",
                date=day.isoformat(),
                **parties.proposed,
            ),
            money=parties.money,
        )


@tool(
    title="List your scheduled payments",
    scope="transfers:read",
    rest="GET /transfers/scheduled",
    examples={"Which payments have I scheduled?": {}},
)
async def list_scheduled_payments(context: ToolContext, arguments: NoArguments) -> ScheduledPayments:  # noqa: ARG001
    """The customer's single payments of later days, the next first. Standing orders are not in it."""
    async with context.database.reading(context.scope) as db:
        rows = await _list_payments(db, context)
    return ScheduledPayments(scheduled_payments=[_shown(row) for row in rows])


@tool(
    title="Prepare to cancel a scheduled payment",
    scope="transfers:write",
    risk=Risk.PREPARE,
    rest="DELETE /transfers/scheduled/{reference}",
    examples={"Cancel the payment to John that I scheduled": {"payee": "John"}},
)
async def cancel_scheduled_payment(
    context: ToolContext, arguments: CancelScheduledPaymentArguments
) -> Proposed | NothingScheduled | TooLateToCancel | PayeeUnclear | DateUnclear | AmountUnclear:
    """Prepares to cancel one payment of a later day, until the day before it is paid. The customer confirms in the app;
    this call cancels nothing."""
    async with context.database.writing(context.scope) as db:
        rows = await _list_payments(db, context)
        chosen = _choose(rows, arguments)
        if not isinstance(chosen, _PaymentRow):
            return chosen
        if chosen.due_on <= context.today:
            return TooLateToCancel(payee=chosen.recipient, date=chosen.due_on.isoformat())
        is_own = chosen.to_account_id is not None
        return await propose(
            db,
            context,
            "cancel_scheduled_payment",
            payload={"scheduled_payment_id": str(chosen.id)},
            proposed=Proposed(
                summary=f"Cancel the payment of {chosen.amount} to {chosen.recipient} on {said_day(chosen.due_on)}",
                amount=str(chosen.amount.decimal),
                currency=chosen.currency,
                payee=None if is_own else chosen.recipient,
                to_account=chosen.recipient if is_own else None,
                account=chosen.account,
                date=chosen.due_on.isoformat(),
            ),
        )


@effect("schedule_payment")
async def _schedule(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    refusal = await hold_parties(db, context, payload)
    if refusal is None:
        values = payload | {"customer_id": context.customer_id, "now": context.now}
        await db.execute(QUERIES["insert_scheduled_payment"], values)
    return refusal


@effect("cancel_scheduled_payment")
async def _cancel(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "today": context.today}
    return None if await db.execute(QUERIES["cancel_scheduled_payment"], values) else "schedule_changed"


async def _list_payments(db: ReadHandle, context: ToolContext) -> list[_PaymentRow]:
    return await db.all(_PaymentRow, QUERIES["list_scheduled_payments"], {"customer_id": context.customer_id})


def _choose(
    rows: list[_PaymentRow], arguments: CancelScheduledPaymentArguments
) -> _PaymentRow | NothingScheduled | PayeeUnclear | DateUnclear | AmountUnclear:
    """The one that is meant; otherwise what would set the candidates apart. Of payments that are alike in everything,
    the first.

    Raises:
        NotFound: none has the reference.
    """
    if arguments.reference is not None:
        rows = [row for row in rows if str(row.id) == arguments.reference]
        if not rows:
            raise NotFound("There is no scheduled payment under that reference.")
    if not rows:
        return NothingScheduled()
    marks = _marks(arguments)
    for mark in marks:
        matches = [row for row in rows if mark.fits(row)]
        if not matches:
            return mark.unclear(asked_for=mark.said, choices=mark.choices(rows))
        rows = matches
    for mark in marks:
        if len(mark.choices(rows)) > 1:
            return mark.unclear(asked_for=mark.said, choices=mark.choices(rows))
    return rows[0]


@dataclass(frozen=True, slots=True)
class _Mark:
    """What customers tell their scheduled payments apart by."""

    said: str | None
    shown: Callable[[_PaymentRow], str]
    means: Callable[[_PaymentRow, str], bool]
    unclear: type[PayeeUnclear] | type[DateUnclear] | type[AmountUnclear]

    def fits(self, row: _PaymentRow) -> bool:
        return self.said is None or self.means(row, self.said)

    def choices(self, rows: list[_PaymentRow]) -> list[str]:
        return list(dict.fromkeys(self.shown(row) for row in rows))


def _marks(arguments: CancelScheduledPaymentArguments) -> tuple[_Mark, ...]:
    day = arguments.date and arguments.date.isoformat()
    return (
        _Mark(
            arguments.payee,
            lambda row: row.recipient,
            lambda row, said: answers_to(said, row.recipient, row.reference),
            PayeeUnclear,
        ),
        _Mark(day, lambda row: row.due_on.isoformat(), lambda row, said: row.due_on.isoformat() == said, DateUnclear),
        _Mark(
            arguments.amount,
            lambda row: str(row.amount),
            lambda row, said: parse_amount(said, row.currency) == row.amount,
            AmountUnclear,
        ),
    )


def _shown(row: _PaymentRow) -> ScheduledPayment:
    return ScheduledPayment(
        reference=str(row.id),
        payee=row.recipient,
        amount=str(row.amount.decimal),
        currency=row.currency,
        date=row.due_on.isoformat(),
        account=row.account,
        text=row.reference,
    )
