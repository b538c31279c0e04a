"""How the balance goes on: a pure sum, and what the tool puts into it."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import BANK_TIME_ZONE
from tests.tools.conftest import Desk
from tools.transactions.cash_flow import Expected, forecast, occurrences

TODAY = date(2026, 11, 21)
expectations = st.lists(
    st.builds(
        Expected,
        st.dates(TODAY, TODAY + timedelta(days=90)),
        st.sampled_from(["Rent", "Salary", "Gym"]),
        st.integers(-(10**12), 10**12).filter(bool),
        st.sampled_from(["recurring", "standing_order", "scheduled_payment"]),
    ),
    max_size=30,
)


def today(desk: Desk) -> date:
    return desk.now.astimezone(BANK_TIME_ZONE).date()


@given(st.integers(-(10**12), 10**12), expectations)
def test_the_end_is_the_start_and_everything_expected(starts: int, expected: list[Expected]):
    flow = forecast(starts, expected, TODAY)

    assert flow.ends_minor == starts + sum(each.amount_minor for each in expected)
    assert flow.in_minor + flow.out_minor == flow.ends_minor - starts
    assert sorted((step.expected.day, step.expected.amount_minor) for step in flow.steps) == sorted(
        (each.day, each.amount_minor) for each in expected
    )


@given(st.integers(-(10**12), 10**12), expectations)
def test_the_lowest_is_the_least_of_all_balances_and_its_first_day(starts: int, expected: list[Expected]):
    flow = forecast(starts, expected, TODAY)

    balances = [(starts, TODAY), *((step.balance_minor, step.expected.day) for step in flow.steps)]
    assert flow.lowest_minor == min(balance for balance, _ in balances)
    assert flow.lowest_on == next(day for balance, day in balances if balance == flow.lowest_minor)


@given(expectations)
def test_on_a_day_money_goes_out_before_it_comes_in(expected: list[Expected]):
    steps = forecast(0, expected, TODAY).steps

    for one, next_one in pairwise(step.expected for step in steps):
        assert (one.day, one.amount_minor) <= (next_one.day, next_one.amount_minor)


@given(st.dates(TODAY, TODAY + timedelta(days=60)), st.integers(0, 400))
def test_a_rhythm_stays_within_its_days(first: date, days: int):
    last = TODAY + timedelta(days=days)
    for frequency in ("weekly", "fortnightly", "four_weekly", "monthly", "quarterly", "yearly"):
        found = list(occurrences(first, frequency, last))
        assert found == sorted(set(found))
        assert all(first <= day <= last for day in found)
        assert bool(found) == (first <= last)


async def test_the_tool_adds_up_bills_income_and_the_rent(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "forecast_cash_flow", account="Everyday", days=35)

    [everyday] = result["accounts"]
    names = {each["name"] for each in everyday["expected"]}
    assert {"Salary Caxton Software", "Sunrise Lettings", "Council Tax", "Streamberry"} <= names
    rent = [each["source"] for each in everyday["expected"] if each["name"] == "Sunrise Lettings"]
    assert set(rent) == {"standing_order"}
    assert everyday["starts_with"] == "2480.15"
    amounts = [Decimal(each["amount"]) for each in everyday["expected"]]
    assert Decimal(everyday["ends_with"]) == Decimal("2480.15") + sum(amounts)
    assert Decimal(everyday["money_in"]) + Decimal(everyday["money_out"]) == sum(amounts)
    assert everyday["expected"][-1]["balance"] == everyday["ends_with"]
    last = (today(reading_desk) + timedelta(days=35)).isoformat()
    assert all(today(reading_desk).isoformat() <= each["date"] <= last for each in everyday["expected"])
    assert any("Everyday spending" in each for each in result["assumptions"])


async def test_all_current_and_savings_accounts_and_no_credit_card(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "forecast_cash_flow")

    assert [each["account"] for each in result["accounts"]] == ["Everyday", "Travel", "Rainy Day"]
    assert result["until"] == (today(reading_desk) + timedelta(days=30)).isoformat()


async def test_an_account_that_runs_short_says_so(desk: Desk):
    _order(desk, "Sunrise Lettings", 400_000, desk.now.date() + timedelta(days=2))

    result = await desk.ask(desk.alex, "forecast_cash_flow", account="Everyday", days=3)

    [everyday] = result["accounts"]
    assert everyday["short"]
    assert Decimal(everyday["lowest"]) < 0
    assert everyday["lowest_on"] == (today(desk) + timedelta(days=2)).isoformat()


async def test_money_scheduled_to_an_own_account_leaves_one_and_reaches_the_other(desk: Desk):
    due = today(desk) + timedelta(days=5)
    _schedule(desk, to_account="Rainy Day", amount=12_345, due=due)

    result = await desk.ask(desk.alex, "forecast_cash_flow", days=6)

    lines = {
        (each["account"], line["name"]): line["amount"]
        for each in result["accounts"]
        for line in each["expected"]
        if line["source"] == "scheduled_payment"
    }
    assert lines == {("Everyday", "Rainy Day"): "-123.45", ("Rainy Day", "From Everyday"): "123.45"}


async def test_what_is_scheduled_for_later_is_not_in_it(desk: Desk):
    _schedule(desk, to_account="Rainy Day", amount=12_345, due=today(desk) + timedelta(days=7))

    result = await desk.ask(desk.alex, "forecast_cash_flow", days=6)

    assert all(line["source"] != "scheduled_payment" for each in result["accounts"] for line in each["expected"])


async def test_ordered_payments_in_another_currency_are_left_out_and_said(desk: Desk):
    _schedule(desk, to_account="Travel", amount=100, due=today(desk) + timedelta(days=1), currency="EUR")

    result = await desk.ask(desk.alex, "forecast_cash_flow", account="Everyday", days=6)

    assert any("another currency" in each for each in result["assumptions"])
    assert all(line["source"] != "scheduled_payment" for each in result["accounts"] for line in each["expected"])


@pytest.mark.parametrize("days", [0, 91, -1])
async def test_days_are_bounded(reading_desk: Desk, days: int):
    outcome = await reading_desk.call(reading_desk.alex, "forecast_cash_flow", days=days)

    assert str(outcome.error).startswith("The arguments are wrong. days:")


def _order(desk: Desk, payee: str, amount: int, due: date) -> None:
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute(
            """insert into standing_orders (customer_id, account_id, payee_id, amount_minor, currency, frequency,
                   starts_on, next_run_on, status, created_at)
               select p.customer_id, a.id, p.id, %(amount)s, 'GBP', 'monthly', %(due)s, %(due)s, 'active', %(now)s
                 from payees p join accounts a on a.customer_id = p.customer_id and a.name = 'Everyday'
                where p.name = %(payee)s and p.customer_id = %(id)s""",
            {"amount": amount, "due": due, "now": desk.now, "payee": payee, "id": desk.alex},
        )


def _schedule(desk: Desk, *, to_account: str, amount: int, due: date, currency: str = "GBP") -> None:
    values: dict[str, Any] = {"to": to_account, "amount": amount, "due": due, "currency": currency}
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute(
            """with operation as (
                   insert into banking_operations (customer_id, type, payload, payload_hash, summary, idempotency_key,
                       initiated_by, created_at, expires_at)
                   values (%(id)s, 'schedule_payment', '{}', '', 'x', 'k', 'chat', %(now)s, %(now)s) returning id)
               insert into scheduled_payments (customer_id, account_id, to_account_id, amount_minor, currency, due_on,
                   scheduled_by, created_at)
               select a.customer_id, a.id, b.id, %(amount)s, %(currency)s, %(due)s, operation.id, %(now)s
                 from operation, accounts a join accounts b on b.customer_id = a.customer_id and b.name = %(to)s
                where a.customer_id = %(id)s and a.name = 'Everyday'""",
            values | {"id": desk.alex, "now": desk.now},
        )
