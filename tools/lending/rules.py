"""Whether the bank lends: pure rules over what it knows of a customer. Each says what it found.

Met, unmet, or for a person: one rule that is unmet refuses; else one that is for a person sends the application to a
person; else it is approved at once.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from core.money import Money

_YEAR = 12
_EXCLUDED = re.compile(
    r"\b(?:gambl\w*|bets?|betting|casino|invest\w*|shares|stocks|crypto\w*|bitcoin|business|"
    r"(?:house|mortgage) deposit)\b",
    re.IGNORECASE,
)
"""What loans are not for, as the help centre lists it."""


class Outcome(StrEnum):
    MET = "met"
    UNMET = "unmet"
    FOR_A_PERSON = "for_a_person"


Decision = Literal["approved", "in_review", "refused"]


@dataclass(frozen=True, slots=True)
class Borrower:
    """What the bank's data say. Amounts are minor units of the loan's currency."""

    kyc_status: str
    country: str
    date_of_birth: date | None
    has_current_account: bool
    has_open_application: bool
    monthly_income: int
    """From salaries of the last whole months, on average."""
    monthly_bills: int
    """Standing orders, Direct Debits and subscriptions of the same months, on average."""
    loans_owed: int
    monthly_loan_payments: int
    cards_owed: int


@dataclass(frozen=True, slots=True)
class LendingRules:
    """The published terms and the bank's lending policy."""

    min_age: int
    min_income: Money
    """A year."""
    max_owed: Money
    card_share: Decimal
    """Percent of what is owed on cards that has to be paid each month, at least ``card_floor``."""
    card_floor: Money
    approve_percent: Decimal
    """Of what is left of the monthly income: a payment up to this much is approved at once."""
    refuse_percent: Decimal
    policy_version: str


@dataclass(frozen=True, slots=True)
class Wish:
    """The loan that is asked for; ``purpose`` None for one that is only looked at."""

    amount: Money
    payment: Money
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    outcome: Outcome
    reason: str


def examine(borrower: Borrower, rules: LendingRules, today: date, wish: Wish | None) -> list[Finding]:
    """Every rule; without a wish those that do not depend on amount and time."""
    findings = [
        _identity(borrower),
        _age(borrower, rules, today),
        _residence(borrower),
        _account(borrower),
        _income(borrower, rules),
        _open_application(borrower),
    ]
    if wish is not None:
        findings += [_debt(borrower, rules, wish.amount), _payment(borrower, rules, wish.payment)]
        if wish.purpose is not None:
            findings.append(_purpose(wish.purpose))
    return findings


def decide_on(findings: list[Finding]) -> Decision:
    outcomes = {finding.outcome for finding in findings}
    if Outcome.UNMET in outcomes:
        return "refused"
    return "in_review" if Outcome.FOR_A_PERSON in outcomes else "approved"


def left_each_month(borrower: Borrower, rules: LendingRules) -> int:
    """Income less bills and what loans and cards take, minor units."""
    least = min(borrower.cards_owed, rules.card_floor.minor)
    cards = max(least, round(borrower.cards_owed * rules.card_share / 100))
    return borrower.monthly_income - borrower.monthly_bills - borrower.monthly_loan_payments - cards


def _identity(borrower: Borrower) -> Finding:
    return _finding(
        "identity",
        borrower.kyc_status == "verified",
        "Your identity is verified.",
        "Your identity is not verified yet. Finish that in the app under Profile > Identity.",
    )


def _age(borrower: Borrower, rules: LendingRules, today: date) -> Finding:
    born = borrower.date_of_birth
    if born is None:
        return Finding("age", Outcome.FOR_A_PERSON, "We do not have your date of birth, so a person has to look.")
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return _finding(
        "age", age >= rules.min_age, f"You are at least {rules.min_age}.", f"You have to be at least {rules.min_age}."
    )


def _residence(borrower: Borrower) -> Finding:
    return _finding(
        "residence",
        borrower.country == "GB",
        "Your address is in the UK.",
        "We lend to people who live in the UK, and your address is elsewhere.",
    )


def _account(borrower: Borrower) -> Finding:
    return _finding(
        "current_account",
        borrower.has_current_account,
        "You have a current account that the money can go to.",
        "You need an open current account in pounds with us. Open one first.",
    )


def _income(borrower: Borrower, rules: LendingRules) -> Finding:
    least = rules.min_income
    yearly = Money(borrower.monthly_income * _YEAR, least.currency)
    if yearly.minor == 0:
        return Finding(
            "income", Outcome.FOR_A_PERSON, "No salary is paid to us, so a person has to look at proof of your income."
        )
    return _finding(
        "income",
        yearly.minor >= least.minor,
        f"Your salary comes to {yearly} a year; at least {least} is needed.",
        f"Your salary comes to {yearly} a year, and at least {least} is needed.",
    )


def _open_application(borrower: Borrower) -> Finding:
    return _finding(
        "one_application",
        not borrower.has_open_application,
        "No other application is open.",
        "A person is looking at an application of yours already. Wait for the answer, or withdraw it.",
    )


def _debt(borrower: Borrower, rules: LendingRules, amount: Money) -> Finding:
    owed = Money(borrower.loans_owed, amount.currency)
    total = Money(borrower.loans_owed + amount.minor, amount.currency)
    return _finding(
        "existing_debt",
        total.minor <= rules.max_owed.minor,
        f"You owe {owed} on loans with us.",
        f"You owe {owed} on loans with us; with this one it would be {total}, and we lend {rules.max_owed} at most.",
    )


def _payment(borrower: Borrower, rules: LendingRules, payment: Money) -> Finding:
    if borrower.monthly_income == 0:
        return Finding("affordable", Outcome.FOR_A_PERSON, "Without a salary a person looks at what you can pay.")
    left = max(0, left_each_month(borrower, rules))
    said = f"{Money(left, payment.currency)} of your income is left each month after bills, loans and cards"
    if payment.minor * 100 <= left * rules.approve_percent:
        return Finding("affordable", Outcome.MET, f"{said}, enough for {payment}.")
    if payment.minor * 100 <= left * rules.refuse_percent:
        return Finding("affordable", Outcome.FOR_A_PERSON, f"{said}: whether {payment} fits, a person has to look at.")
    return Finding(
        "affordable", Outcome.UNMET, f"{said}, too little for {payment}. A smaller amount or more months may work."
    )


def _purpose(purpose: str) -> Finding:
    return _finding(
        "purpose",
        not _EXCLUDED.search(purpose),
        "We lend for that.",
        "We do not lend for gambling, investments, crypto, business or a house deposit.",
    )


def _finding(rule: str, met: bool, if_met: str, if_not: str) -> Finding:
    return Finding(rule, Outcome.MET if met else Outcome.UNMET, if_met if met else if_not)
