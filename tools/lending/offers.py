"""What a personal loan costs: the bank's published terms applied to an amount and a number of months."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.amounts import parse_amount
from tools.lending.maths import Instalment, schedule
from tools.registry import Arguments, Refusal, ToolContext
from tools.terms import Terms, percent, read_terms

_MONTHS = 12
_MIN_AMOUNT, _MAX_AMOUNT = "loan.personal.min_amount", "loan.personal.max_amount"
_MIN_TERM, _MAX_TERM = "loan.personal.min_term", "loan.personal.max_term"
_APR, _APR_SMALL, _BAND = "loan.personal.apr", "loan.personal.apr_small", "loan.personal.apr_band_min"
OFFER_TERMS = (_MIN_AMOUNT, _MAX_AMOUNT, _MIN_TERM, _MAX_TERM, _APR, _APR_SMALL, _BAND)


class LoanOutOfRange(Refusal):
    status: Literal["loan_out_of_range"] = "loan_out_of_range"
    min_amount: str
    max_amount: str
    currency: str
    min_months: int
    max_months: int


class LoanArguments(Arguments):
    amount: str = Field(description="How much to borrow, a decimal string such as 5000.")
    months: int = Field(description="Over how many months it is paid back, such as 36 for 3 years.")
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code; pounds if left out, as all loans are."
    )


@dataclass(frozen=True, slots=True)
class LoanTerms:
    min_amount: Money
    max_amount: Money
    min_months: int
    max_months: int
    apr: Decimal
    """Percent, from ``apr_from`` up."""
    apr_from: Money
    apr_small: Decimal
    """Percent, below ``apr_from``."""

    def apr_of(self, amount: Money) -> Decimal:
        return self.apr if amount.minor >= self.apr_from.minor else self.apr_small


@dataclass(frozen=True, slots=True)
class Offer:
    amount: Money
    apr: Decimal
    plan: list[Instalment]

    @property
    def months(self) -> int:
        return len(self.plan)

    @property
    def payment(self) -> Money:
        """Every month's but the last."""
        return Money(self.plan[0].payment, self.amount.currency)

    @property
    def last_payment(self) -> Money:
        return Money(self.plan[-1].payment, self.amount.currency)

    @property
    def total(self) -> Money:
        return Money(sum(one.payment for one in self.plan), self.amount.currency)

    @property
    def interest(self) -> Money:
        return Money(self.total.minor - self.amount.minor, self.amount.currency)

    def decimal(self, minor: int) -> str:
        """A decimal string in the loan's currency."""
        return str(Money(minor, self.amount.currency).decimal)

    @property
    def said(self) -> str:
        return f"{self.amount} over {self.months} months at {percent(self.apr)}% APR, {self.payment} a month"


def loan_terms(terms: Terms) -> LoanTerms:
    """From terms that contain ``OFFER_TERMS``."""
    return LoanTerms(
        min_amount=terms.money(_MIN_AMOUNT),
        max_amount=terms.money(_MAX_AMOUNT),
        min_months=terms.quantity(_MIN_TERM) * _MONTHS,
        max_months=terms.quantity(_MAX_TERM) * _MONTHS,
        apr=terms.percent(_APR),
        apr_from=terms.money(_BAND),
        apr_small=terms.percent(_APR_SMALL),
    )


async def make_offer(db: ReadHandle, context: ToolContext, arguments: LoanArguments) -> Offer | LoanOutOfRange:
    """The loan at the representative rate, as if it was paid out today.

    Raises:
        InvalidInput: the amount is not one, or not in the currency of loans.
    """
    terms = loan_terms(await read_terms(db, context.now, *OFFER_TERMS))
    amount = parse_amount(arguments.amount, arguments.currency or terms.max_amount.currency)
    return offer_of(terms, amount, arguments.months, context.today)


def offer_of(terms: LoanTerms, amount: Money, months: int, today: date) -> Offer | LoanOutOfRange:
    fits = (
        amount.currency == terms.max_amount.currency
        and terms.min_amount.minor <= amount.minor <= terms.max_amount.minor
        and terms.min_months <= months <= terms.max_months
    )
    if not fits:
        return LoanOutOfRange(
            message=f"Personal loans are from {terms.min_amount} to {terms.max_amount}, over {terms.min_months} to "
            f"{terms.max_months} months. Choose an amount and a time within these.",
            min_amount=str(terms.min_amount.decimal),
            max_amount=str(terms.max_amount.decimal),
            currency=terms.max_amount.currency,
            min_months=terms.min_months,
            max_months=terms.max_months,
        )
    apr = terms.apr_of(amount)
    return Offer(amount, apr, schedule(amount.minor, apr, months, today))
