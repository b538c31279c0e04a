"""Money comes back once, and not more than left the account for good. Issue 6: "Provisional credit and its reversal are
ledger transactions"."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from core.db.database import Database
from core.errors import Refused
from tests.tools.asking import at, done
from tests.tools.conftest import Desk
from tests.tools.disputes.disputing import Become, balance, clock, disputed, live_in, pay, sound, state
from tools.disputes.staff import decide_action, propose_action
from tools.schedules.worker import Tally, Worker
from tools.staff.actions import Change
from tools.staff.actions import decide_action as decide_staff_action
from tools.staff.actions import propose_action as propose_staff_action
from tools.staff.context import StaffContext

Work = Callable[[datetime], Awaitable[Tally]]


@pytest.fixture
def become(desk: Desk) -> Become:
    ids = {row["role"]: row["id"] for row in desk.owner("select role, id from staff")}
    return lambda role: StaffContext(desk.database, ids[role], desk.now)


@pytest.fixture
async def work(desk: Desk) -> AsyncIterator[Work]:
    desk.owner("delete from standing_orders")
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()

    async def round_at(now: datetime) -> Tally:
        return await Worker(database, lambda: now).run_once()

    yield round_at
    await database.close()


async def decided(desk: Desk, become: Become, dispute: UUID, kind: str) -> None:
    proposed = await propose_action(become("agent"), dispute, kind, "The receipt is signed.")  # pyright: ignore[reportArgumentType]
    await decide_action(become("supervisor"), dispute, proposed.actions[0].id, "approve")


def captured(desk: Desk, transaction: int, minor: int) -> None:
    """The card network takes less than it held."""
    with psycopg.connect(desk.services.worker_url) as worker:
        worker.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        worker.execute("select capture_hold(%s, %s, %s)", [transaction, minor, desk.now])


def latest(desk: Desk, kind: str) -> int:
    query = "select id from transactions where kind = %(kind)s and customer_id = %(id)s order by id desc limit 1"
    return desk.owner(query, kind=kind, id=desk.alex)[0]["id"]


def entry_of(desk: Desk, transaction: int) -> int:
    return desk.owner("select entry_id from transactions where id = %(id)s", id=transaction)[0]["entry_id"]


@pytest.mark.parametrize("verdict", ["resolve_for_customer", "resolve_for_merchant"])
async def test_of_a_payment_that_was_booked_smaller_what_was_taken_comes_back(
    desk: Desk, become: Become, work: Work, verdict: str
):
    before = balance(desk)
    transaction = pay(desk, 10_000, status="pending")
    dispute = await disputed(desk, transaction)
    captured(desk, transaction, 6_000)
    assert balance(desk) == before - 6_000

    await work(clock(desk, dispute, "refund")["due_at"])
    assert (balance(desk), state(desk, dispute)) == (before, "provisionally_credited")
    await decided(desk, become, dispute, verdict)
    if verdict == "resolve_for_merchant":
        await work(clock(desk, dispute, "debit")["due_at"])
        assert balance(desk) == before - 6_000
    else:
        assert balance(desk) == before
    assert sound(desk)


async def test_what_a_decision_took_back_is_not_disputed_again(desk: Desk, become: Become, work: Work):
    live_in(desk, "US")
    dispute = await disputed(desk, pay(desk, country="US"))
    await work(clock(desk, dispute, "provisional_credit")["due_at"])
    await decided(desk, become, dispute, "resolve_for_merchant")
    await work(clock(desk, dispute, "debit")["due_at"])
    taken = latest(desk, "provisional_credit_reversal")
    later = at(desk, desk.now + timedelta(days=30))
    refused = await later.ask(desk.alex, "open_dispute", reference=str(taken), reason="unauthorised")
    assert refused["status"] == "not_disputable"


@pytest.mark.parametrize(
    ("tool", "kind", "to"),
    [("transfer_between_accounts", "transfer_out", "Rainy Day"), ("transfer_between_accounts", "exchange", "Travel")],
    ids=["savings", "another-currency"],
)
async def test_money_that_went_to_an_account_of_ones_own_is_not_disputed(desk: Desk, tool: str, kind: str, to: str):
    before = balance(desk)
    await done(desk, tool, amount="100", account="Everyday", to_account=to)
    query = """select id from transactions where customer_id = %(id)s and kind = %(kind)s and amount_minor < 0
                order by id desc limit 1"""
    [row] = desk.owner(query, id=desk.alex, kind=kind)
    for reason in ("unauthorised", "scam", "wrong_recipient"):
        refused = await desk.ask(desk.alex, "open_dispute", reference=str(row["id"]), reason=reason)
        assert refused["status"] == "not_disputable"
        assert "own" in refused["message"]
    assert balance(desk) < before


async def test_a_credited_payment_is_not_reversed_by_staff_as_well(desk: Desk, become: Become, work: Work):
    transaction = pay(desk)
    dispute = await disputed(desk, transaction)
    await work(clock(desk, dispute, "refund")["due_at"])
    for entry in (entry_of(desk, transaction), entry_of(desk, latest(desk, "provisional_credit"))):
        with pytest.raises(Refused) as refused:
            await propose_staff_action(become("agent"), desk.alex, Change("reverse_entry", entry_id=entry), "once more")
        assert refused.value.error_code == "disputed"


async def test_a_reversal_that_was_proposed_before_the_credit_fails_after_it(desk: Desk, become: Become, work: Work):
    transaction = pay(desk)
    change = Change("reverse_entry", entry_id=entry_of(desk, transaction))
    action = await propose_staff_action(become("agent"), desk.alex, change, "a mistake")
    dispute = await disputed(desk, transaction)
    await work(clock(desk, dispute, "refund")["due_at"])
    before = balance(desk)
    ended = await decide_staff_action(become("supervisor"), action.id, "approve")
    assert (ended.error_code, balance(desk)) == ("disputed", before)


async def test_what_was_reversed_is_not_credited_as_well(desk: Desk, become: Become, work: Work):
    before = balance(desk)
    transaction = pay(desk)
    dispute = await disputed(desk, transaction)
    change = Change("reverse_entry", entry_id=entry_of(desk, transaction))
    action = await propose_staff_action(become("agent"), desk.alex, change, "a mistake")
    await decide_staff_action(become("supervisor"), action.id, "approve")
    await work(clock(desk, dispute, "refund")["due_at"])
    assert (balance(desk), clock(desk, dispute, "refund")["outcome"]) == (before, "not_possible")
    assert sound(desk)


async def test_a_promised_day_that_nobody_promises_gives_no_more_time(desk: Desk):
    # A day more than the limit: an hour of summer time may put the booking on the day after.
    long_ago = str(pay(desk, at=desk.now - timedelta(days=542)))
    for day in ("9999-12-31", "2100-01-01", "0001-01-01"):
        answer = await desk.ask(desk.alex, "open_dispute", reference=long_ago, reason="not_received", expected_on=day)
        assert answer["status"] == "not_disputable", day


async def test_an_account_is_not_closed_while_a_dispute_of_it_runs(desk: Desk):
    desk.owner("update cards set status = 'frozen' where customer_id = %(id)s", id=desk.alex)
    desk.owner("delete from standing_orders")
    await done(desk, "open_account", kind="current", currency="GBP", name="Other")
    await disputed(desk, pay(desk))
    refused = await desk.ask(desk.alex, "close_account", account="Everyday")
    assert "Disputes of payments from it are not settled" in refused["message"]
