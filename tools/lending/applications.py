"""Whether a customer could get a loan, and applying for one. What the rules approve is paid out when the customer
confirms; what they leave to a person waits for one."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle, WriteHandle
from core.money import Money
from tools.accounts.accounts import Account, AccountUnclear, NoArguments
from tools.accounts.by_currency import NoAccountInCurrency, choose_in_currency
from tools.lending.maths import add_months
from tools.lending.offers import OFFER_TERMS, LoanArguments, LoanOutOfRange, Offer, loan_terms, make_offer, offer_of
from tools.lending.rules import (
    Borrower,
    Decision,
    Finding,
    LendingRules,
    Outcome,
    Wish,
    decide_on,
    examine,
)
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, tool
from tools.terms import Terms, read_terms

INCOME_MONTHS = 3
"""Whole months that income and bills are looked at."""
_RULE_TERMS = (
    *("account.current.min_age", "loan.personal.min_income", "loan.personal.max_amount"),
    *("card.credit.minimum_share", "card.credit.minimum_floor"),
)
_DECISION = "loan.personal.decision"


class EligibilityArguments(Arguments):
    amount: str | None = Field(default=None, description="How much to borrow; with months, to check that loan.")
    months: int | None = Field(default=None, description="Over how many months it would be paid back.")


class ApplicationArguments(LoanArguments):
    reason: str = Field(min_length=3, max_length=120, description="What the loan is for, in the customer's words.")
    account: str | None = Field(
        default=None,
        description="Current account that the money goes to, by name or last four digits; else the main one.",
    )


class RuleFinding(Result):
    rule: str
    outcome: Outcome
    reason: str


class LoanEligibility(Result):
    status: Literal["found"] = "found"
    decision: Decision = Field(description="What an application would meet: approved, in_review by a person, refused.")
    loan: str | None = Field(description="The loan that was checked; null where only the customer was.")
    findings: list[RuleFinding]
    note: str = "A check is no application and leaves no mark on the credit file."


class LoanNotPossible(Refusal):
    status: Literal["loan_not_possible"] = "loan_not_possible"
    reasons: list[str]


class NoOpenApplication(Refusal):
    status: Literal["nothing_to_withdraw"] = "nothing_to_withdraw"
    message: str = "No application of yours is being looked at, so there is nothing to withdraw."


@dataclass(frozen=True, slots=True)
class _Policy:
    version: str
    approve_percent: Decimal
    refuse_percent: Decimal


@dataclass(frozen=True, slots=True)
class _OpenApplication:
    id: UUID
    amount_minor: int
    currency: str
    months: int


@dataclass(frozen=True, slots=True)
class _Refusal:
    error_code: str | None


@tool(
    title="Check whether you could get a loan",
    scope="loans:read",
    rest="GET /loans/eligibility",
    examples={
        "Could I get a loan?": {},
        "Would I get £5,000 over 3 years?": {"amount": "5000", "months": 36},
    },
)
async def check_loan_eligibility(
    context: ToolContext, arguments: EligibilityArguments
) -> LoanEligibility | LoanOutOfRange:
    """Checks the customer against the bank's lending rules and says what each found: identity, age, address, account,
    income, other loans and, given amount and months, whether the payment is affordable. Changes nothing."""
    async with context.database.reading(context.scope) as db:
        offer = None
        if arguments.amount is not None and arguments.months is not None:
            offer = await make_offer(db, context, LoanArguments(amount=arguments.amount, months=arguments.months))
            if isinstance(offer, LoanOutOfRange):
                return offer
        findings, _ = await _examine(db, context, offer, None)
    return LoanEligibility(
        decision=decide_on(findings),
        loan=offer and offer.said,
        findings=[RuleFinding(rule=one.rule, outcome=one.outcome, reason=one.reason) for one in findings],
    )


@tool(
    title="Prepare to apply for a loan",
    scope="loans:write",
    risk=Risk.PREPARE,
    rest="POST /loans/applications",
    examples={
        "I'd like to borrow £5,000 over 3 years for a car": {"amount": "5000", "months": 36, "reason": "a car"},
    },
)
async def apply_for_loan(
    context: ToolContext, arguments: ApplicationArguments
) -> Proposed | LoanOutOfRange | LoanNotPossible | AccountUnclear | NoAccountInCurrency:
    """Prepares an application for a personal loan. The customer confirms with a security code, which is the signature;
    this call applies for nothing. What the rules approve is paid out at once, the rest is looked at by a person."""
    async with context.database.writing(context.scope) as db:
        offer = await make_offer(db, context, arguments)
        if isinstance(offer, LoanOutOfRange):
            return offer
        findings, rules = await _examine(db, context, offer, arguments.reason)
        decision = decide_on(findings)
        if decision == "refused":
            reasons = [one.reason for one in findings if one.outcome is Outcome.UNMET]
            return LoanNotPossible(message="We cannot lend that. " + " ".join(reasons), reasons=reasons)
        currency = offer.amount.currency
        target = await choose_in_currency(db, context, arguments.account, currency, kinds=("current",))
        if not isinstance(target, Account):
            return target
        days = (await read_terms(db, context.now, _DECISION))[_DECISION].said
        becomes = f"paid out to {target.name} at once" if decision == "approved" else f"decided by a person in {days}"
        return await propose(
            db,
            context,
            "apply_for_loan",
            payload={
                "amount_minor": offer.amount.minor,
                "currency": currency,
                "months": offer.months,
                "apr": str(offer.apr),
                "payment_minor": offer.payment.minor,
                "account_id": str(target.id),
                "purpose": arguments.reason,
                "policy_version": rules.policy_version,
            },
            proposed=Proposed(
                summary=f"Apply for a loan of {offer.said}, {offer.total} in all, {becomes}",
                amount=str(offer.amount.decimal),
                currency=currency,
                to_account=target.name,
            ),
            money=offer.amount,
        )


@effect("apply_for_loan")
async def _file(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    """Decides again: the customer may have changed since the proposal. Applications of one customer take turns."""
    await db.execute(QUERIES["lock_customer"], {"customer_id": context.customer_id})
    terms = loan_terms(await read_terms(db, context.now, *OFFER_TERMS))
    amount = Money(payload["amount_minor"], payload["currency"])
    offer = offer_of(terms, amount, payload["months"], context.today)
    if isinstance(offer, LoanOutOfRange) or str(offer.apr) != payload["apr"]:
        return "loan_declined"
    findings, _ = await _examine(db, context, offer, payload["purpose"])
    decision = decide_on(findings)
    if decision == "refused":
        return "loan_declined"
    values = {"approved": decision == "approved", "now": context.now}
    return (await db.get(_Refusal, QUERIES["file_loan_application"], values)).error_code


@tool(
    title="Prepare to withdraw a loan application",
    scope="loans:write",
    risk=Risk.PREPARE,
    rest="POST /loans/applications/withdraw",
    examples={"Withdraw my loan application": {}},
)
async def withdraw_loan_application(
    context: ToolContext,
    arguments: NoArguments,  # noqa: ARG001
) -> Proposed | NoOpenApplication:
    """Prepares to withdraw the application that a person is looking at. The customer confirms in the app; this call
    withdraws nothing."""
    async with context.database.writing(context.scope) as db:
        found = await db.find(_OpenApplication, QUERIES["find_open_application"], {"customer_id": context.customer_id})
        if found is None:
            return NoOpenApplication()
        amount = Money(found.amount_minor, found.currency)
        return await propose(
            db,
            context,
            "withdraw_loan_application",
            payload={"application_id": str(found.id)},
            proposed=Proposed(summary=f"Withdraw the application for a loan of {amount} over {found.months} months"),
        )


@effect("withdraw_loan_application")
async def _withdraw(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    return None if await db.execute(QUERIES["withdraw_application"], values) else "application_changed"


async def _examine(
    db: ReadHandle, context: ToolContext, offer: Offer | None, purpose: str | None
) -> tuple[list[Finding], LendingRules]:
    terms = await read_terms(db, context.now, *_RULE_TERMS)
    policy = await db.get(_Policy, QUERIES["get_lending_policy"], {"now": context.now})
    rules = _rules(terms, policy)
    until = context.today.replace(day=1)
    values = {"customer_id": context.customer_id, "currency": rules.max_owed.currency, "months": INCOME_MONTHS}
    values |= {"since": _midnight(add_months(until, -INCOME_MONTHS)), "until": _midnight(until)}
    borrower = await db.get(Borrower, QUERIES["get_borrower"], values)
    wish = None if offer is None else Wish(offer.amount, offer.payment, purpose)
    return examine(borrower, rules, context.today, wish), rules


def _rules(terms: Terms, policy: _Policy) -> LendingRules:
    return LendingRules(
        min_age=terms.quantity("account.current.min_age"),
        min_income=terms.money("loan.personal.min_income"),
        max_owed=terms.money("loan.personal.max_amount"),
        card_share=terms.percent("card.credit.minimum_share"),
        card_floor=terms.money("card.credit.minimum_floor"),
        approve_percent=policy.approve_percent,
        refuse_percent=policy.refuse_percent,
        policy_version=policy.version,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BANK_TIME_ZONE)
