"""Whether the bank lends, without a bank."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.money import Money
from tools.lending.rules import Borrower, LendingRules, Outcome, Wish, decide_on, examine, left_each_month

TODAY = date(2026, 11, 21)
RULES = LendingRules(
    min_age=18,
    min_income=Money(1_200_000, "GBP"),
    max_owed=Money(2_500_000, "GBP"),
    card_share=Decimal("2.5"),
    card_floor=Money(2_500, "GBP"),
    approve_percent=Decimal(40),
    refuse_percent=Decimal(80),
    policy_version="test",
)
GOOD = Borrower(
    kyc_status="verified",
    country="GB",
    date_of_birth=date(1990, 4, 17),
    has_current_account=True,
    has_open_application=False,
    monthly_income=300_000,
    monthly_bills=100_000,
    loans_owed=0,
    monthly_loan_payments=0,
    cards_owed=0,
)
WISH = Wish(Money(500_000, "GBP"), Money(16_654, "GBP"), "a car")


def unmet(borrower: Borrower, wish: Wish | None = WISH) -> list[str]:
    return [one.rule for one in examine(borrower, RULES, TODAY, wish) if one.outcome is Outcome.UNMET]


def test_a_good_borrower_is_approved_and_told_why():
    findings = examine(GOOD, RULES, TODAY, WISH)

    assert decide_on(findings) == "approved"
    assert [one.rule for one in findings] == [
        "identity", "age", "residence", "current_account", "income", "one_application", "existing_debt", "affordable",
        "purpose",
    ]  # fmt: skip
    assert all(one.reason.endswith(".") for one in findings)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kyc_status": "pending"}, "identity"),
        ({"kyc_status": "expired"}, "identity"),
        ({"date_of_birth": date(2008, 11, 22)}, "age"),
        ({"country": "FR"}, "residence"),
        ({"has_current_account": False}, "current_account"),
        ({"has_open_application": True}, "one_application"),
        ({"loans_owed": 2_000_001}, "existing_debt"),
        ({"monthly_bills": 299_000}, "affordable"),
        ({"monthly_bills": 400_000}, "affordable"),
        ({"monthly_loan_payments": 190_000}, "affordable"),
        ({"cards_owed": 7_600_000}, "affordable"),
    ],
)
def test_one_rule_that_is_not_met_refuses(changes: dict[str, Any], rule: str):
    borrower = replace(GOOD, **changes)

    assert unmet(borrower) == [rule]
    assert decide_on(examine(borrower, RULES, TODAY, WISH)) == "refused"


def test_somebody_is_eighteen_on_the_birthday():
    assert unmet(replace(GOOD, date_of_birth=date(2008, 11, 21))) == []


def test_too_little_income_is_named_with_what_is_needed():
    findings = examine(replace(GOOD, monthly_income=99_999, monthly_bills=0), RULES, TODAY, WISH)

    [income] = [one for one in findings if one.rule == "income"]
    assert income.outcome is Outcome.UNMET
    assert income.reason == "Your salary comes to £11,999.88 a year, and at least £12,000.00 is needed."


@pytest.mark.parametrize("changes", [{"date_of_birth": None}, {"monthly_income": 0}, {"monthly_bills": 270_000}])
def test_what_the_bank_cannot_see_or_is_tight_goes_to_a_person(changes: dict[str, Any]):
    findings = examine(replace(GOOD, **changes), RULES, TODAY, WISH)

    assert decide_on(findings) == "in_review"


def test_one_unmet_rule_outweighs_one_for_a_person():
    assert decide_on(examine(replace(GOOD, monthly_income=0, country="FR"), RULES, TODAY, WISH)) == "refused"


@pytest.mark.parametrize(
    ("bills", "decision"),
    [(258_365, "approved"), (258_366, "in_review"), (279_182, "in_review"), (279_183, "refused")],
)
def test_a_payment_may_take_so_much_of_what_is_left(bills: int, decision: str):
    """40 % of 41,635 is 16,654; 80 % of 20,818 is as well, rounded up."""
    assert decide_on(examine(replace(GOOD, monthly_bills=bills), RULES, TODAY, WISH)) == decision


@pytest.mark.parametrize(
    ("owed", "least"), [(0, 0), (1_000, 1_000), (50_000, 2_500), (100_000, 2_500), (200_000, 5_000)]
)
def test_cards_take_their_minimum_payment(owed: int, least: int):
    assert left_each_month(replace(GOOD, cards_owed=owed), RULES) == 200_000 - least


@pytest.mark.parametrize(
    "purpose",
    ["Gambling", "online betting", "to buy bitcoin", "investments", "my business", "a house deposit", "crypto"],
)
def test_some_purposes_are_refused(purpose: str):
    assert unmet(GOOD, replace(WISH, purpose=purpose)) == ["purpose"]


@pytest.mark.parametrize("purpose", ["a better kitchen", "car", "new roof for the house", "wedding", "alphabet books"])
def test_other_purposes_are_not(purpose: str):
    assert unmet(GOOD, replace(WISH, purpose=purpose)) == []


def test_without_a_loan_only_the_customer_is_looked_at():
    findings = examine(GOOD, RULES, TODAY, None)

    assert {one.rule for one in findings}.isdisjoint({"existing_debt", "affordable", "purpose"})
    assert decide_on(findings) == "approved"
