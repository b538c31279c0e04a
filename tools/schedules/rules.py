"""What payments of a later day and standing orders have in common: who pays whom, and which days are possible."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from core.db.database import ReadHandle, WriteHandle
from core.errors import Refused
from core.money import Money
from tools.accounts.accounts import Account, AccountUnclear, match_accounts
from tools.amounts import parse_amount
from tools.calendar import Route, add_months, route_of
from tools.payments.fx import Quote
from tools.payments.payee_match import PayeeUnclear, match_payee, spoken
from tools.payments.transfers import SameAccount, ToAccountUnclear, choose_source, with_payment_fee
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Refusal, ToolContext


class DatePast(Refusal):
    status: Literal["date_past"] = "date_past"
    message: str = "That day is over. Choose a day from tomorrow on."
    earliest: str = Field(description="The first day that is possible, ISO date.")


class DateTooFar(Refusal):
    status: Literal["date_too_far"] = "date_too_far"
    latest: str = Field(description="The last day that is possible, ISO date.")


class RecipientArguments(Arguments):
    amount: str = Field(description="How much, a decimal string such as 50 or 1250.50.")
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code; the recipient's if left out."
    )
    payee: str | None = Field(default=None, description="Name of one of the customer's payees, if a payee receives.")
    to_account: str | None = Field(
        default=None, description="The customer's own account that receives, if it is one: name or last four digits."
    )
    account: str | None = Field(
        default=None, description="Account to take it from: name, kind or last four digits. The main one if left out."
    )
    reference: str | None = Field(default=None, max_length=35, description="Text for the statement.")

    @model_validator(mode="after")
    def _one_recipient(self) -> Self:
        if self.payee is not None and self.to_account is not None:
            raise ValueError("give a payee or an own account that receives, not both")
        return self


@dataclass(frozen=True, slots=True)
class Recipient:
    """A payee or an own account: exactly one of the ids is given."""

    name: str
    currency: str
    payee_id: UUID | None = None
    to_account_id: UUID | None = None

    @property
    def is_own(self) -> bool:
        return self.to_account_id is not None


@dataclass(frozen=True, slots=True)
class Parties:
    """A payment as it will be made on its day, in one currency."""

    source: Account
    recipient: Recipient
    amount: Money
    fee: Money

    @property
    def route(self) -> Route:
        return route_of(self.amount.currency, is_own=self.recipient.is_own)

    @property
    def money(self) -> Money | None:
        """What the step-up threshold is about: payments to others."""
        return None if self.recipient.is_own else self.amount

    @property
    def said(self) -> str:
        verb = "Transfer" if self.recipient.is_own else "Pay"
        return f"{verb} {self.amount} to {self.recipient.name} from {self.source.name}"

    @property
    def payload(self) -> dict[str, Any]:
        return {
            "account_id": str(self.source.id),
            "payee_id": _text(self.recipient.payee_id),
            "to_account_id": _text(self.recipient.to_account_id),
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "fee_minor": self.fee.minor,
        }

    @property
    def proposed(self) -> dict[str, Any]:
        """Fields of ``Proposed``."""
        name = self.recipient.name
        return {
            "amount": str(self.amount.decimal),
            "currency": self.amount.currency,
            "payee": None if self.recipient.is_own else name,
            "to_account": name if self.recipient.is_own else None,
            "account": self.source.name,
            "fee": str(self.fee.decimal) if self.fee.minor else None,
        }


Unclear = PayeeUnclear | ToAccountUnclear | AccountUnclear | SameAccount


async def choose_parties(db: ReadHandle, context: ToolContext, arguments: RecipientArguments) -> Parties | Unclear:
    """Raises Refused and InvalidInput for what cannot be paid: a wrong amount, currency or account."""
    recipient = await _choose_recipient(db, context, arguments)
    if not isinstance(recipient, Recipient):
        return recipient
    amount = parse_amount(arguments.amount, arguments.currency or recipient.currency)
    source = await choose_source(db, context, arguments.account, amount.currency, unless=recipient.to_account_id)
    if isinstance(source, AccountUnclear):
        return source
    if source.id == recipient.to_account_id:
        return SameAccount(account=source.name)
    if not amount.currency == recipient.currency == source.currency:
        raise Refused(
            f"A payment of a later day stays in one currency, as nobody knows that day's rate: choose an amount and an "
            f"account in {recipient.currency}.",
            code="wrong_currency",
        )
    if source.status != "open":
        raise Refused(reason_of(f"account_{source.status}"), code=f"account_{source.status}")
    sides = Quote(amount, amount, None, Money(0, amount.currency))
    if not recipient.is_own:
        await refuse_over_limit(db, context, amount)
        sides = await with_payment_fee(db, context, sides)
    return Parties(source, recipient, amount, sides.fee)


async def _choose_recipient(
    db: ReadHandle, context: ToolContext, arguments: RecipientArguments
) -> Recipient | PayeeUnclear | ToAccountUnclear:
    if arguments.to_account is None:
        payee = await match_payee(db, context, arguments.payee)
        if isinstance(payee, PayeeUnclear):
            return payee
        return Recipient(payee.name, payee.currency, payee_id=payee.id)
    found = await match_accounts(db, context, arguments.to_account)
    if isinstance(found, AccountUnclear) or len(found) > 1:
        choices = found.choices if isinstance(found, AccountUnclear) else [account.name for account in found]
        return ToAccountUnclear(asked_for=arguments.to_account, choices=choices)
    (account,) = found
    if account.kind == "loan":
        raise Refused(reason_of("loan_payment_needed"), code="loan_payment_needed")
    if account.status != "open":
        raise Refused(reason_of(f"account_{account.status}"), code=f"account_{account.status}")
    return Recipient(account.name, account.currency, to_account_id=account.id)


@dataclass(frozen=True, slots=True)
class _Rules:
    months_ahead: int
    is_over_limit: bool | None


async def refuse_over_limit(db: ReadHandle, context: ToolContext, amount: Money) -> None:
    """Raises Refused for what would be refused on its day, whatever is paid besides."""
    if (await _get_rules(db, context, amount)).is_over_limit:
        raise Refused(reason_of("over_payment_limit"), code="over_payment_limit")


async def refuse_date(
    db: ReadHandle, context: ToolContext, day: date, *, earliest: date, amount: Money
) -> DatePast | DateTooFar | None:
    """Days from ``earliest`` up to the published number of months ahead are possible."""
    if day < earliest:
        today = " For today, make the payment now." if day == context.today else ""
        return DatePast(
            message=f"Choose a day from {said_day(earliest)} on.{today}",
            earliest=earliest.isoformat(),
        )
    months = (await _get_rules(db, context, amount)).months_ahead
    latest = add_months(context.today, months)
    if day > latest:
        message = f"Payments can be scheduled {months} months ahead: choose a day until {said_day(latest)}."
        return DateTooFar(message=message, latest=latest.isoformat())
    return None


async def _get_rules(db: ReadHandle, context: ToolContext, amount: Money) -> _Rules:
    values = {"customer_id": context.customer_id, "now": context.now}
    values |= {"minor": amount.minor, "currency": amount.currency}
    return await db.get(_Rules, QUERIES["get_schedule_rules"], values)


@dataclass(frozen=True, slots=True)
class _Held:
    id: UUID


async def hold_parties(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    """Accounts and payee stay as they are until the transaction ends: None, or the code of what is not there."""
    values = payload | {"customer_id": context.customer_id}
    needed = 1 if payload["to_account_id"] is None else 2
    if len(await db.all(_Held, QUERIES["hold_open_accounts"], values)) < needed:
        return "account_unknown"
    if payload["payee_id"] is not None and await db.find(_Held, QUERIES["hold_payee"], values) is None:
        return "payee_gone"
    return None


def answers_to(words: str, recipient: str, text: str | None) -> bool:
    """Whether a customer may mean the payment to this recipient: by name, first or last word of it, or its text."""
    said = spoken(words)
    name = spoken(recipient)
    return said in {name, name.split(" ")[0], name.split(" ")[-1]} or (text is not None and said == spoken(text))


def said_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
