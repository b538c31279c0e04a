"""The customer's own loans: how they stand, what would settle one today, and paying."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle, WriteHandle
from core.errors import InvalidInput
from core.money import Money
from tools.accounts.accounts import Account, AccountUnclear, NoArguments
from tools.accounts.by_currency import NoAccountInCurrency, choose_in_currency
from tools.amounts import parse_amount
from tools.lending.maths import add_months
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, Unclear, tool
from tools.terms import percent, read_terms

_SETTLEMENT_VALID = "loan.personal.settlement_quote"


class LoanUnclear(Unclear):
    """``to_account`` is the slot: it is where a payment goes."""

    status: Literal["to_account_unclear"] = "to_account_unclear"
    message: str = "Which loan do you mean?"


class LoanPaymentNotPossible(Refusal):
    status: Literal["more_than_owed", "insufficient_funds"]
    owed: str = Field(description="What would settle the loan today, a decimal string.")
    available: str = Field(description="What the account has.")
    currency: str


class PayoffArguments(Arguments):
    to_account: str | None = Field(
        default=None, description="The loan by name or last four digits; the only one if left out."
    )


class LoanPaymentArguments(PayoffArguments):
    amount: str | None = Field(
        default=None, description="How much, a decimal string; the monthly payment if left out and not in_full."
    )
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code; that of the loan if left out."
    )
    in_full: bool = Field(default=False, description="Whether to settle the whole loan; amount is left out then.")
    account: str | None = Field(
        default=None, description="Current account to pay from, by name or last four digits; the main one if left out."
    )


@dataclass(frozen=True, slots=True)
class _LoanRow:
    name: str
    last4: str
    account_id: UUID
    currency: str
    principal_minor: int
    owed_minor: int
    accrued_minor: int
    """Interest up to today that is not paid yet."""
    paid_minor: int
    payment_minor: int
    months: int
    apr: Decimal
    paid_out_on: date
    first_due_on: date
    settled_at: datetime | None

    @property
    def payoff(self) -> Money:
        return Money(self.owed_minor + self.accrued_minor, self.currency)

    def decimal(self, minor: int) -> str:
        return str(Money(minor, self.currency).decimal)

    def next_due(self) -> date:
        """The day of the first instalment that what was paid does not cover."""
        return add_months(self.first_due_on, min(self.paid_minor // self.payment_minor, self.months - 1))

    def next_payment(self) -> Money:
        part_paid = self.paid_minor % self.payment_minor
        return Money(min(self.payment_minor - part_paid, self.payoff.minor), self.currency)

    def late(self, today: date) -> Money:
        """What was due before today and is not paid."""
        due = sum(add_months(self.first_due_on, number) < today for number in range(self.months))
        missing = max(0, due * self.payment_minor - self.paid_minor)
        return Money(min(missing, self.payoff.minor), self.currency)


@dataclass(frozen=True, slots=True)
class _ApplicationRow:
    id: UUID
    status: Literal["approved", "in_review", "withdrawn"]
    amount_minor: int
    currency: str
    months: int
    apr: Decimal
    payment_minor: int
    purpose: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Refusal:
    error_code: str | None


class Loan(Result):
    name: str
    last4: str
    state: Literal["running", "settled"]
    currency: str
    borrowed: str
    owed: str = Field(description="Of the amount borrowed, without interest.")
    accrued_interest: str
    paid_so_far: str
    monthly_payment: str
    next_payment: str | None
    next_payment_on: str | None = Field(description="ISO date.")
    late: str = Field(description="Was due before today and is not paid.")
    apr: str
    months: int
    paid_out_on: str


class LoanApplication(Result):
    reference: str
    state: Literal["approved", "in_review", "withdrawn"]
    amount: str
    currency: str
    months: int
    apr: str
    monthly_payment: str
    purpose: str
    applied_on: str


class Loans(Result):
    status: Literal["found"] = "found"
    loans: list[Loan]
    applications: list[LoanApplication] = Field(description="The latest first.")


class LoanPayoff(Result):
    status: Literal["found"] = "found"
    loan: str
    currency: str
    owed: str
    accrued_interest: str
    payoff: str = Field(description="Settles the loan if it is paid today.")
    as_of: str
    interest_per_day: str = Field(description="About what each further day adds.")
    valid_days: int = Field(description="How long a written settlement figure holds.")


@tool(
    title="Look up your loans and applications",
    scope="loans:read",
    rest="GET /loans",
    examples={"How much do I still owe on my loan?": {}, "What became of my loan application?": {}},
)
async def get_loan_status(context: ToolContext, arguments: NoArguments) -> Loans:  # noqa: ARG001
    """The customer's loans with what is owed, the next payment and what is late; and their applications, also those
    that a person is looking at."""
    async with context.database.reading(context.scope) as db:
        loans = await _list_loans(db, context)
        key = {"customer_id": context.customer_id}
        applications = await db.all(_ApplicationRow, QUERIES["list_loan_applications"], key)
    return Loans(
        loans=[_loan(row, context.today) for row in loans], applications=[_application(row) for row in applications]
    )


@tool(
    title="See what would pay off a loan",
    scope="loans:read",
    rest="GET /loans/payoff",
    examples={"What would it cost to pay off my loan today?": {}},
)
async def get_loan_payoff(context: ToolContext, arguments: PayoffArguments) -> LoanPayoff | LoanUnclear:
    """What settles one running loan if it is paid today: what is owed with the interest accrued up to today."""
    async with context.database.reading(context.scope) as db:
        loan = await _choose_loan(db, context, arguments.to_account)
        if isinstance(loan, LoanUnclear):
            return loan
        terms = await read_terms(db, context.now, _SETTLEMENT_VALID)
    year = (1 + loan.apr / 100) ** (Decimal(1) / 365) - 1
    return LoanPayoff(
        loan=loan.name,
        currency=loan.currency,
        owed=loan.decimal(loan.owed_minor),
        accrued_interest=loan.decimal(loan.accrued_minor),
        payoff=str(loan.payoff.decimal),
        as_of=context.today.isoformat(),
        interest_per_day=loan.decimal(round(loan.owed_minor * year)),
        valid_days=terms.quantity(_SETTLEMENT_VALID),
    )


@tool(
    title="Prepare a payment on a loan",
    scope="loans:write",
    risk=Risk.PREPARE,
    rest="POST /loans/payments",
    examples={
        "Pay this month's loan payment": {},
        "Pay £200 off my loan from Everyday": {"amount": "200", "account": "Everyday"},
        "Pay off my loan": {"in_full": True},
    },
)
async def pay_loan(
    context: ToolContext, arguments: LoanPaymentArguments
) -> Proposed | LoanUnclear | AccountUnclear | NoAccountInCurrency | LoanPaymentNotPossible:
    """Prepares a payment on one of the customer's loans: the monthly payment, an amount of their own, or all of it.
    Accrued interest is taken first. The customer confirms in the app; this call moves nothing."""
    async with context.database.writing(context.scope) as db:
        loan = await _choose_loan(db, context, arguments.to_account)
        if isinstance(loan, LoanUnclear):
            return loan
        source = await choose_in_currency(db, context, arguments.account, loan.currency, kinds=("current",))
        if not isinstance(source, Account):
            return source
        amount = _amount(loan, arguments)
        if amount.minor > loan.payoff.minor:
            return _not_possible("more_than_owed", loan, source)
        if amount.minor > source.available_minor:
            return _not_possible("insufficient_funds", loan, source)
        interest = Money(min(amount.minor, loan.accrued_minor), loan.currency)
        return await propose(
            db,
            context,
            "pay_loan",
            payload={
                "account_id": str(source.id),
                "loan_account_id": str(loan.account_id),
                "amount_minor": amount.minor,
                "currency": amount.currency,
                "in_full": arguments.in_full,
            },
            proposed=Proposed(
                summary=f"Pay {amount} on the {loan.name} from {source.name}, of which {interest} is interest",
                amount=str(amount.decimal),
                currency=amount.currency,
                account=source.name,
                to_account=loan.name,
                date=context.today.isoformat(),
            ),
            money=amount,
        )


@effect("pay_loan")
async def _pay(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:  # noqa: ARG001
    return (await db.get(_Refusal, QUERIES["post_loan_payment"], {"now": context.now})).error_code


def _amount(loan: _LoanRow, arguments: LoanPaymentArguments) -> Money:
    if arguments.in_full:
        return loan.payoff
    if arguments.amount is None:
        return loan.next_payment()
    amount = parse_amount(arguments.amount, arguments.currency or loan.currency)
    if amount.currency != loan.currency:
        raise InvalidInput(f"This loan is in {loan.currency}.", code="wrong_currency")
    return amount


async def _list_loans(db: ReadHandle, context: ToolContext) -> list[_LoanRow]:
    values = {"customer_id": context.customer_id, "today": context.today}
    return await db.all(_LoanRow, QUERIES["list_loans"], values)


async def _choose_loan(db: ReadHandle, context: ToolContext, words: str | None) -> _LoanRow | LoanUnclear:
    running = [loan for loan in await _list_loans(db, context) if loan.settled_at is None]
    said = (words or "").casefold().removeprefix("my ").strip()
    exact = [loan for loan in running if said in (loan.name.casefold(), loan.last4)]
    meant = exact or [loan for loan in running if said in loan.name.casefold()]
    if len(meant) == 1:
        return meant[0]
    message = "Which loan do you mean?" if running else "You have no running loan."
    return LoanUnclear(message=message, asked_for=words, choices=[loan.name for loan in meant or running])


def _not_possible(
    code: Literal["more_than_owed", "insufficient_funds"], loan: _LoanRow, source: Account
) -> LoanPaymentNotPossible:
    return LoanPaymentNotPossible(
        status=code,
        message=reason_of(code),
        owed=str(loan.payoff.decimal),
        available=loan.decimal(source.available_minor),
        currency=loan.currency,
    )


def _loan(row: _LoanRow, today: date) -> Loan:
    running = row.settled_at is None
    return Loan(
        name=row.name,
        last4=row.last4,
        state="running" if running else "settled",
        currency=row.currency,
        borrowed=row.decimal(row.principal_minor),
        owed=row.decimal(row.owed_minor),
        accrued_interest=row.decimal(row.accrued_minor),
        paid_so_far=row.decimal(row.paid_minor),
        monthly_payment=row.decimal(row.payment_minor),
        next_payment=str(row.next_payment().decimal) if running else None,
        next_payment_on=row.next_due().isoformat() if running else None,
        late=str(row.late(today).decimal),
        apr=percent(row.apr),
        months=row.months,
        paid_out_on=row.paid_out_on.isoformat(),
    )


def _application(row: _ApplicationRow) -> LoanApplication:
    return LoanApplication(
        reference=str(row.id),
        state=row.status,
        amount=str(Money(row.amount_minor, row.currency).decimal),
        currency=row.currency,
        months=row.months,
        apr=percent(row.apr),
        monthly_payment=str(Money(row.payment_minor, row.currency).decimal),
        purpose=row.purpose,
        applied_on=row.created_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
    )
