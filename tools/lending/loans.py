"""Loans and credit on offer, and what a loan would cost."""

from typing import Literal

from pydantic import Field

from tools.accounts.accounts import NoArguments
from tools.lending.maths import apr_of
from tools.lending.offers import OFFER_TERMS, LoanArguments, LoanOutOfRange, Offer, loan_terms, make_offer
from tools.registry import Result, ToolContext, tool
from tools.terms import percent, read_terms

_LOAN_FACTS = (
    *("loan.personal.max_apr", "loan.personal.decision", "loan.personal.payout", "loan.personal.cooling_off"),
    *("loan.personal.early_settlement", "loan.missed.fee"),
)
_CARD_FACTS = (
    *("card.credit.cash_rate", "card.credit.minimum_share", "card.credit.minimum_floor"),
    *("card.credit.interest_free_days", "card.credit.late_fee"),
)
_CARD_RATE, _CARD_MIN, _CARD_MAX = "card.credit.purchase_rate", "card.credit.limit_min", "card.credit.limit_max"
_QUOTE_VALIDITY = "loan.personal.quote_validity"


class PublishedFigure(Result):
    label: str
    value: str = Field(description="As it is published, with its unit.")


class CreditProduct(Result):
    name: str
    kind: Literal["loan", "credit_card"]
    currency: str
    min_amount: str = Field(description="Smallest loan or credit limit, a decimal string.")
    max_amount: str
    min_months: int | None = Field(description="Null for what has no fixed time.")
    max_months: int | None
    rate: str = Field(description="Percent a year: of a loan the representative APR, of a card the rate on purchases.")
    rate_from: str | None = Field(description="Amount from which ``rate`` holds; smaller ones have ``small_rate``.")
    small_rate: str | None
    figures: list[PublishedFigure] = Field(description="Fees and times that belong to it.")


class CreditProducts(Result):
    status: Literal["found"] = "found"
    products: list[CreditProduct]


class LoanInstalment(Result):
    number: int
    due_on: str
    payment: str
    interest: str
    principal: str
    balance: str = Field(description="Owed afterwards.")


class LoanQuote(Result):
    status: Literal["found"] = "found"
    amount: str
    currency: str
    months: int
    apr: str = Field(description="Percent, of this plan, to one decimal.")
    monthly_payment: str
    last_payment: str = Field(description="Settles what is left by rounding.")
    total_to_pay: str
    total_interest: str
    first_payment_on: str
    valid_days: int = Field(description="How long the bank keeps to it.")
    conditions: str = Field(
        default="The representative rate, fixed for the whole time. Payment and interest are rounded to the penny each "
        "month, and the last payment settles the rest. A quote is no approval."
    )
    schedule: list[LoanInstalment]


@tool(
    title="See loans and credit cards",
    scope="loans:read",
    rest="GET /loans/products",
    examples={"What loans do you offer?": {}, "What's the interest rate on a loan?": {}},
)
async def list_loan_products(context: ToolContext, arguments: NoArguments) -> CreditProducts:  # noqa: ARG001
    """What the bank lends: personal loans and the credit card, with amounts, times, rates and fees as published. For
    the customer's own loans use get_loan_status."""
    async with context.database.reading(context.scope) as db:
        terms = await read_terms(
            db, context.now, *OFFER_TERMS, *_LOAN_FACTS, *_CARD_FACTS, _CARD_RATE, _CARD_MIN, _CARD_MAX, _QUOTE_VALIDITY
        )
    loans = loan_terms(terms)
    loan = CreditProduct(
        name="Personal loan",
        kind="loan",
        currency=loans.max_amount.currency,
        min_amount=str(loans.min_amount.decimal),
        max_amount=str(loans.max_amount.decimal),
        min_months=loans.min_months,
        max_months=loans.max_months,
        rate=percent(loans.apr),
        rate_from=str(loans.apr_from.decimal),
        small_rate=percent(loans.apr_small),
        figures=[PublishedFigure(label=terms[code].label, value=terms[code].said) for code in _LOAN_FACTS],
    )
    card = CreditProduct(
        name="Platinum credit card",
        kind="credit_card",
        currency=terms.money(_CARD_MAX).currency,
        min_amount=str(terms.money(_CARD_MIN).decimal),
        max_amount=str(terms.money(_CARD_MAX).decimal),
        min_months=None,
        max_months=None,
        rate=percent(terms.percent(_CARD_RATE)),
        rate_from=None,
        small_rate=None,
        figures=[PublishedFigure(label=terms[code].label, value=terms[code].said) for code in _CARD_FACTS],
    )
    return CreditProducts(products=[loan, card])


@tool(
    title="See what a loan would cost",
    scope="loans:read",
    rest="GET /loans/quote",
    examples={"What would a £5,000 loan over 3 years cost?": {"amount": "5000", "months": 36}},
)
async def quote_loan(context: ToolContext, arguments: LoanArguments) -> LoanQuote | LoanOutOfRange:
    """Monthly payment, APR, total and the whole plan of payments of a personal loan. Changes nothing and leaves no mark
    on the credit file."""
    async with context.database.reading(context.scope) as db:
        offer = await make_offer(db, context, arguments)
        if isinstance(offer, LoanOutOfRange):
            return offer
        terms = await read_terms(db, context.now, _QUOTE_VALIDITY)
    return _quote(offer, terms.quantity(_QUOTE_VALIDITY))


def _quote(offer: Offer, valid_days: int) -> LoanQuote:
    apr = apr_of(offer.amount.minor, [(one.number, one.payment) for one in offer.plan])
    return LoanQuote(
        amount=str(offer.amount.decimal),
        currency=offer.amount.currency,
        months=offer.months,
        apr=percent(apr),
        monthly_payment=str(offer.payment.decimal),
        last_payment=str(offer.last_payment.decimal),
        total_to_pay=str(offer.total.decimal),
        total_interest=str(offer.interest.decimal),
        first_payment_on=offer.plan[0].due_on.isoformat(),
        valid_days=valid_days,
        schedule=[
            LoanInstalment(
                number=one.number,
                due_on=one.due_on.isoformat(),
                payment=offer.decimal(one.payment),
                interest=offer.decimal(one.interest),
                principal=offer.decimal(one.principal),
                balance=offer.decimal(one.balance),
            )
            for one in offer.plan
        ],
    )
