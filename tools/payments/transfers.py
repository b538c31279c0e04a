"""Transfers: between own accounts, to a payee, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from core.money import Money
from tools.accounts.accounts import Account, AccountUnclear, ToAccountUnclear, match_accounts
from tools.amounts import parse_amount
from tools.operations import Status, propose
from tools.payments.exchange import ExchangeNotPossible, find_exchange_refusal
from tools.payments.fx import Quote, quote
from tools.payments.name_check import PHRASES, check_before_first_payment
from tools.payments.payee_match import PayeeRow, PayeeUnclear, match_payee
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, tool

_CAN_PAY = ("current", "savings")
_MOST = 20
_SEPA_CURRENCY = "EUR"
_SWIFT_FEE = "payment.swift.fee"


class SameAccount(Refusal):
    status: Literal["same_account"] = "same_account"
    message: str = "The money is in that account already. Choose two different accounts."
    account: str


class TransferArguments(Arguments):
    amount: str = Field(description="How much, a decimal string such as 50 or 1250.50.")
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code; that of the account it goes to if left out."
    )
    account: str | None = Field(
        default=None, description="Account to take it from: name, kind or last four digits. The main one if left out."
    )
    reference: str | None = Field(default=None, max_length=35, description="Text for the statement.")


class OwnTransferArguments(TransferArguments):
    to_account: str = Field(description="The customer's own account that receives: name, kind or last four digits.")


class PaymentArguments(TransferArguments):
    payee: str = Field(description="Name of one of the customer's payees.")


class TransferStatusArguments(Arguments):
    reference: UUID | None = Field(default=None, description="Operation id of one transfer; the latest if left out.")
    payee: str | None = Field(default=None, description="Only transfers to this payee or own account, by full name.")


class Transfer(Result):
    reference: str
    type: str
    transfer_status: Status
    summary: str
    amount: str
    currency: str
    payee: str | None = Field(description="Payee, or own account that receives.")
    date: str
    reason: str | None = Field(description="Why it was not made.")


class Transfers(Result):
    status: Literal["found"] = "found"
    transfers: list[Transfer]


@dataclass(frozen=True, slots=True)
class _TransferRow:
    id: UUID
    type: str
    status: Status
    summary: str
    amount_minor: int
    currency: str
    recipient: str | None
    error_code: str | None
    created_at: datetime
    completed_at: datetime | None


@tool(
    title="Prepare a transfer between your accounts",
    scope="transfers:write",
    risk=Risk.PREPARE,
    rest="POST /transfers/between-accounts",
    examples={
        "Move 50 pounds to Rainy Day": {"amount": "50", "to_account": "Rainy Day"},
        "Transfer 20 euros from Everyday to Travel": {
            "amount": "20",
            "currency": "EUR",
            "account": "Everyday",
            "to_account": "Travel",
        },
    },
)
async def transfer_between_accounts(
    context: ToolContext, arguments: OwnTransferArguments
) -> Proposed | AccountUnclear | ToAccountUnclear | SameAccount | ExchangeNotPossible:
    """Prepares a transfer between two of the customer's own accounts, also in different currencies at the bank's rate.
    The customer confirms in the app; this call moves nothing."""
    async with context.database.writing(context.scope) as db:
        target = await _choose_target(db, context, arguments.to_account)
        if isinstance(target, ToAccountUnclear):
            return target
        amount = parse_amount(arguments.amount, arguments.currency or target.currency)
        source = await choose_source(db, context, arguments.account, amount.currency, unless=target.id)
        if isinstance(source, AccountUnclear):
            return source
        if source.id == target.id:
            return SameAccount(account=source.name)
        sides = await quote(db, context, amount, debited=source.currency, credited=target.currency)
        if refusal := await find_exchange_refusal(db, context, sides):
            return refusal
        proposed = Proposed(
            summary=f"Transfer {_said(sides)} from {source.name} to {target.name}",
            **_amount(amount),
            account=source.name,
            to_account=target.name,
            **_fee(sides),
        )
        payload = {"account_id": str(source.id), "to_account_id": str(target.id), "reference": arguments.reference}
        return await propose(
            db,
            context,
            "transfer_between_accounts",
            payload=payload | sides.payload,
            proposed=proposed,
            money=amount,
        )


@tool(
    title="Prepare a payment to a payee",
    scope="transfers:write",
    risk=Risk.PREPARE,
    rest="POST /transfers",
    examples={
        "Pay Maria Lopez 50 pounds": {"amount": "50", "payee": "Maria Lopez"},
        "Send John 20 pounds from Rainy Day for dinner": {
            "amount": "20",
            "payee": "John",
            "account": "Rainy Day",
            "reference": "dinner",
        },
    },
)
async def pay_payee(
    context: ToolContext, arguments: PaymentArguments
) -> Proposed | AccountUnclear | PayeeUnclear | ExchangeNotPossible:
    """Prepares a payment to one of the customer's payees, to be made at once. Not for a later day: that is
    schedule_payment. The customer confirms in the app; this call moves nothing."""
    async with context.database.writing(context.scope) as db:
        payee = await match_payee(db, context, arguments.payee)
        if isinstance(payee, PayeeUnclear):
            return payee
        amount = parse_amount(arguments.amount, arguments.currency or payee.currency)
        source = await choose_source(db, context, arguments.account, amount.currency)
        if isinstance(source, AccountUnclear):
            return source
        sides = await quote(db, context, amount, debited=source.currency, credited=payee.currency)
        if refusal := await find_exchange_refusal(db, context, sides):
            return refusal
        sides = await with_payment_fee(db, context, sides)
        verdict = await check_before_first_payment(db, context, payee)
        checked = f": {PHRASES[verdict]}" if verdict else ""
        proposed = Proposed(
            summary=f"Pay {_said(sides)} to {payee.name} from {source.name}{checked}",
            **_amount(amount),
            payee=payee.name,
            account=source.name,
            date=context.today.isoformat(),
            **_fee(sides),
        )
        payload = payment_payload(source, payee, sides, arguments.reference)
        return await propose(db, context, "pay_payee", payload=payload, proposed=proposed, money=amount)


@tool(
    title="Look up your transfers",
    scope="transfers:read",
    rest="GET /transfers",
    examples={"Did my payment to Maria Lopez go through?": {"payee": "Maria Lopez"}},
)
async def get_transfer_status(context: ToolContext, arguments: TransferStatusArguments) -> Transfers:
    """What became of the customer's latest transfers and payments: completed, waiting for confirmation, failed and why,
    cancelled or expired."""
    values = {"customer_id": context.customer_id, "limit": _MOST}
    values |= {"reference": arguments.reference, "payee": arguments.payee}
    rows = await context.fetch(_TransferRow, QUERIES["list_transfers"], values)
    return Transfers(transfers=[_transfer(row) for row in rows])


async def choose_source(
    db: ReadHandle, context: ToolContext, words: str | None, currency: str, *, unless: UUID | None = None
) -> Account | AccountUnclear:
    """The account that a payment is taken from: the one that ``words`` mean, else the customer's first current account
    in that currency, else the first current account of all.

    Args:
        unless: the account that receives, which is not chosen without being named.
    """
    found = await match_accounts(db, context, words)
    if isinstance(found, AccountUnclear):
        return found
    payers = [account for account in found if account.kind in _CAN_PAY]
    if words is not None:
        narrowed = [account for account in payers if account.currency == currency] if len(payers) > 1 else payers
        if len(narrowed) == 1:
            return narrowed[0]
        return AccountUnclear(asked_for=words, choices=[account.name for account in narrowed or payers])
    usual = [account for account in payers if account.kind == "current" and account.id != unless]
    usual.sort(key=lambda account: account.currency != currency)
    if usual:
        return usual[0]
    return AccountUnclear(asked_for=None, choices=[account.name for account in payers if account.id != unless])


def payment_payload(source: Account, payee: PayeeRow, sides: Quote, reference: str | None) -> dict[str, Any]:
    """As ``post_entry`` reads it: with the payee's details as the customer was shown them."""
    about: dict[str, Any] = {"account_id": str(source.id), "payee_id": str(payee.id), "reference": reference}
    return about | payee.details | sides.payload


