"""What is planned for a customer, before any database: right at the end and possible all the way."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.demo_bank.calendar import DAY, History
from tools.demo_bank.generate import generate_others, named_movements
from tools.demo_bank.model import Customer, InternalAccount, Movement
from tools.demo_bank.named import EVERYDAY, NAMED, PLATINUM, Who
from tools.demo_bank.settle import settle

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
FEW = settings(max_examples=25, deadline=None)


def lowest_and_last(customer: Customer, movements: list[Movement]) -> list[tuple[int, int]]:
    """Of each account, in order."""
    result: list[tuple[int, int]] = []
    for index in range(len(customer.accounts)):
        balance = lowest = 0
        for movement in movements:
            balance += movement.effect_on(index)
            lowest = min(lowest, balance)
        result.append((lowest, balance))
    return result


def assert_possible(customer: Customer, movements: list[Movement], history: History) -> None:
    moments = [movement.at for movement in movements]
    assert moments == sorted(moments)
    assert moments[-1] <= history.now_at
    for account, (lowest, _) in zip(customer.accounts, lowest_and_last(customer, movements), strict=True):
        assert lowest >= -account.overdraft_minor, account.name


@FEW
@given(MOMENTS)
def test_alex_ends_with_the_promised_balances_on_any_day(now: datetime) -> None:
    history = History(now)
    alex = NAMED["alex"](history)
    movements = named_movements(alex, history)
    assert_possible(alex.customer, movements, history)
    last = [balance for _, balance in lowest_and_last(alex.customer, movements)]
    assert last[:3] == [248_015, 1_025_000, 64_020]


@FEW
@given(MOMENTS)
def test_blair_ends_with_the_promised_balance_on_any_day(now: datetime) -> None:
    history = History(now)
    blair = NAMED["blair"](history)
    movements = named_movements(blair, history)
    assert_possible(blair.customer, movements, history)
    assert lowest_and_last(blair.customer, movements)[0][1] == 3_560


@FEW
@given(MOMENTS)
def test_alex_buys_groceries_every_week_and_has_lately_been_busy(now: datetime) -> None:
    history = History(now)
    movements = named_movements(NAMED["alex"](history), history)
    days = {movement.at // DAY for movement in movements if movement.category == "groceries"}
    for first in range(0, history.today_index - 6):
        assert days & set(range(first, first + 7)), history.date(first)
    assert sum(movement.at > history.now_at - 5 * DAY for movement in movements) >= 5


@FEW
@given(MOMENTS)
def test_alex_has_one_suspicious_payment_of_yesterday_and_nothing_held_on_everyday(now: datetime) -> None:
    history = History(now)
    alex = NAMED["alex"](history)
    movements = named_movements(alex, history)
    assert alex.alert is not None
    assert movements.count(alex.alert.movement) == 1
    assert alex.alert.movement.at // DAY == history.today_index - 1
    assert [movement.account for movement in movements if movement.status == "pending"] == [PLATINUM]
    assert alex.alert.movement.status == "booked"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), MOMENTS, st.booleans())
def test_no_generated_account_was_ever_below_its_limit(seed: int, now: datetime, busy: bool) -> None:
    history = History(now)
    others = generate_others(5 if busy else 2_000, seed, history)
    for _, (customer, movements) in zip(range(3), others, strict=False):
        assert_possible(customer, movements, history)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), MOMENTS)
def test_what_is_pending_is_covered_by_what_is_there(seed: int, now: datetime) -> None:
    history = History(now)
    for customer, movements in generate_others(6, seed, history):
        held = sum(movement.amount for movement in movements if movement.status == "pending" and movement.account == 0)
        assert lowest_and_last(customer, movements)[0][1] + held >= 0


def test_a_seed_gives_the_same_customers_and_another_seed_gives_others() -> None:
    history = History(NOW)
    first, again, other = (list(generate_others(6, seed, history)) for seed in (1, 1, 2))
    assert first == again
    assert not {customer.profile.id for customer, _ in first} & {customer.profile.id for customer, _ in other}


def test_a_bank_with_more_customers_begins_with_the_same_ones() -> None:
    history = History(NOW)
    assert list(generate_others(9, 5, history))[:3] == list(generate_others(6, 5, history))[:3]  # fmt: skip


def test_a_large_bank_has_about_a_hundred_movements_per_customer() -> None:
    generated = zip(range(40), generate_others(100_000, 3, History(NOW)), strict=False)
    counts = [len(movements) for _, (_, movements) in generated]
    assert 80 <= sum(counts) / len(counts) <= 150


def test_a_small_bank_holds_every_kind_of_transaction() -> None:
    kinds: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    for _, movements in generate_others(40, 3, History(NOW)):
        kinds.update(movement.kind for movement in movements)
        statuses.update(movement.status for movement in movements)
    assert set(kinds) == {
        "card_payment", "cash_withdrawal", "transfer_out", "salary", "direct_debit", "standing_order",
        "subscription", "refund", "fee", "interest", "top_up", "exchange", "opening",
    }  # fmt: skip
    assert set(statuses) == {"booked", "pending", "declined"}


def test_salaries_come_on_working_days_and_the_rent_goes_on_the_first() -> None:
    history = History(NOW)
    movements = named_movements(NAMED["alex"](history), history)
    paydays = [history.date(movement.at // DAY) for movement in movements if movement.kind == "salary"]
    rents = [history.date(movement.at // DAY) for movement in movements if movement.kind == "standing_order"]
    assert len(paydays) == 18
    assert all(day.weekday() < 5 and 25 <= day.day <= 28 for day in paydays)
    assert len(rents) == 19
    assert {day.day for day in rents} == {1}


@pytest.mark.parametrize("who", ["alex", "blair"])
def test_a_final_balance_under_the_floor_is_refused(who: Who) -> None:
    habits = NAMED[who](History(NOW)).habits
    with pytest.raises(ValueError, match="floor"):
        settle([], replace(habits, final=habits.floor - 1))


def test_an_income_that_does_not_fit_did_not_happen() -> None:
    """Going back over it would leave less than the floor."""
    habits = replace(NAMED["blair"](History(NOW)).habits, final=1_000, floor=500)
    top_up = Movement(DAY, EVERYDAY, 600, "top_up", "income", "Top-up by card")
    small = top_up._replace(at=2 * DAY, amount=400)
    settled = settle([top_up, small], habits)
    assert settled[1:] == [small]
    opening = settled[0]
    assert (opening.kind, opening.amount, opening.counter) == ("opening", 600, InternalAccount.OPENING)


def test_alex_depends_on_the_day_alone() -> None:
    """So that a reset needs no seed."""
    first, second = (named_movements(NAMED["alex"](History(NOW)), History(NOW)) for _ in range(2))
    assert first == second


def test_yesterday_is_yesterday_in_the_bank_s_time_zone() -> None:
    history = History(datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    alert = NAMED["alex"](history).alert
    assert alert is not None
    assert history.date(alert.movement.at // DAY) == history.today - timedelta(days=1)
    assert history.today.day == 2
