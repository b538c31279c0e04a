"""What the bank really finds about loans, savings, exchange, top-ups and cash can be put in words."""

import re
from typing import Any

import pytest

from agent.models.offline.results import lending, money_in
from tests.tools.bookkeeping import ask, done
from tests.tools.conftest import Desk

WORDS = lending.BY_TOOL | money_in.BY_TOOL
ARGUMENTS: dict[str, dict[str, Any]] = {
    "check_loan_eligibility": {"amount": "1000", "months": 24},
    "quote_loan": {"amount": "1000", "months": 24},
    "quote_exchange": {"amount": "10", "currency": "GBP", "to_currency": "USD"},
}


@pytest.mark.parametrize("tool", sorted(WORDS.keys() - {"get_loan_payoff"}))
@pytest.mark.parametrize("who", ["alex", "blair"])
async def test_each_result_has_words(reading_desk: Desk, tool: str, who: str):
    customer = {"alex": reading_desk.alex, "blair": reading_desk.blair}[who]

    said = WORDS[tool](await ask(reading_desk, customer, tool, **ARGUMENTS.get(tool, {})))

    assert len(said) > 20
    assert not re.search(r"None|\{|\}|_", said)


async def test_a_running_loan_has_words(desk: Desk):
    await done(desk, desk.alex, "apply_for_loan", amount="5000", months=36, reason="a car")

    status = WORDS["get_loan_status"](await ask(desk, desk.alex, "get_loan_status"))
    payoff = WORDS["get_loan_payoff"](await ask(desk, desk.alex, "get_loan_payoff"))

    assert status.startswith("- **Personal loan**: you owe **£5,000.00** of £5,000.00 and £0.00 interest")
    assert payoff.startswith("**£5,000.00** would settle your Personal loan today")
