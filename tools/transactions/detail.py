"""One transaction in detail: who, where, with which card, what came with it and at which rate."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.queries import QUERIES
from tools.registry import Arguments, Refusal, Result, ToolContext, tool
from tools.transactions.transactions import Transaction, TransactionRow, day_of, iso

REFERENCE = r"^[1-9][0-9]{0,17}$"
"""Of a transaction: a number that fits a bigint."""


class TransactionArguments(Arguments):
    reference: str = Field(pattern=REFERENCE, description="The reference that a list or a search gave.")


class Merchant(Result):
    name: str
    category: str
    mcc: str = Field(description="Merchant category code, ISO 18245.")
    city: str
    country: str


class Terminal(Result):
    kind: Literal["in_store", "online", "atm"]
    label: str


class Line(Result):
    """Another line of the same booking: a fee, or what the fee is for."""

    reference: str
    description: str
    amount: str = Field(description="Signed decimal.")
    currency: str


class Exchange(Result):
    sold: str
    sold_currency: str
    bought: str
    bought_currency: str
    rate: str = Field(description="What one unit of the currency sold bought.")
    with_fees: bool = Field(description="Whether the rate is what it came to with fees, not the bank's own rate.")


class TransactionDetail(Transaction):
    booked: str | None = Field(description="Day on which it was booked; null while it is pending or was declined.")
    merchant: Merchant | None
    terminal: Terminal | None
    payee: str | None
    card_kind: Literal["debit", "credit", "virtual"] | None
    own_account: str | None = Field(description="The customer's other account, of a move between their own.")
    exchange: Exchange | None
    fees: list[Line]
    fee_for: Line | None = Field(description="What this fee was charged for.")


class TransactionFound(Result):
    status: Literal["found"] = "found"
    transaction: TransactionDetail


class TransactionUnknown(Refusal):
    http_status = 404

    status: Literal["transaction_unknown"] = "transaction_unknown"
    message: str = "There is no such transaction. Use the reference that a list or a search gave."


@dataclass(frozen=True, slots=True)
class DetailRow(TransactionRow):
    booked_at: datetime | None
    merchant: str | None
    merchant_category: str | None
    mcc: str | None
    city: str | None
    country: str | None
    terminal_kind: Literal["in_store", "online", "atm"] | None
    terminal_label: str | None
    payee: str | None
    card_kind: Literal["debit", "credit", "virtual"] | None
    own_account: str | None
    own_amount_minor: int | None
    own_currency: str | None
    deal_from_currency: str | None
    deal_from_minor: int | None
    deal_to_currency: str | None
    deal_to_minor: int | None
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class _LineRow:
    id: int
    kind: str
    description: str
    amount_minor: int
    currency: str


@tool(
    title="See one transaction",
    scope="transactions:read",
    rest="GET /transactions/{reference}",
    examples={"Tell me more about transaction 1234": {"reference": "1234"}},
)
async def get_transaction(
    context: ToolContext, arguments: TransactionArguments
) -> TransactionFound | TransactionUnknown:
    """One transaction with merchant, terminal, card, fees and exchange rate. Use it after a list or a search: they give
    the reference."""
    async with context.database.reading(context.scope) as db:
        found = await find_detail(db, context.customer_id, int(arguments.reference))
    return TransactionFound(transaction=found) if found else TransactionUnknown()


async def find_detail(db: ReadHandle, customer_id: UUID, transaction_id: int) -> TransactionDetail | None:
    query = {"customer_id": customer_id, "transaction_id": transaction_id}
    row = await db.find(DetailRow, QUERIES["get_transaction"], query)
    if row is None:
        return None
    lines = await db.all(_LineRow, QUERIES["list_lines_of_booking"], query)
    fees = [line for line in lines if line.kind == "fee"]
    others = [line for line in lines if line.kind != "fee"]
    return TransactionDetail(
        **row.fields(),
        booked=iso(row.booked_at and day_of(row.booked_at)),
        merchant=_merchant(row),
        terminal=_terminal(row),
        payee=row.payee,
        card_kind=row.card_kind,
        own_account=row.own_account,
        exchange=_exchange(row),
        fees=[] if row.kind == "fee" else [_line(fee) for fee in fees],
        fee_for=_line(others[0]) if row.kind == "fee" and others else None,
    )


def _merchant(row: DetailRow) -> Merchant | None:
    if row.merchant is None:
        return None
    return Merchant(
        name=row.merchant,
        category=row.merchant_category or "",
        mcc=row.mcc or "",
        city=row.city or "",
        country=row.country or "",
    )


def _terminal(row: DetailRow) -> Terminal | None:
    if row.terminal_kind is None:
        return None
    return Terminal(kind=row.terminal_kind, label=row.terminal_label or "")


def _line(row: _LineRow) -> Line:
    amount = str(Money(row.amount_minor, row.currency).decimal)
    return Line(reference=str(row.id), description=row.description, amount=amount, currency=row.currency)


def _exchange(row: DetailRow) -> Exchange | None:
    """At the rate that was agreed; for a booking without one, at what it came to."""
    if row.rate is not None and row.deal_from_currency and row.deal_to_currency:
        sold = Money(row.deal_from_minor or 0, row.deal_from_currency)
        bought = Money(row.deal_to_minor or 0, row.deal_to_currency)
        return _exchanged(sold, bought, row.rate, with_fees=False)
    if row.own_amount_minor is None or row.own_currency is None or row.own_currency == row.currency:
        return None
    sides = [Money(row.amount_minor, row.currency), Money(row.own_amount_minor, row.own_currency)]
    sold, bought = (Money(abs(side.minor), side.currency) for side in sorted(sides, key=lambda side: side.minor))
    rate = (bought.decimal / sold.decimal).quantize(Decimal("0.0001"))
    return _exchanged(sold, bought, rate, with_fees=True)


def _exchanged(sold: Money, bought: Money, rate: Decimal, *, with_fees: bool) -> Exchange:
    return Exchange(
        sold=str(sold.decimal),
        sold_currency=sold.currency,
        bought=str(bought.decimal),
        bought_currency=bought.currency,
        rate=f"{rate.normalize():f}",
        with_fees=with_fees,
    )
