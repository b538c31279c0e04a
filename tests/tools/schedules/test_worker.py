"""What the bank does by itself: each due payment once, on its day, or not at all and with a reason."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import errors

from core.db.database import Database
from core.services import Services
from tests.tools.cards.approving import approved
from tests.tools.conftest import Desk
from tests.tools.schedules.scheduling import (
    Work,
    add_payee,
    at,
    balances,
    later,
    london,
    orders,
    payments,
    scheduled,
    set_balance,
)
from tools.calendar import add_months
from tools.operations import PROPOSAL_TTL
from tools.schedules.worker import Tally, Worker

Open = Callable[[Services], Awaitable[Database]]


@pytest.fixture
async def open_login() -> AsyncIterator[Open]:
    """The worker's own login; each call another connection."""
    async with AsyncExitStack() as stack:

        async def opened(services: Services) -> Database:
            database = Database(services.worker_url, pool_size=1)
            await database.open()
            stack.push_async_callback(database.close)
            return database

        yield opened


@pytest.fixture
async def work(desk: Desk, open_login: Open) -> Work:
    """In a bank where nothing is due but what a test adds."""
    desk.owner("delete from standing_orders")
    desk.owner("delete from transactions where status = 'pending'")
    database = await open_login(desk.services)

    async def round_at(now: datetime) -> Tally:
        return await Worker(database, lambda: now).run_once()

    return round_at


async def schedule(desk: Desk, amount: str, day: date, **more: Any) -> None:
    who = {"payee": "John"} if not {"payee", "to_account"} & set(more) else {}
    ended = await approved(desk, desk.alex, "schedule_payment", amount=amount, date=str(day), **who, **more)
    assert ended.status == "completed", ended


async def order(desk: Desk, amount: str, first: date, frequency: str, **more: Any) -> None:
    arguments = {"amount": amount, "date": str(first), "frequency": frequency, "payee": "John"} | more
    ended = await approved(desk, desk.alex, "create_standing_order", **arguments)
    assert ended.status == "completed", ended


def sound(desk: Desk) -> bool:
    return desk.owner("select * from ledger_faults") == []


async def test_a_scheduled_payment_is_made_at_six_on_its_day_and_once(desk: Desk, work: Work):
    day, before = later(desk, 3), balances(desk)
    await schedule(desk, "20", day, reference="Tickets")

    assert await work(london(day, 5, 59)) == Tally()
    assert await work(london(day, 6)) == Tally(payments_made=1)
    assert await work(london(day, 6)) == Tally()

    assert balances(desk) == before | {"Everyday": before["Everyday"] - 2000}
    [row], [paid] = scheduled(desk), payments(desk)
    assert (row["status"], row["paid_by"], row["error_code"]) == ("paid", paid["id"], None)
    assert paid["idempotency_key"] == f"scheduled_payment:{row['id']}:{day}"
    assert (paid["type"], paid["status"], paid["summary"], paid["recipient"], paid["amount_minor"]) == (
        *("pay_payee", "completed", "Scheduled payment to John Carter", "John Carter"),
        2000,
    )
    assert paid["completed_at"] == london(day, 6)
    [latest] = (await at(desk, london(day, 7)).ask(desk.alex, "list_transactions", limit=1))["transactions"]
    assert (latest["description"], latest["amount"]) == ("John Carter, Tickets", "-20.00")
    [audit] = desk.owner("select * from audit_log where resource = 'operation:' || %(id)s", id=str(paid["id"]))
    assert (audit["actor"], audit["action"]) == ("schedule", "operation.completed")
    assert sound(desk)


async def test_a_day_on_which_a_standing_order_was_paid_is_not_promised_again(desk: Desk, work: Work):
    """It would be passed by without a word, as a day is paid once."""
    day = later(desk, 5)
    await order(desk, "20", day, "monthly")
    assert await work(london(day, 6, 30)) == Tally(payments_made=1)
    afternoon = at(desk, london(day, 15))

    refused = await afternoon.ask(desk.alex, "change_standing_order", date=str(day))

    tomorrow = day + timedelta(days=1)
    assert (refused["status"], refused["earliest"]) == ("date_past", str(tomorrow))
    moved = await approved(afternoon, desk.alex, "change_standing_order", date=str(tomorrow))
    assert moved.status == "completed"
    assert await work(london(day, 16)) == Tally()
    assert await work(london(tomorrow, 6)) == Tally(payments_made=1)
    # The payment of the next month was moved, so it is not made then.
    assert await work(london(add_months(day, 1), 6)) == Tally()
    assert orders(desk)[0]["next_run_on"] == add_months(tomorrow, 1)


