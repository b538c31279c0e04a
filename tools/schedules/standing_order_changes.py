"""Standing orders that run already: prepare to change or cancel one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.errors import NotFound
from tools.amounts import parse_amount
from tools.calendar import Frequency, GivenDay, leave_day, route_of
from tools.operations import effect, propose
from tools.payments.payee_match import PayeeUnclear, spoken
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Risk, ToolContext, Unclear, tool
from tools.schedules.rules import DatePast, DateTooFar, answers_to, refuse_date, refuse_over_limit, said_day
from tools.schedules.standing_orders import (
    FREQUENCIES,
    HOW_OFTEN,
    EndBeforeStart,
    OrderRow,
    iso,
    list_order_rows,
    refuse_end,
    until,
)


class WhichArguments(Arguments):
    payee: str | None = Field(default=None, description="Payee or own account of the standing order.")
    reference: str | None = Field(
        default=None, description="The standing order's reference in the list, or its text for the statement."
    )


class ChangeStandingOrderArguments(WhichArguments):
    amount: str | None = Field(default=None, description="The new amount, a decimal string.")
    frequency: Frequency | None = Field(default=None, description=f"The new rhythm: {FREQUENCIES}")
    date: GivenDay | None = Field(
        default=None,
        description="The new day of the next payment, YYYY-MM-DD: from tomorrow, in place of the day in the list.",
    )
    end_date: GivenDay | None = Field(default=None, description="No payment after this day, YYYY-MM-DD.")


class NoStandingOrder(Refusal):
    status: Literal["no_standing_order"] = "no_standing_order"
    message: str = "You have no standing order."


class NothingToChange(Refusal):
    status: Literal["nothing_to_change"] = "nothing_to_change"
    message: str = "It is like that already. Say the new amount, date, rhythm or end date."
    payee: str


class TooLateToChange(Refusal):
    status: Literal["too_late_to_change"] = "too_late_to_change"
    message: str = (
        "Today's payment is on its way. A standing order can be changed until the day before its next payment."
    )
    payee: str


class ReferenceUnclear(Unclear):
    status: Literal["reference_unclear"] = "reference_unclear"
    message: str = "Which standing order do you mean?"


@tool(
    title="Prepare to change a standing order",
    scope="standing-orders:write",
    risk=Risk.PREPARE,
    rest="PATCH /standing-orders/{reference}",
    examples={
        "Change my rent standing order to 900 pounds": {"payee": "Sunrise Lettings", "amount": "900"},
        "Pay Sunrise Lettings on the 3rd from now on": {"payee": "Sunrise Lettings", "date": "2026-12-03"},
    },
)
async def change_standing_order(
    context: ToolContext, arguments: ChangeStandingOrderArguments
) -> (
    Proposed
    | NoStandingOrder
    | PayeeUnclear
    | ReferenceUnclear
    | NothingToChange
    | TooLateToChange
    | DatePast
    | DateTooFar
    | EndBeforeStart
):
    """Prepares another amount, day, rhythm or end for a standing order, until the day before its next payment. For
    another payee cancel it and create a new one. The customer confirms in the app; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        order = await _find_order(db, context, arguments)
        if not isinstance(order, OrderRow):
            return order
        if order.next_run_on <= context.today:
            return TooLateToChange(payee=order.recipient)
        changed = await _changed(db, context, order, arguments)
        if not isinstance(changed, OrderRow):
            return changed
        return await propose(
            db,
            context,
            "change_standing_order",
            payload={
                "standing_order_id": str(order.id),
                "payee_id": str(order.payee_id) if order.payee_id else None,
                "seen_next_run_on": order.next_run_on.isoformat(),
                "seen_amount_minor": order.amount_minor,
                "seen_frequency": order.frequency,
                "amount_minor": changed.amount_minor,
                "frequency": changed.frequency,
                "starts_on": changed.starts_on.isoformat(),
                "next_run_on": changed.next_run_on.isoformat(),
                "ends_on": iso(changed.ends_on),
            },
            proposed=Proposed(
                summary=f"Change the standing order to {order.recipient}: {_change(order, changed)}",
                amount=str(changed.amount.decimal),
                currency=changed.currency,
                date=changed.next_run_on.isoformat(),
                payee=None if order.is_own else order.recipient,
                to_account=order.recipient if order.is_own else None,
                account=order.account,
            ),
            money=None if order.is_own else changed.amount,
        )