@dataclass(frozen=True, slots=True)
class _Fee:
    minor: int | None


async def with_payment_fee(db: ReadHandle, context: ToolContext, sides: Quote) -> Quote:
    """Domestic and SEPA payments are free; the published SWIFT fee is added to every other."""
    if sides.credit.currency in ("GBP", _SEPA_CURRENCY):
        return sides
    values = {"code": _SWIFT_FEE, "currency": sides.debit.currency, "now": context.now}
    fee = await db.get(_Fee, QUERIES["get_fee"], values)
    return Quote(sides.debit, sides.credit, sides.rate, Money(sides.fee.minor + (fee.minor or 0), sides.debit.currency))


async def _choose_target(db: ReadHandle, context: ToolContext, words: str) -> Account | ToAccountUnclear:
    found = await match_accounts(db, context, words)
    if isinstance(found, AccountUnclear):
        return ToAccountUnclear(asked_for=words, choices=found.choices)
    if len(found) > 1:
        return ToAccountUnclear(asked_for=words, choices=[account.name for account in found])
    return found[0]


def _said(sides: Quote) -> str:
    return str(sides.debit) if sides.rate is None else f"{sides.debit} ({sides.credit} at {sides.rate.normalize()})"


def _amount(amount: Money) -> dict[str, Any]:
    return {"amount": str(amount.decimal), "currency": amount.currency}


def _fee(sides: Quote) -> dict[str, Any]:
    return {"fee": str(sides.fee.decimal) if sides.fee.minor else None}


def _transfer(row: _TransferRow) -> Transfer:
    return Transfer(
        reference=str(row.id),
        type=row.type,
        transfer_status=row.status,
        summary=row.summary,
        amount=str(Money(row.amount_minor, row.currency).decimal),
        currency=row.currency,
        payee=row.recipient,
        date=(row.completed_at or row.created_at).astimezone(BANK_TIME_ZONE).date().isoformat(),
        reason=reason_of(row.error_code) if row.error_code else None,
    )