async def test_a_standing_order_is_paid_on_each_of_its_days(desk: Desk, work: Work):
    first, before = later(desk, 5), balances(desk)
    await order(desk, "850", first, "monthly", payee="Sunrise Lettings", reference="Rent")
    [rent] = orders(desk)
    set_balance(desk, "Everyday", 500_000)

    for months in range(3):
        day = add_months(first, months)
        assert await work(london(day - timedelta(days=1), 23)) == Tally()
        assert await work(london(day, 6, 30)) == Tally(payments_made=1)
        assert orders(desk)[0]["next_run_on"] == add_months(first, months + 1)

    assert [paid["idempotency_key"] for paid in payments(desk)] == [
        f"standing_order:{rent['id']}:{add_months(first, months)}" for months in range(3)
    ]
    assert balances(desk) == before | {"Everyday": 500_000 - 3 * 85_000}
    rows = desk.owner(
        "select kind, description from transactions where customer_id = %(id)s and occurred_at > %(now)s",
        id=desk.alex,
        now=desk.now,
    )
    assert {(row["kind"], row["description"]) for row in rows} == {("standing_order", "Sunrise Lettings, Rent")}
    assert sound(desk)


async def test_between_own_accounts_both_sides_move(desk: Desk, work: Work):
    day, before = later(desk, 1), balances(desk)
    await order(desk, "25", day, "weekly", payee=None, to_account="Rainy Day", end_date=str(day + timedelta(days=7)))

    await work(london(day, 7))
    await work(london(day + timedelta(days=7), 7))

    assert [(paid["type"], paid["status"]) for paid in payments(desk)] == [
        ("transfer_between_accounts", "completed")
    ] * 2
    after = balances(desk)
    assert (after["Everyday"], after["Rainy Day"]) == (before["Everyday"] - 5000, before["Rainy Day"] + 5000)
    assert orders(desk)[0]["status"] == "ended"
    assert await work(london(day + timedelta(days=14), 7)) == Tally()
    assert sound(desk)


async def test_with_too_little_money_it_is_tried_once_more_at_two(desk: Desk, work: Work):
    day = later(desk, 3)
    await schedule(desk, "100", day)
    set_balance(desk, "Everyday", 9_999)

    assert await work(london(day, 6)) == Tally(payments_to_retry=1)
    assert await work(london(day, 13, 59)) == Tally()
    [row] = scheduled(desk)
    assert (row["status"], row["due_at"], payments(desk)) == ("scheduled", london(day, 14), [])

    assert await work(london(day, 14)) == Tally(payments_failed=1)
    assert await work(london(day, 18)) == Tally()
    [row], [paid] = scheduled(desk), payments(desk)
    assert (row["status"], row["error_code"], row["paid_by"]) == ("failed", "insufficient_funds", paid["id"])
    assert (paid["status"], paid["error_code"], paid["entry_id"]) == ("failed", "insufficient_funds", None)
    assert balances(desk)["Everyday"] == 9_999
    assert sound(desk)


async def test_money_that_comes_before_two_is_enough(desk: Desk, work: Work):
    day = later(desk, 3)
    await schedule(desk, "100", day)
    set_balance(desk, "Everyday", 0)

    await work(london(day, 6))
    set_balance(desk, "Everyday", 10_000)

    assert await work(london(day, 14)) == Tally(payments_made=1)
    assert balances(desk)["Everyday"] == 0
    assert scheduled(desk)[0]["status"] == "paid"


