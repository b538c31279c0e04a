"""Amortization and the annual percentage rate, without a bank."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.conftest import Desk
from tools.lending.maths import add_months, apr_of, first_due, interest, monthly_payment, schedule

PAID_OUT = date(2026, 11, 21)

amounts = st.integers(min_value=100_000, max_value=2_500_000)
months = st.integers(min_value=12, max_value=84)
rates = st.decimals(min_value=0, max_value=Decimal("24.9"), places=2)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 12, 31))


@given(amounts, rates, months, days)
def test_the_principal_parts_are_the_loan_to_the_penny(amount: int, apr: Decimal, term: int, day: date):
    plan = schedule(amount, apr, term, day)

    assert sum(one.principal for one in plan) == amount
    assert plan[-1].balance == 0
    assert [one.number for one in plan] == list(range(1, term + 1))


@given(amounts, rates, months, days)
def test_each_payment_is_interest_and_principal_and_only_the_last_differs(
    amount: int, apr: Decimal, term: int, day: date
):
    plan = schedule(amount, apr, term, day)
    payment = monthly_payment(amount, apr, term)

    owed = amount
    for one in plan:
        assert one.payment == one.interest + one.principal
        assert one.interest >= 0
        assert one.principal > 0
        owed -= one.principal
        assert one.balance == owed
    assert {one.payment for one in plan[:-1]} == {payment}
    # Half a unit is rounded away each month, of the payment and of the interest, and bears interest itself.
    assert abs(plan[-1].payment - payment) <= sum((1 + apr / 100) ** (Decimal(n) / 12) for n in range(term))


@given(amounts, rates, months, days)
def test_payments_are_due_on_one_day_of_each_month(amount: int, apr: Decimal, term: int, day: date):
    due = [one.due_on for one in schedule(amount, apr, term, day)]

    starts = day if day.day <= 28 else add_months(day.replace(day=1), 1)
    assert due == [add_months(starts, number) for number in range(1, term + 1)]
    assert {one.day for one in due} == {starts.day}


@given(amounts, rates, months)
def test_the_plan_costs_the_rate_that_was_asked_for(amount: int, apr: Decimal, term: int):
    plan = schedule(amount, apr, term, PAID_OUT)

    found = apr_of(amount, [(one.number, one.payment) for one in plan])

    assert abs(found - apr) <= Decimal("0.07")


@given(amounts, months, st.decimals(min_value=0, max_value=Decimal("24.9"), places=1))
def test_a_rate_with_one_decimal_is_stated_as_it_is(amount: int, term: int, apr: Decimal):
    plan = schedule(amount, apr, term, PAID_OUT)

    assert apr_of(amount, [(one.number, one.payment) for one in plan]) == apr


@given(amounts, rates, months)
def test_more_months_cost_more_and_less_each(amount: int, apr: Decimal, term: int):
    shorter, longer = schedule(amount, apr, term, PAID_OUT), schedule(amount, apr, term + 1, PAID_OUT)

    assert longer[0].payment <= shorter[0].payment
    assert sum(one.interest for one in longer) >= sum(one.interest for one in shorter)


@pytest.mark.parametrize(
    ("lent", "repayments", "apr"),
    [
        # The examples that came with the formula (Directive 98/7/EC, Annex III), to one decimal.
        (100_000, [(18, 120_000)], "12.9"),
        (95_000, [(18, 120_000)], "16.9"),
        (100_000, [(12, 60_000), (24, 60_000)], "13.1"),
        (100_000, [(3, 27_200), (6, 27_200), (12, 54_400)], "13.2"),
        (100_000, [(12, 100_000)], "0.0"),
    ],
)
def test_the_rate_is_that_of_the_published_examples(lent: int, repayments: list[tuple[int, int]], apr: str):
    assert apr_of(lent, repayments) == Decimal(apr)


def test_what_is_paid_back_short_has_no_rate():
    with pytest.raises(ValueError, match="no loan"):
        apr_of(100_000, [(12, 99_999)])


@pytest.mark.parametrize(("amount", "apr", "term"), [(0, "5", 12), (-1, "5", 12), (1000, "-1", 12), (1000, "5", 0)])
def test_no_loan_has_no_plan(amount: int, apr: str, term: int):
    with pytest.raises(ValueError, match="has an amount"):
        schedule(amount, Decimal(apr), term, PAID_OUT)


def test_pennies_cannot_be_paid_back_over_years():
    with pytest.raises(ValueError, match="too little"):
        schedule(30, Decimal("24.9"), 84, PAID_OUT)


def test_a_plan_as_somebody_computed_it_by_hand():
    """1,200.00 at 12 % a year over 3 months: 0.9489 % a month."""
    plan = schedule(120_000, Decimal(12), 3, date(2026, 1, 28))

    assert [(one.due_on, one.payment, one.interest, one.principal, one.balance) for one in plan] == [
        (date(2026, 2, 28), 40_761, 1_139, 39_622, 80_378),
        (date(2026, 3, 28), 40_761, 763, 39_998, 40_380),
        (date(2026, 4, 28), 40_763, 383, 40_380, 0),
    ]


@pytest.mark.parametrize(
    ("day", "count", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 21), 2, date(2027, 1, 21)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_later(day: date, count: int, later: date):
    assert add_months(day, count) == later


def test_payments_begin_a_month_later_on_a_day_that_every_month_has():
    assert first_due(date(2026, 11, 5)) == date(2026, 12, 5)
    assert first_due(date(2026, 1, 28)) == date(2026, 2, 28)
    assert first_due(date(2026, 1, 29)) == date(2026, 3, 1)
    assert first_due(date(2026, 12, 31)) == date(2027, 2, 1)


@given(amounts, rates, days)
def test_a_whole_year_earns_the_rate(balance: int, apr: Decimal, since: date):
    assert abs(interest(balance, apr, since, add_months(since, 12)) - balance * apr / 100) <= Decimal("0.5")


@given(amounts, rates, days, st.integers(min_value=0, max_value=2000))
def test_interest_never_falls_with_time(balance: int, apr: Decimal, since: date, later: int):
    day = since + timedelta(days=later)

    assert interest(balance, apr, since, day) <= interest(balance, apr, since, day + timedelta(days=1))


def test_nothing_accrues_backwards():
    assert interest(100_000, Decimal(10), PAID_OUT, PAID_OUT) == 0
    assert interest(100_000, Decimal(10), PAID_OUT, PAID_OUT - timedelta(days=1)) == 0


async def test_the_database_counts_the_same_interest(reading_desk: Desk):
    """It does so when a payment is posted; here is the code that tells the customer beforehand."""
    dates = [date(2026, 1, 31), date(2026, 2, 28), date(2027, 5, 13), date(2028, 2, 29), date(2028, 3, 1)]
    cases = [
        (minor, apr, since, until)
        for minor in (1, 99_999, 1_234_567)
        for apr in ("0", "6.9", "24.9")
        for since in dates
        for until in dates
    ]

    for minor, apr, since, until in cases:
        [row] = reading_desk.owner(
            "select loan_interest(%(minor)s, %(apr)s::numeric, %(since)s, %(until)s) as minor",
            minor=minor, apr=apr, since=since, until=until,
        )  # fmt: skip
        assert row["minor"] == interest(minor, Decimal(apr), since, until), (minor, apr, since, until)
