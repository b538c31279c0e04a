"""What is said of loans, savings, exchange, top-ups and cash: from results of the real tools."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.models.offline.results import lending, money_in
from tools.catalogue import CATALOGUE

LOAN = {
    "name": "Personal loan",
    "state": "running",
    "currency": "GBP",
    "borrowed": "5000.00",
    "owed": "4606.11",
    "accrued_interest": "3.20",
    "next_payment": "444.70",
    "next_payment_on": "2026-12-21",
    "late": "0.00",
}
RUNNING = (
    "- **Personal loan**: you owe **£4,606.11** of £5,000.00 and £3.20 interest; the next payment of £444.70 is due on "
    "21 December 2026"
)
APPLICATION = {
    "state": "in_review",
    "amount": "10000.00",
    "currency": "GBP",
    "months": 18,
    "applied_on": "2026-11-21",
}
QUOTE = {
    "amount": "5000.00",
    "currency": "GBP",
    "months": 2,
    "apr": "12.9",
    "monthly_payment": "2538.00",
    "last_payment": "2538.01",
    "total_to_pay": "5076.01",
    "total_interest": "76.01",
    "conditions": "A quote is no approval.",
    "schedule": [
        {"due_on": "2026-12-21", "payment": "2538.00", "interest": "50.81"},
        {"due_on": "2027-01-21", "payment": "2538.01", "interest": "25.20"},
    ],
}


def words(tool: str) -> Callable[[dict[str, Any]], str]:
    return (lending.BY_TOOL | money_in.BY_TOOL)[tool]


@pytest.mark.parametrize("tool", [*lending.BY_TOOL, *money_in.BY_TOOL])
def test_each_is_a_tool(tool: str):
    assert CATALOGUE.find(tool) is not None


def test_a_quote_says_what_it_costs():
    assert words("quote_loan")(QUOTE) == (
        "A loan of £5,000.00 over 2 months costs **£2,538.00 a month** at **12.9% APR**: £5,076.01 in all, of which "
        "£76.01 is interest. The last payment is £2,538.01. It would begin with:\n\n"
        "- 21 December 2026: £2,538.00, £50.81 of it interest\n"
        "- 21 January 2027: £2,538.01, £25.20 of it interest\n\n"
        "A quote is no approval."
    )


@pytest.mark.parametrize(
    ("loans", "applications", "said"),
    [
        ([], [], "You have no loan with us, and no application."),
        (
            [LOAN],
            [APPLICATION | {"state": "approved"}],
            RUNNING,
        ),
        (
            [LOAN | {"late": "444.70"}],
            [],
            f"{RUNNING}; **£444.70 is late**",
        ),
        (
            [LOAN | {"state": "settled"}],
            [APPLICATION],
            "- **Personal loan** of £5,000.00: paid back\n- Your application of 21 November 2026 for £10,000.00 over "
            "18 months: being looked at by a person",
        ),
    ],
)
def test_loans_and_applications(loans: list[Any], applications: list[Any], said: str):
    assert words("get_loan_status")({"loans": loans, "applications": applications}) == said


def test_a_decision_comes_with_its_reasons():
    result = {
        "decision": "refused",
        "loan": None,
        "findings": [
            {"outcome": "met", "reason": "Your identity is verified."},
            {"outcome": "unmet", "reason": "You have to be at least 18."},
        ],
        "note": "A check is no application.",
    }
    assert words("check_loan_eligibility")(result) == (
        "Not as things stand.\n\n- Your identity is verified. (fine)\n- You have to be at least 18. (not met)\n\n"
        "A check is no application."
    )


def test_an_exchange_is_quoted_with_its_fee():
    result = {"sell": "100.00", "sell_currency": "GBP", "buy": "123.45", "buy_currency": "EUR", "rate": "1.2345",
              "fee": "0.50", "total": "100.50"}  # fmt: skip
    assert words("quote_exchange")(result) == (
        "**£100.00** gives **€123.45** at 1.2345. The fee is £0.50, so £100.50 leaves your account. Say so, and I will "
        "prepare the exchange."
    )


def test_without_rates_top_ups_or_withdrawals_it_says_so():
    assert words("list_exchange_rates")({"rates": []}).startswith("We have no rate for that")
    assert words("get_top_up_status")({"top_ups": []}) == "I see no top-ups of yours."
    assert words("get_cash_withdrawal_status")({"withdrawals": []}) == "I see no cash withdrawals of yours."


def test_a_top_up_says_its_state_and_what_follows():
    result = {
        "top_ups": [
            {"amount": "50.00", "currency": "GBP", "account": "Everyday", "state": "failed", "on": "2026-11-20",
             "reason": "insufficient_funds", "next_step": "Try another card."},
            {"amount": "10.00", "currency": "GBP", "account": "Everyday", "state": "completed", "on": "2026-11-19",
             "reason": None, "next_step": None},
        ]
    }  # fmt: skip
    assert words("get_top_up_status")(result) == (
        "Your latest top-ups:\n\n"
        "- 20 November 2026: **£50.00** to Everyday, failed (insufficient funds). Try another card.\n"
        "- 19 November 2026: **£10.00** to Everyday, completed"
    )


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"usable": False}, "Debit card ending 1107: nothing, as it is frozen or switched off for cash machines"),
        ({"left_today": None}, "Debit card ending 1107: as much as is in the account"),
        ({}, "Debit card ending 1107: **£380.00** of £500.00"),
    ],
)
def test_what_a_card_may_take_out(card: dict[str, Any], said: str):
    usual = {"card": "debit card ending 1107", "currency": "GBP", "per_day": "500.00", "left_today": "380.00",
             "usable": True}  # fmt: skip
    result = {"cards": [usual | card], "currency": "GBP", "abroad_free_left": "200.00",
              "abroad_free_per_month": "200.00", "abroad_fee": "2"}  # fmt: skip
    assert words("get_cash_limits")(result) == (
        f"From cash machines you can take out today:\n\n- {said}\n\n"
        "Abroad £200.00 of £200.00 is left without our fee this month; above that it is 2%."
    )