async def test_a_standing_order_skips_a_day_that_failed(desk: Desk, work: Work):
    day = later(desk, 5)
    await order(desk, "850", day, "monthly", payee="Sunrise Lettings")
    set_balance(desk, "Everyday", 84_999)

    await work(london(day, 6))
    await work(london(day, 14))
    set_balance(desk, "Everyday", 85_000)
    await work(london(add_months(day, 1), 6))

    assert [(paid["status"], paid["error_code"]) for paid in payments(desk)] == [
        ("failed", "insufficient_funds"),
        ("completed", None),
    ]
    assert balances(desk)["Everyday"] == 0
    assert (orders(desk)[0]["next_run_on"], orders(desk)[0]["status"]) == (add_months(day, 2), "active")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update accounts set status = 'frozen' where name = 'Everyday'", "account_frozen"),
        ("update accounts set status = 'closed' where name = 'Everyday'", "account_closed"),
        ("update payees set removed_at = now() where name = 'John Carter'", "payee_gone"),
        ("update scheduled_payments set amount_minor = 1000001", "over_payment_limit"),
        ("update accounts set currency = 'USD' where name = 'Nowhere'", None),
    ],
)
async def test_what_the_bank_refuses_is_a_failed_operation_and_nothing_is_posted(
    desk: Desk, work: Work, change: LiteralString, code: str | None
):
    day = later(desk, 2)
    set_balance(desk, "Everyday", 5_000_000)
    await schedule(desk, "20", day)
    before = balances(desk)
    desk.owner(change)

    await work(london(day, 6))

    [row], [paid] = scheduled(desk), payments(desk)
    assert (row["error_code"], paid["error_code"]) == (code, code)
    assert (row["status"], paid["status"]) == (("failed", "failed") if code else ("paid", "completed"))
    assert (balances(desk) == before) is (code is not None)
    assert sound(desk)


async def test_payments_of_a_day_count_towards_the_days_limit(desk: Desk, work: Work):
    day = later(desk, 2)
    set_balance(desk, "Everyday", 5_000_000)
    await schedule(desk, "6000", day)
    await schedule(desk, "4000.01", day)
    await schedule(desk, "4000", day)

    assert await work(london(day, 6)) == Tally(payments_made=2, payments_failed=1)

    assert [(row["amount_minor"], row["error_code"]) for row in scheduled(desk)] == [
        (600_000, None),
        (400_001, "over_daily_limit"),
        (400_000, None),
    ]


async def test_after_the_cut_off_euros_leave_on_the_next_day_that_runs(desk: Desk, work: Work):
    """Thursday 25 March 2027 is the last working day before Easter, when clocks change."""
    add_payee(desk, "Casa Miramar", "EUR", "DE89370400440532013000")
    thursday, tuesday = date(2027, 3, 25), date(2027, 3, 30)
    march = at(desk, london(date(2027, 3, 23), 12))
    await schedule(march, "80", thursday, payee="Casa")
    before = balances(desk)

    assert await work(london(thursday, 15)) == Tally(payments_postponed=1)
    assert scheduled(desk)[0]["due_at"] == london(tuesday, 6)
    assert await work(london(date(2027, 3, 29), 12)) == Tally()
    assert await work(london(tuesday, 6)) == Tally(payments_made=1)

    assert balances(desk) == before | {"Travel": before["Travel"] - 8000}
    [paid] = payments(desk)
    assert paid["idempotency_key"].endswith(":2027-03-25"), "it is the same payment, a few days later"
    assert sound(desk)


async def test_a_second_try_that_began_in_time_is_made_after_the_cut_off(desk: Desk, work: Work):
    add_payee(desk, "Casa Miramar", "EUR", "DE89370400440532013000")
    day = date(2027, 4, 1)
    await schedule(at(desk, london(date(2027, 3, 30), 12)), "80", day, payee="Casa")
    set_balance(desk, "Travel", 0)

    assert await work(london(day, 6)) == Tally(payments_to_retry=1)
    set_balance(desk, "Travel", 8000)

    assert await work(london(day, 15, 30)) == Tally(payments_made=1)


async def test_a_bank_that_was_away_makes_what_it_missed_each_once(desk: Desk, work: Work):
    first = later(desk, 5)
    await order(desk, "850", first, "monthly", payee="Sunrise Lettings")
    set_balance(desk, "Everyday", 500_000)

    assert await work(london(add_months(first, 2), 12)) == Tally(payments_made=3)

    assert [paid["idempotency_key"].rpartition(":")[2] for paid in payments(desk)] == [
        str(add_months(first, months)) for months in range(3)
    ]
    assert balances(desk)["Everyday"] == 500_000 - 3 * 85_000


