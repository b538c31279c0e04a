"""What a payment of a later day costs: the policy's fee of that day, whatever was stored with it, and no price that
has risen since its customer confirmed."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest

from core.db.database import Database
from tests.tools.asking import done
from tests.tools.bookkeeping import ask, faults
from tests.tools.conftest import Desk
from tests.tools.policies import publish
from tests.tools.schedules.scheduling import (
    Work,
    add_payee,
    at,
    balances,
    london,
    orders,
    payments,
    scheduled,
    set_balance,
)
from tools.schedules.worker import Tally, Worker

ARRANGED = london(date(2027, 4, 6), 12)
DUE = date(2027, 4, 8)
PAID = london(DUE, 9)
START, AMOUNT = 500_000, 2_000


@pytest.fixture
async def work(desk: Desk) -> AsyncIterator[Work]:
    """With dollars to pay from and somebody abroad to pay; nothing else is due."""
    desk.owner("delete from standing_orders")
    desk.owner("delete from transactions where status = 'pending'")
    await done(desk, "open_account", kind="current", currency="usd", name="Dollars")
    set_balance(desk, "Dollars", START)
    add_payee(desk, "Hal Grove", "USD", "DE89370400440532013000")
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()
    yield lambda now: Worker(database, lambda: now).run_once()
    await database.close()


async def schedule(desk: Desk) -> None:
    await done(at(desk, ARRANGED), "schedule_payment", payee="Hal Grove", amount="20", date=str(DUE), account="Dollars")


def swift_fee(desk: Desk, minor: int) -> None:
    """From an hour before the payment on."""
    terms = [{"code": "payment.swift.fee", "amount_minor": minor, "currency": "GBP"}]
    publish(desk.services.owner_url, london(DUE, 5), terms=terms)


async def fee_of_the_day(desk: Desk) -> int:
    """As a payment that is made at once would cost then."""
    asked = await ask(desk, desk.alex, "pay_payee", at=PAID, payee="Hal Grove", amount="20", account="Dollars")
    return int(Decimal(asked["fee"]) * 100)


@pytest.mark.parametrize("stored", [0, 1, 77_700], ids=["nothing", "little", "much"])
async def test_what_was_stored_with_it_is_not_posted_but_the_policys_fee(desk: Desk, work: Work, stored: int):
    await schedule(desk)
    desk.owner("update scheduled_payments set fee_minor = %(fee)s", fee=stored)

    assert await work(PAID) == Tally(payments_made=1)

    fee = await fee_of_the_day(desk)
    assert fee > 0
    assert balances(desk)["Dollars"] == START - AMOUNT - fee
    assert faults(desk) == []


async def test_a_lower_price_of_the_day_is_taken(desk: Desk, work: Work):
    await schedule(desk)
    swift_fee(desk, 400)

    assert await work(PAID) == Tally(payments_made=1)

    confirmed = scheduled(desk)[0]["fee_minor"]
    taken = START - AMOUNT - balances(desk)["Dollars"]
    assert taken == await fee_of_the_day(desk)
    assert abs(taken * 2 - confirmed) <= 1


async def test_the_same_price_at_another_rate_is_the_price_of_the_day(desk: Desk, work: Work):
    await schedule(desk)
    desk.owner(
        "insert into fx_rates (base, quote, rate, as_of) values ('GBP', 'USD', 2, %(at)s)",
        at=london(date(2027, 4, 7), 12),
    )

    assert await work(PAID) == Tally(payments_made=1)

    assert scheduled(desk)[0]["fee_minor"] < 1_600
    assert balances(desk)["Dollars"] == START - AMOUNT - 1_600


async def test_a_price_that_has_risen_is_not_taken_without_a_yes(desk: Desk, work: Work):
    await schedule(desk)
    swift_fee(desk, 950)

    assert await work(PAID) == Tally(payments_failed=1)

    assert balances(desk)["Dollars"] == START
    assert [(row["status"], row["error_code"]) for row in scheduled(desk)] == [("failed", "fee_changed")]
    shown = await at(desk, PAID).ask(desk.alex, "get_transfer_status", reference=str(payments(desk)[0]["id"]))
    assert "fee has changed" in str(shown)


async def test_a_standing_order_skips_the_day_whose_price_has_risen(desk: Desk, work: Work):
    arranged = {"payee": "Hal Grove", "amount": "20", "date": str(DUE), "frequency": "monthly", "account": "Dollars"}
    await done(at(desk, ARRANGED), "create_standing_order", **arranged)
    swift_fee(desk, 950)

    assert await work(PAID) == Tally(payments_failed=1)

    assert balances(desk)["Dollars"] == START
    [order] = orders(desk)
    assert (order["status"], order["next_run_on"] > DUE) == ("active", True)
    assert payments(desk)[0]["error_code"] == "fee_changed"