@tool(
    title="Prepare to cancel a standing order",
    scope="standing-orders:write",
    risk=Risk.PREPARE,
    rest="DELETE /standing-orders/{reference}",
    examples={"Cancel my standing order to Sunrise Lettings": {"payee": "Sunrise Lettings"}},
)
async def cancel_standing_order(
    context: ToolContext, arguments: WhichArguments
) -> Proposed | NoStandingOrder | PayeeUnclear | ReferenceUnclear | TooLateToChange:
    """Prepares to cancel a standing order, until the day before its next payment. The customer confirms in the app;
    this call cancels nothing."""
    async with context.database.writing(context.scope) as db:
        order = await _find_order(db, context, arguments)
        if not isinstance(order, OrderRow):
            return order
        if order.next_run_on <= context.today:
            return TooLateToChange(payee=order.recipient)
        return await propose(
            db,
            context,
            "cancel_standing_order",
            payload={"standing_order_id": str(order.id)},
            proposed=Proposed(
                summary=f"Cancel the standing order to {order.recipient}: {order.amount} {HOW_OFTEN[order.frequency]}",
                amount=str(order.amount.decimal),
                currency=order.currency,
                payee=None if order.is_own else order.recipient,
                to_account=order.recipient if order.is_own else None,
                account=order.account,
            ),
        )


@effect("change_standing_order")
async def _change_order(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "today": context.today}
    return None if await db.execute(QUERIES["change_standing_order"], values) else "schedule_changed"


@effect("cancel_standing_order")
async def _cancel(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "today": context.today}
    return None if await db.execute(QUERIES["cancel_standing_order"], values) else "schedule_changed"


async def _changed(
    db: ReadHandle, context: ToolContext, order: OrderRow, arguments: ChangeStandingOrderArguments
) -> OrderRow | NothingToChange | DatePast | DateTooFar | EndBeforeStart:
    """The standing order as it would be."""
    amount = order.amount if arguments.amount is None else parse_amount(arguments.amount, order.currency)
    if not order.is_own:
        await refuse_over_limit(db, context, amount)
    changed = replace(
        order,
        amount_minor=amount.minor,
        frequency=arguments.frequency or order.frequency,
        ends_on=arguments.end_date or order.ends_on,
    )
    if arguments.date is not None and arguments.date != order.next_run_on:
        # Today's payment may have been made, and is not made twice: the worker would pass today by, in silence.
        tomorrow = context.today + timedelta(days=1)
        refusal = await refuse_date(db, context, arguments.date, earliest=tomorrow, amount=amount)
        if refusal is not None:
            return refusal
        leaves = leave_day(route_of(order.currency, is_own=order.is_own), arguments.date, context.now)
        changed = replace(changed, starts_on=arguments.date, next_run_on=leaves)
    elif changed.frequency != order.frequency:
        changed = replace(changed, starts_on=order.next_run_on)
    if changed == order:
        return NothingToChange(payee=order.recipient)
    return refuse_end(arguments.date or order.next_run_on, changed.ends_on) or changed


async def _find_order(
    db: ReadHandle, context: ToolContext, arguments: WhichArguments
) -> OrderRow | NoStandingOrder | PayeeUnclear | ReferenceUnclear:
    """Raises NotFound for a reference that none of them has."""
    orders = await list_order_rows(db, context)
    if not orders:
        return NoStandingOrder()
    if arguments.reference is not None:
        said = spoken(arguments.reference)
        orders = [
            order for order in orders if said in (str(order.id), spoken(order.reference or ""), spoken(order.label))
        ]
        if not orders:
            raise NotFound("There is no standing order under that reference.")
    words = arguments.payee
    matches = [order for order in orders if words is None or answers_to(words, order.recipient, order.reference)]
    recipients = list(dict.fromkeys(order.recipient for order in matches or orders))
    if not matches or len(recipients) > 1:
        return PayeeUnclear(asked_for=words, choices=recipients)
    if len(matches) > 1:
        return ReferenceUnclear(asked_for=arguments.reference, choices=[order.label for order in matches])
    return matches[0]


def _change(before: OrderRow, after: OrderRow) -> str:
    day = said_day(after.next_run_on)
    if after.next_run_on != before.next_run_on:
        # A payment is moved, and none is added: rent of the 1st that is paid on the 25th is not due on the 1st again.
        day += f" instead of {said_day(before.next_run_on)}"
    return f"{after.amount} {HOW_OFTEN[after.frequency]}, next on {day}{until(after.ends_on)}"
