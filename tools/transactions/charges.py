"""What a charge is: finds it from what the customer remembers, and says who, where, with which card, fees and rate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.queries import QUERIES
from tools.registry import Arguments, Refusal, Result, ToolContext, Unclear, tool
from tools.transactions.detail import REFERENCE, TransactionDetail, TransactionUnknown, find_detail
from tools.transactions.transactions import Transaction, TransactionRow, day_of, literal, moments

Day = date
_LOOKS_BACK = timedelta(days=400)
_NEAR = timedelta(days=3)
"""How far the day may be off: a card payment is often remembered by the day on which it was booked."""
_OF_LATE, _LONG_AGO = timedelta(days=31), timedelta(days=92)
_MOST = 50
_CHOICES = 8


class ChargeArguments(Arguments):
    reference: str | None = Field(
        default=None, pattern=REFERENCE, description="The reference that a list or a search gave."
    )
    merchant: str | None = Field(default=None, min_length=2, description="Merchant, payee or text of the statement.")
    amount: Decimal | None = Field(default=None, gt=0, max_digits=15, decimal_places=4, description="How much.")
    date: Day | None = Field(default=None, description="The day, ISO date, give or take three days.")


class ChargeExplained(Result):
    status: Literal["found"] = "found"
    transaction: TransactionDetail
    explanation: list[str] = Field(description="What it is, in sentences.")
    alike: list[str] = Field(description="References of earlier charges of the same merchant and amount.")


class ChargeUnclear(Unclear):
    status: Literal["merchant_unclear", "amount_unclear", "date_unclear"] = "merchant_unclear"
    message: str = "Which of these payments do you mean?"
    candidates: list[Transaction]


class ChargeUnknown(Refusal):
    status: Literal["charge_unknown"] = "charge_unknown"
    message: str = (
        "I find no such payment in the last 13 months. Say the merchant as it stands in your list of transactions, the "
        "amount or the day."
    )


@dataclass(frozen=True, slots=True)
class _Days:
    days: int | None


@tool(
    title="Explain a charge",
    scope="transactions:read",
    rest="GET /transactions/explain",
    examples={
        "What is this charge from Voltline?": {"merchant": "Voltline"},
        "Why was I charged 38.50 on 20 November?": {"amount": "38.50", "date": "2026-11-20"},
    },
)
async def explain_charge(
    context: ToolContext, arguments: ChargeArguments
) -> ChargeExplained | ChargeUnclear | ChargeUnknown | TransactionUnknown:
    """Who took a payment and why it is what it is: merchant, terminal, card, fees, exchange rate, whether it is pending
    or was declined. By reference, or by what the customer remembers of merchant, amount and date."""
    async with context.database.reading(context.scope) as db:
        if arguments.reference is not None:
            return await _explained(db, context, int(arguments.reference), []) or TransactionUnknown()
        rows = await find_charges(db, context, arguments)
        if not isinstance(rows, list):
            return rows
        return await _explained(db, context, rows[0].id, rows[1:]) or TransactionUnknown()


async def find_charges(
    db: ReadHandle, context: ToolContext, arguments: ChargeArguments
) -> list[TransactionRow] | ChargeUnclear | ChargeUnknown:
    """What the customer means by merchant, amount and day, and what is just like it: the latest first, at least one."""
    rows = _closest(await _list_charges(db, context, arguments), arguments, context.today)
    if not rows:
        return ChargeUnknown()
    return _unclear(rows, arguments) if any(_what(row) != _what(rows[0]) for row in rows) else rows


async def _list_charges(db: ReadHandle, context: ToolContext, arguments: ChargeArguments) -> list[TransactionRow]:
    day = arguments.date
    since, until = (day - _NEAR, day + _NEAR) if day else (context.today - _LOOKS_BACK, context.today)
    query: dict[str, Any] = {
        "customer_id": context.customer_id,
        "merchant": literal(arguments.merchant),
        "amount": arguments.amount,
        "limit": _MOST,
    }
    return await db.all(TransactionRow, QUERIES["list_charges"], query | moments(since, until, context.today))


def _closest(rows: list[TransactionRow], arguments: ChargeArguments, today: date) -> list[TransactionRow]:
    """Those with exactly the amount and the day, where there are such; where there is neither, those of late."""
    day, amount = arguments.date, arguments.amount
    on_day = [row for row in rows if day_of(row.occurred_at) == day]
    rows = on_day or rows
    exact = [row for row in rows if abs(Money(row.amount_minor, row.currency).decimal) == amount]
    return exact or (rows if day or arguments.merchant is None else _latest(rows, today))


def _latest(rows: list[TransactionRow], today: date) -> list[TransactionRow]:
    """Of one merchant the payments of late, where all others are long ago: nobody who names no day means those."""
    days = {id(row): today - day_of(row.occurred_at) for row in rows}
    fresh = [row for row in rows if days[id(row)] <= _OF_LATE]
    return fresh if fresh and all(days[id(row)] > _LONG_AGO for row in rows if row not in fresh) else rows


def _what(row: TransactionRow) -> tuple[object, ...]:
    """What makes one charge as good as another: of a subscription the latest is explained."""
    return row.description, row.amount_minor, row.currency, row.status, row.account


def _unclear(rows: list[TransactionRow], arguments: ChargeArguments) -> ChargeUnclear:
    """Asks for what was not said and tells them apart."""
    shown = rows[:_CHOICES]
    if arguments.merchant is None and len({row.description for row in rows}) > 1:
        status = "merchant_unclear"
    elif arguments.date is None and len({day_of(row.occurred_at) for row in rows}) > 1:
        status = "date_unclear"
    else:
        status = "amount_unclear"
    return ChargeUnclear(
        status=status,
        asked_for=arguments.merchant,
        choices=[_choice(row) for row in shown],
        candidates=[row.shown() for row in shown],
    )


def _choice(row: TransactionRow) -> str:
    day = day_of(row.occurred_at)
    return f"{day.day} {day:%B %Y}: {row.description}, {Money(abs(row.amount_minor), row.currency)} ({row.account})"


async def _explained(
    db: ReadHandle, context: ToolContext, transaction_id: int, alike: list[TransactionRow]
) -> ChargeExplained | None:
    found = await find_detail(db, context.customer_id, transaction_id)
    if found is None:
        return None
    settles = await db.find(_Days, QUERIES["get_settling_days"], {"now": context.now})
    sentences = [*_sentences(found, settles.days if settles else None), *_about_others(found, alike)]
    return ChargeExplained(transaction=found, explanation=sentences, alike=[str(row.id) for row in alike])


def _sentences(found: TransactionDetail, settling_days: int | None) -> Iterator[str]:
    yield _who(found)
    if found.terminal:
        yield _where(found.terminal.kind, found.terminal.label, found.merchant.city if found.merchant else None)
    if found.card_last4:
        yield f"It was made with your {found.card_kind} card ending {found.card_last4}."
    yield from _about_money(found)
    yield from _about_state(found, settling_days)


def _about_others(found: TransactionDetail, alike: list[TransactionRow]) -> Iterator[str]:
    same_day = [row for row in alike if day_of(row.occurred_at).isoformat() == found.date]
    if same_day:
        yield f"There are {len(same_day) + 1} such payments on that day."
    if earlier := [row for row in alike if row not in same_day]:
        latest = day_of(earlier[0].occurred_at)
        times = "once" if len(earlier) == 1 else f"{len(earlier)} times"
        yield f"The same was charged {times} before, last on {latest.day} {latest:%B %Y}."


def _who(found: TransactionDetail) -> str:
    amount = Money.parse(found.amount, found.currency)
    said = f"{str(amount).removeprefix('-')} {'out of' if amount.minor < 0 else 'into'} {found.account}"
    kind = found.kind.replace("_", " ")
    if found.merchant:
        category = found.merchant.category.replace("_", " ")
        return f"{said}, a {kind}: {found.merchant.name} ({category}, {found.merchant.city})."
    if found.own_account:
        return f"{said}, a move between your own accounts: the other one is {found.own_account}."
    return f"{said}, a {kind}: {found.payee or found.description}."


def _where(kind: str, label: str, city: str | None) -> str:
    place = {"in_store": "in the shop", "online": "online", "atm": "at a cash machine"}[kind]
    return f"It was paid {place} ({label}{f', {city}' if city and kind != 'online' else ''})."


def _about_money(found: TransactionDetail) -> Iterator[str]:
    if found.exchange:
        sold = Money.parse(found.exchange.sold, found.exchange.sold_currency)
        bought = Money.parse(found.exchange.bought, found.exchange.bought_currency)
        fees = ", fees included" if found.exchange.with_fees else ""
        yield f"{sold} became {bought}, at {found.exchange.rate}{fees}."
    for fee in found.fees:
        yield f"A fee came with it: {fee.description}, {str(Money.parse(fee.amount, fee.currency)).removeprefix('-')}."
    if found.fee_for:
        amount = str(Money.parse(found.fee_for.amount, found.fee_for.currency)).removeprefix("-")
        yield f"It is the fee for {found.fee_for.description}, {amount}."


def _about_state(found: TransactionDetail, settling_days: int | None) -> Iterator[str]:
    if found.status == "pending":
        usual = f", usually within {settling_days} working days" if settling_days else ""
        yield f"It is pending: the money is held back until the seller collects it{usual}."
    elif found.status == "declined":
        yield f"It was declined ({(found.decline_reason or '').replace('_', ' ')}): no money left your account."
    elif found.status == "reversed":
        yield "It was reversed: the money came back as a separate line."
    elif found.status == "released":
        yield "It was never collected: the money that was held back is available again."