async def test_many_workers_at_once_make_each_payment_once(desk: Desk, work: Work, open_login: Open):
    day = later(desk, 2)
    for number in range(12):
        await schedule(desk, f"1.{number:02}", day, payee="Maria" if number % 2 else "John")
    before = balances(desk)["Everyday"]
    workers = [Worker(await open_login(desk.services), lambda: london(day, 9)) for _ in range(4)]

    tallies = await asyncio.gather(*(worker.run_once() for worker in workers))

    assert await work(london(day, 9)) == Tally()
    made = payments(desk)
    assert len(made) == 12
    assert {paid["status"] for paid in made} == {"completed"}
    assert sum(tally.errors for tally in tallies) == 0
    assert balances(desk)["Everyday"] == before - sum(100 + number for number in range(12))
    assert sound(desk)


async def test_what_somebody_else_is_working_on_is_left_to_them(desk: Desk, work: Work):
    day = later(desk, 2)
    await schedule(desk, "20", day)
    with psycopg.connect(desk.services.owner_url) as other:
        other.execute("select * from scheduled_payments for update")
        assert await work(london(day, 6)) == Tally()

    assert await work(london(day, 6)) == Tally(payments_made=1)


async def test_one_payment_that_cannot_be_done_holds_up_no_other(desk: Desk, work: Work):
    """The bank's account for payments to other banks is missing: the transfer between own accounts needs none."""
    day = later(desk, 2)
    await schedule(desk, "20", day)
    await schedule(desk, "30", day, to_account="Rainy Day")
    desk.owner("update accounts set name = 'Gone' where name = 'Clearing' and currency = 'GBP'")

    assert await work(london(day, 6)) == Tally(payments_made=1, errors=1)
    assert [row["status"] for row in scheduled(desk)] == ["scheduled", "paid"]

    desk.owner("update accounts set name = 'Clearing' where name = 'Gone'")
    assert await work(london(day, 7)) == Tally(payments_made=1)


async def test_a_key_of_the_customers_own_choice_pays_nothing_twice(desk: Desk, work: Work):
    day, before = later(desk, 2), balances(desk)
    await schedule(desk, "20", day)
    desk.owner(
        "update banking_operations set idempotency_key = 'scheduled_payment:' || %(id)s || ':' || %(day)s",
        id=str(scheduled(desk)[0]["id"]),
        day=str(day),
    )

    assert await work(london(day, 6)) == Tally(payments_failed=1)

    assert scheduled(desk)[0]["error_code"] == "not_allowed"
    assert balances(desk) == before


async def hold(desk: Desk, kind: str, category: str, at_: datetime) -> int:
    [row] = desk.owner(
        """insert into transactions (customer_id, account_id, card_id, kind, status, amount_minor, currency, category,
                  description, occurred_at)
           select customer_id, account_id, id, %(kind)s, 'pending', -1000, 'GBP', %(category)s, 'A hold', %(at)s
             from cards where last4 = '4821' returning id""",
        kind=kind,
        category=category,
        at=at_,
    )
    return row["id"]


@pytest.mark.parametrize(
    ("kind", "category", "days"),
    [("card_payment", "groceries", 7), ("card_payment", "travel", 30), ("cash_withdrawal", "cash", 5)],
)
async def test_a_hold_that_nobody_collects_is_released_when_published(
    desk: Desk, work: Work, kind: str, category: str, days: int
):
    """Three working days from a Thursday are five days."""
    thursday = london(date(2027, 6, 10), 12)
    number = await hold(desk, kind, category, thursday)

    def held() -> tuple[str, int]:
        [row] = desk.owner(
            "select t.status, a.held_minor from transactions t join accounts a on a.id = t.account_id"
            " where t.id = %(id)s",
            id=number,
        )
        return row["status"], row["held_minor"]

    await work(thursday + timedelta(days=days, seconds=-1))
    assert held() == ("pending", 1000)
    assert await work(thursday + timedelta(days=days)) == Tally(holds_released=1)
    assert held() == ("released", 0)
    assert sound(desk)


async def test_proposals_that_nobody_confirmed_expire(desk: Desk, work: Work):
    proposed = await desk.ask(desk.alex, "freeze_card", card="4821")
    await desk.ask(desk.blair, "unfreeze_card", card="1107")

    assert await work(desk.now + PROPOSAL_TTL - timedelta(seconds=1)) == Tally()
    assert await work(desk.now + PROPOSAL_TTL) == Tally(operations_expired=2)

    rows = desk.owner("select status, error_code from banking_operations")
    assert [(row["status"], row["error_code"]) for row in rows] == [("expired", "expired")] * 2
    [audit] = desk.owner(
        "select action from audit_log where resource = 'operation:' || %(id)s", id=proposed["operation_id"]
    )
    assert audit["action"] == "operation.expired"


