"""Payments that come back: found where they do, not where they do not, and as the customer's history has them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import BANK_TIME_ZONE
from tests.tools.conftest import Desk
from tools.calendar import Frequency, add_months
from tools.transactions.rhythm import Movement, Recurring, find_recurring

TODAY = date(2026, 11, 21)
STEP_DAYS: dict[Frequency, int] = {"weekly": 7, "fortnightly": 14, "four_weekly": 28}
STEP_MONTHS: dict[Frequency, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}
ENOUGH: dict[Frequency, int] = {
    "weekly": 4,
    "fortnightly": 3,
    "four_weekly": 4,
    "monthly": 3,
    "quarterly": 3,
    "yearly": 2,
}
FREQUENCIES = st.sampled_from(sorted(ENOUGH))


def paid(day: date, amount: int = -999, kind: str = "subscription", **changes: Any) -> Movement:
    plain = {
        "account": "Everyday",
        "name": "Streamberry",
        "category": "subscriptions",
        "currency": "GBP",
        "is_own": False,
    }
    return Movement(day=day, amount_minor=amount, kind=kind, **plain | changes)


def back(frequency: Frequency, number: int, latest: date) -> date:
    if frequency in STEP_DAYS:
        return latest - timedelta(days=STEP_DAYS[frequency] * number)
    return add_months(latest, -STEP_MONTHS[frequency] * number)


def series(frequency: Frequency, number: int, latest: date, **changes: Any) -> list[Movement]:
    return [paid(back(frequency, each, latest), **changes) for each in range(number)]


days_ago = st.integers(0, 6).map(lambda days: TODAY - timedelta(days=days))
movements = st.lists(
    st.builds(
        paid,
        st.dates(date(2024, 9, 1), TODAY),
        st.integers(-20_000, 20_000).filter(bool),
        st.sampled_from(["card_payment", "direct_debit", "subscription", "salary", "transfer_in", "transfer_out"]),
        name=st.sampled_from(["A", "B", "a"]),
        account=st.sampled_from(["Everyday", "Travel"]),
        is_own=st.booleans(),
    ),
    max_size=40,
)


@given(FREQUENCIES, st.integers(0, 20), days_ago, st.sampled_from(["card_payment", "subscription", "direct_debit"]))
def test_what_comes_regularly_is_found_with_its_rhythm(frequency: Frequency, more: int, latest: date, kind: str):
    history = series(frequency, ENOUGH[frequency] + more, latest, kind=kind)

    [found] = find_recurring(history, TODAY)

    assert (found.frequency, found.amount_minor, found.varies) == (frequency, -999, False)
    assert found.days == tuple(movement.day for movement in history)
    assert latest < found.next_on
    assert back(frequency, 1, found.next_on) - latest <= timedelta(days=3)


@given(FREQUENCIES, days_ago)
def test_one_payment_less_is_not_believed(frequency: Frequency, latest: date):
    """Three payments four weeks apart may still be monthly ones."""
    found = find_recurring(series(frequency, ENOUGH[frequency] - 1, latest), TODAY)

    assert [each.frequency for each in found] == (["monthly"] if frequency == "four_weekly" else [])


@given(st.integers(3, 15), days_ago, st.lists(st.integers(0, 2), min_size=15, max_size=15))
def test_days_that_a_weekend_moved_are_still_a_month(number: int, latest: date, shifts: list[int]):
    history = [
        paid(movement.day + timedelta(days=shift if place else 0))
        for place, (movement, shift) in enumerate(zip(series("monthly", number, latest), shifts, strict=False))
    ]

    [found] = find_recurring(history, TODAY)

    assert found.frequency == "monthly"
    assert timedelta(days=24) <= found.next_on - latest <= timedelta(days=36)


@given(movements, st.randoms())
def test_the_order_of_the_history_does_not_matter(history: list[Movement], random):
    shuffled = list(history)
    random.shuffle(shuffled)

    assert find_recurring(shuffled, TODAY) == find_recurring(history, TODAY)


@given(movements, FREQUENCIES, days_ago)
def test_other_payments_do_not_hide_it(history: list[Movement], frequency: Frequency, latest: date):
    before = find_recurring(history, TODAY)

    after = find_recurring([*history, *series(frequency, ENOUGH[frequency], latest)], TODAY)

    assert [each for each in after if each.name != "Streamberry"] == before
    assert [each.frequency for each in after if each.name == "Streamberry"] == [frequency]


@given(movements)
def test_every_finding_shows_payments_that_there_were(history: list[Movement]):
    for found in find_recurring(history, TODAY):
        assert found.next_on >= TODAY
        assert len(found.days) >= ENOUGH[found.frequency]
        assert list(found.days) == sorted(found.days, reverse=True)
        seen = [each for each in history if each.day in found.days and _same(each, found)]
        assert len({each.day for each in seen}) == len(found.days)
        sizes = [abs(each.amount_minor) for each in seen]
        assert min(sizes) <= abs(found.amount_minor) <= max(sizes)


def _same(movement: Movement, found: Recurring) -> bool:
    return (movement.account, movement.name.casefold(), movement.amount_minor < 0) == (
        found.account,
        found.name.casefold(),
        found.amount_minor < 0,
    )


@given(FREQUENCIES, st.integers(0, 5))
def test_what_has_stopped_is_left_out(frequency: Frequency, more: int):
    latest = back(frequency, 1, TODAY) - timedelta(days=31)

    assert find_recurring(series(frequency, ENOUGH[frequency] + more, latest), TODAY) == []


def test_what_is_a_little_late_is_expected_today():
    [found] = find_recurring(series("monthly", 5, TODAY - timedelta(days=35)), TODAY)

    assert found.next_on == TODAY


def test_food_on_saturdays_is_no_bill():
    amounts = [-4_310, -2_790, -6_105, -3_320, -5_050]
    shopping = [paid(TODAY - timedelta(days=7 * week), amount, "card_payment") for week, amount in enumerate(amounts)]

    assert find_recurring(shopping, TODAY) == []


def test_a_bill_may_vary_and_its_middle_is_expected():
    amounts = [-7_000, -6_100, -5_500, -9_900, -6_000, -6_500, -1]
    bills = [paid(add_months(TODAY, -month), amount, "direct_debit") for month, amount in enumerate(amounts)]

    [found] = find_recurring(bills, TODAY)

    assert (found.varies, found.amount_minor) == (True, -6_100)


def test_after_one_new_price_the_new_price_is_expected():
    prices = [-1_099, -999, -999, -999]
    months = [paid(add_months(TODAY, -month), price, "card_payment") for month, price in enumerate(prices)]

    [found] = find_recurring(months, TODAY)

    assert (found.varies, found.amount_minor) == (False, -1_099)


def test_a_subscription_is_seen_between_other_purchases_at_the_same_shop():
    others = [paid(TODAY - timedelta(days=days), -days * 100, "card_payment") for days in (3, 4, 19, 44, 61)]

    [found] = find_recurring([*series("monthly", 6, TODAY, kind="card_payment"), *others], TODAY)

    assert (found.frequency, found.amount_minor, len(found.days)) == ("monthly", -999, 6)


def test_the_end_of_the_month_stays_the_end_of_the_month():
    days = [date(2026, 10, 31), date(2026, 9, 30), date(2026, 8, 31), date(2026, 7, 31)]

    [found] = find_recurring([paid(day) for day in days], TODAY)

    assert found.next_on == date(2026, 11, 30)


def test_a_weekend_does_not_move_the_usual_day():
    days = [date(2026, 11, 3), date(2026, 10, 1), date(2026, 9, 1), date(2026, 8, 3), date(2026, 7, 1)]

    [found] = find_recurring([paid(day) for day in days], TODAY)

    assert found.next_on == date(2026, 12, 1)


def test_accounts_and_currencies_are_kept_apart():
    twice = [*series("monthly", 4, TODAY), *series("monthly", 4, TODAY, account="Travel", currency="EUR")]

    assert {(each.account, each.currency) for each in find_recurring(twice, TODAY)} == {
        ("Everyday", "GBP"),
        ("Travel", "EUR"),
    }


async def test_the_tool_finds_what_the_demo_customer_lives_with(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "find_recurring_payments")

    found = {each["name"]: each for each in result["payments"]}
    assert {
        name: (found[name]["amount"], found[name]["kind"])
        for name in ("Council Tax", "Streamberry", "Tunewave", "Ironworks Gym", "Sunrise Lettings")
    } == {
        "Council Tax": ("-142.00", "direct_debit"),
        "Streamberry": ("-10.99", "subscription"),
        "Tunewave": ("-11.99", "subscription"),
        "Ironworks Gym": ("-29.99", "subscription"),
        "Sunrise Lettings": ("-850.00", "standing_order"),
    }
    assert found["Brightwater Energy"]["varies"]
    assert all(each["frequency"] == "monthly" and each["seen"] > 3 for each in found.values())
    today = reading_desk.now.astimezone(BANK_TIME_ZONE).date().isoformat()
    assert all(each["next_date"] >= today > each["last_dates"][-1] for each in found.values())
    months = sum(Decimal(each["amount"]) for each in found.values())
    assert [Decimal(each["amount"]) for each in result["monthly"]] == [months]


async def test_income_is_found_on_request(reading_desk: Desk):
    both = await reading_desk.ask(reading_desk.alex, "find_recurring_payments", direction="both")
    income = await reading_desk.ask(reading_desk.alex, "find_recurring_payments", direction="in")

    salary = next(each for each in income["payments"] if each["kind"] == "salary")
    assert (salary["amount"], salary["account"]) == ("3120.00", "Everyday")
    assert all(not each["amount"].startswith("-") for each in income["payments"])
    assert len(both["payments"]) > len(income["payments"])


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"category": "subscriptions"}, {"Streamberry", "Tunewave", "Ironworks Gym"}),
        ({"account": "Travel"}, set[str]()),
        ({"account": "Platinum", "direction": "in"}, {"Platinum payment"}),
    ],
)
async def test_it_may_be_narrowed(reading_desk: Desk, arguments: dict[str, str], names: set[str]):
    result = await reading_desk.ask(reading_desk.alex, "find_recurring_payments", **arguments)

    assert {each["name"] for each in result["payments"]} == names
    assert result["category"] == arguments.get("category")


async def test_a_category_of_which_nothing_comes_back_leaves_nothing_out_and_is_said(reading_desk: Desk):
    everything = await reading_desk.ask(reading_desk.alex, "find_recurring_payments")

    result = await reading_desk.ask(reading_desk.alex, "find_recurring_payments", category="health")

    assert result["payments"] == everything["payments"]
    assert result["category"] is None


async def test_a_cancelled_standing_order_does_not_come_back(desk: Desk):
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute("update standing_orders set status = 'cancelled' where customer_id = %s", [desk.alex])

    result = await desk.ask(desk.alex, "find_recurring_payments")

    assert "Sunrise Lettings" not in [each["name"] for each in result["payments"]]


def test_nothing_comes_of_nothing():
    assert find_recurring([], TODAY) == []
