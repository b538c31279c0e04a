"""What fraud scoring knows of the demo bank's customers before they pay anything, and what the night adds."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from core.db.database import Database
from tests.tools.conftest import Desk
from tests.tools.fraud.payments import end, hold
from tools.demo_bank.reset import reset_demo
from tools.schedules.worker import Worker

DAY = timedelta(days=1)


def events(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner(
        "select transaction_id, amount_minor from fraud_events where customer_id = %(id)s order by id", id=desk.alex
    )


def firsts(desk: Desk) -> int:
    return len(desk.owner("select 1 from fraud_firsts where customer_id = %(id)s", id=desk.alex))


async def test_customers_of_the_demo_bank_have_habits_from_the_start_and_after_a_reset(desk: Desk):
    known, places = len(events(desk)), firsts(desk)
    assert known > 100
    assert places > 10
    await hold(desk)

    reset_demo(desk.services.owner_url, "alex", desk.now)

    assert (len(events(desk)), firsts(desk)) == (known, places)
    ids = {row["id"] for row in desk.owner("select id from transactions where customer_id = %(id)s", id=desk.alex)}
    assert {event["transaction_id"] for event in events(desk)} <= ids


async def test_a_payment_that_was_decided_about_is_remembered_once(desk: Desk):
    await hold(desk)
    await end(desk, "release_payment")
    before = events(desk)
    assert before[-1] == {"transaction_id": None, "amount_minor": 300_000}

    assert desk.owner("select remember_transactions() as n") == [{"n": 0}]

    assert events(desk) == before


def settled(desk: Desk) -> str:
    return desk.owner("select until::text from fraud_days_settled")[0]["until"]


async def after_a_round(desk: Desk, now: datetime) -> str:
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()
    try:
        await Worker(database, lambda: now).run_once()
    finally:
        await database.close()
    return settled(desk)


async def test_the_worker_goes_on_with_the_totals_every_night(desk: Desk):
    begun = settled(desk)
    await hold(desk)
    night = (desk.now + 3 * DAY).replace(hour=1, minute=59)

    early = await after_a_round(desk, night)
    late = await after_a_round(desk, night + timedelta(minutes=1))

    assert begun < early < late == str(night.date() - DAY)
    totals = "select events_before from fraud_party_days where party = fraud_thing('account:60-99-01 11223344')"
    assert desk.owner(totals) == [{"events_before": 0}]


async def test_a_bank_that_was_never_filled_is_left_to_the_backfill(desk: Desk):
    desk.owner("update fraud_days_settled set until = '-infinity'")
    assert await after_a_round(desk, desk.now + 3 * DAY) == "-infinity"


def test_no_customers_transaction_settles_totals(desk: Desk):
    with psycopg.connect(desk.services.worker_url) as worker:
        worker.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        assert worker.execute("select settle_fraud_totals(%s)", [desk.now + 9 * DAY]).fetchone() == (False,)
    with (
        psycopg.connect(desk.services.app_url) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        app.execute("select settle_fraud_totals(now())")