async def test_without_published_terms_no_hold_is_released(empty: Services, open_login: Open, seeded_at: datetime):
    worker = Worker(await open_login(empty), lambda: seeded_at)

    assert await worker.run_once() == worker.tally == Tally()


async def test_a_worker_that_is_told_to_stop_ends_its_rounds(desk: Desk, work: Work, open_login: Open):
    day = later(desk, 2)
    await schedule(desk, "20", day)
    rounds: list[Worker] = []

    def clock() -> datetime:
        rounds.append(worker)
        if len(rounds) == 3:
            worker.stop()
        return london(day, 6)

    worker = Worker(await open_login(desk.services), clock)
    await asyncio.wait_for(worker.run(timedelta(milliseconds=10)), 30)

    assert len(rounds) == 3
    assert worker.tally == Tally(payments_made=1)
    assert await work(london(day, 6)) == Tally()


@pytest.mark.parametrize(
    "statement",
    [
        "select amount_minor from scheduled_payments",
        "select payee_id from scheduled_payments",
        "select reference from standing_orders",
        "select amount_minor from standing_orders",
        "select description from transactions",
        "select amount_minor from transactions",
        "select payload from banking_operations",
        "select * from accounts",
        "select * from customers",
        "select * from payees",
        "select * from postings",
        "select * from chat_messages",
        "delete from scheduled_payments",
        "update standing_orders set next_run_on = current_date",
        "insert into banking_operations default values",
        "select post_entry(null, now())",
        "select end_operation(gen_random_uuid(), 'pending', 'cancelled', null, now())",
        "select execute_operation(gen_random_uuid(), '', now())",
        "set role tellergraph_owner",
        "set role tellergraph_app",
        "set role tellergraph_staff",
    ],
)
def test_the_workers_login_sees_whose_what_is_due_when_and_no_more(reading_desk: Desk, statement: LiteralString):
    with (
        psycopg.connect(reading_desk.services.worker_url) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


async def test_the_workers_login_changes_nothing_but_through_the_functions(desk: Desk):
    await schedule(desk, "20", later(desk, 2))
    with psycopg.connect(desk.services.worker_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("update scheduled_payments set not_before = now()")


async def test_the_functions_do_nothing_for_another_customer(desk: Desk):
    """The owner check of each: what is named belongs to the transaction's customer."""
    day = later(desk, 2)
    await schedule(desk, "20", day)
    proposed = await desk.ask(desk.alex, "freeze_card", card="4821")
    [row], moment = scheduled(desk), london(day, 6)
    for customer in (str(desk.blair), ""):
        with psycopg.connect(desk.services.worker_url) as connection:
            connection.execute("select set_config('app.customer_id', %s, true)", [customer])
            key = ["scheduled_payment", row["id"], day]
            assert connection.execute(
                "select run_due_payment(%s, %s, %s, null, null, '{}', %s)", [*key, moment]
            ).fetchone() == (None,)
            until = moment + timedelta(days=1)
            assert connection.execute(
                "select postpone_due_payment(%s, %s, %s, %s, %s)", [*key, until, moment]
            ).fetchone() == (False,)
            assert connection.execute(
                "select expire_operation(%s, %s)", [proposed["operation_id"], moment]
            ).fetchone() == (False,)
    assert scheduled(desk) == [row]


async def test_a_payment_is_never_run_before_its_time_or_backwards(desk: Desk):
    day = later(desk, 2)
    await order(desk, "20", day, "weekly")
    row = orders(desk)[-1]
    with psycopg.connect(desk.services.worker_url, autocommit=True) as connection:
        connection.execute("select set_config('app.customer_id', %s, false)", [str(desk.alex)])
        run = "select run_due_payment('standing_order', %s, %s, %s, null, '{}', %s)"
        for due, moment in ((day, london(day, 5, 59)), (day + timedelta(days=7), london(day, 6))):
            assert connection.execute(run, [row["id"], due, None, moment]).fetchone() == (None,)
        with pytest.raises(psycopg.DatabaseError, match="forward in time"):
            connection.execute(run, [row["id"], day, day, london(day, 6)])
    assert payments(desk) == []
