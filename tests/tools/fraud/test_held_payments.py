"""A held payment: the money is set aside, nobody is paid, and a person or the clock ends it, once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.db.database import Database
from core.errors import Forbidden, Refused
from tests.tools.bookkeeping import approve, ask, faults
from tests.tools.conftest import Desk
from tests.tools.fraud.payments import account, alerts, end, hold
from tools.operations import decide
from tools.schedules.worker import Tally, Worker
from tools.staff.actions import Change, decide_action, propose_action
from tools.staff.context import StaffContext

DAY = timedelta(days=1)


async def test_the_money_is_set_aside_and_nobody_is_paid(desk: Desk):
    held = await hold(desk)
    assert account(desk) == (1_025_000, 300_000)
    assert faults(desk) == []
    [alert] = alerts(desk)
    assert (alert["status"], alert["operation_id"]) == ("open", held.id)
    listed = await desk.ask(desk.alex, "list_held_payments")
    [payment] = listed["payments"]
    assert (payment["payee"], payment["amount"], payment["reference"]) == ("Nora Quill", "3000.00", str(held.id))
    transfers = await desk.ask(desk.alex, "get_transfer_status", reference=str(held.id))
    assert transfers["transfers"][0]["transfer_status"] == "held"


async def test_what_is_set_aside_cannot_be_spent(desk: Desk):
    await hold(desk)
    refused = await desk.call(
        desk.alex, "transfer_between_accounts", amount="8000", account="Rainy Day", to_account="Everyday"
    )
    assert refused.error_code == "insufficient_funds"


async def test_the_customer_lets_it_go_with_a_code(desk: Desk):
    held = await hold(desk)
    asked = await ask(desk, desk.alex, "release_payment")
    assert asked["step_up"]
    with pytest.raises(Refused):
        await decide(desk.context(desk.alex), UUID(asked["operation_id"]), "approve", code="000000")
    assert account(desk) == (1_025_000, 300_000)
    assert (await approve(desk, desk.alex, asked)).status == "completed"
    assert account(desk) == (725_000, 0)
    [row] = desk.owner("select status, entry_id from banking_operations where id = %(id)s", id=held.id)
    assert row["status"] == "completed"
    assert row["entry_id"]
    assert faults(desk) == []
    assert (await ask(desk, desk.alex, "release_payment"))["status"] == "nothing_held"


async def test_the_customer_cancels_it_with_a_code(desk: Desk):
    held = await hold(desk)
    asked = await ask(desk, desk.alex, "cancel_held_payment", payee="nora")
    assert asked["step_up"]
    assert (await approve(desk, desk.alex, asked)).status == "completed"
    assert account(desk) == (1_025_000, 0)
    assert desk.owner("select status from banking_operations where id = %(id)s", id=held.id) == [
        {"status": "cancelled"}
    ]
    assert faults(desk) == []


async def test_of_two_ends_the_first_counts(desk: Desk):
    await hold(desk)
    release, cancel = [await ask(desk, desk.alex, tool) for tool in ("release_payment", "cancel_held_payment")]
    assert (await approve(desk, desk.alex, cancel)).status == "completed"
    late = await approve(desk, desk.alex, release)
    assert (late.status, late.error_code) == ("failed", "not_held")
    assert account(desk) == (1_025_000, 0)


async def test_nobody_ends_somebody_elses_held_payment(desk: Desk):
    held = await hold(desk)
    for tool in ("release_payment", "cancel_held_payment"):
        found = await ask(desk, desk.blair, tool, reference=str(held.id))
        assert found["status"] == "nothing_held"


async def test_what_can_no_longer_be_posted_is_over_when_it_is_let_go(desk: Desk):
    held = await hold(desk)
    desk.owner("update payees set removed_at = now() where name = 'Nora Quill'")
    ended = await end(desk, "release_payment")
    assert (ended.status, ended.error_code) == ("failed", "payee_gone")
    assert desk.owner("select status, error_code from banking_operations where id = %(id)s", id=held.id) == [
        {"status": "failed", "error_code": "payee_gone"}
    ]
    assert account(desk) == (1_025_000, 0)


async def test_what_nobody_let_go_in_time_is_not_let_go_later(desk: Desk, staff: dict[str, StaffContext]):
    """Also where the worker has not come by yet."""
    held = await hold(desk)
    late = desk.now + 3 * DAY
    action = await propose_action(staff["maker"], desk.alex, Change("release_payment", held_id=held.id), "looked at it")
    ended = await decide_action(replace(staff["checker"], now=late - timedelta(seconds=1)), action.id, "reject")
    assert ended.status == "rejected"
    released = await end(desk, "release_payment", at=late)
    assert (released.status, released.error_code) == ("failed", "not_held")
    later = replace(staff["maker"], now=late)
    action = await propose_action(later, desk.alex, Change("release_payment", held_id=held.id), "looked at it")
    ended = await decide_action(replace(staff["checker"], now=late), action.id, "approve")
    assert (ended.status, ended.error_code) == ("failed", "not_held")
    assert account(desk) == (1_025_000, 300_000)


async def test_the_clock_gives_the_money_back(desk: Desk):
    held = await hold(desk)
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()
    try:
        moments = iter([desk.now + 3 * DAY - timedelta(seconds=1), desk.now + 3 * DAY])
        early = await Worker(database, lambda: next(moments)).run_once()
        assert account(desk)[1] == 300_000
        await Worker(database, lambda: desk.now + 3 * DAY).run_once()
    finally:
        await database.close()
    assert early != Tally(errors=1)
    [row] = desk.owner("select status, error_code from banking_operations where id = %(id)s", id=held.id)
    assert row == {"status": "expired", "error_code": "not_released"}
    assert account(desk)[1] == 0


@pytest.fixture
def staff(desk: Desk) -> dict[str, StaffContext]:
    """By name: two supervisors and an agent."""
    contexts: dict[str, StaffContext] = {}
    for name, role in (("maker", "supervisor"), ("checker", "supervisor"), ("agent", "agent")):
        [row] = desk.owner(
            """insert into staff (email, full_name, role, password_hash)
               values (%(email)s, %(name)s, %(role)s, 'x') returning id""",
            email=f"{uuid4().hex}@bank.example",
            name=name,
            role=role,
        )
        contexts[name] = StaffContext(desk.database, row["id"], desk.now)
    return contexts


@pytest.mark.parametrize(
    ("kind", "status", "left"),
    [("release_payment", "completed", (725_000, 0)), ("cancel_held_payment", "cancelled", (1_025_000, 0))],
)
async def test_staff_end_it_with_two_pairs_of_eyes(
    desk: Desk, staff: dict[str, StaffContext], kind: str, status: str, left: tuple[int, int]
):
    held = await hold(desk)
    change = Change(kind, held_id=held.id)  # pyright: ignore[reportArgumentType]
    action = await propose_action(staff["maker"], desk.alex, change, "looked at it")
    for name in ("maker", "agent"):
        with pytest.raises(Forbidden):
            await decide_action(staff[name], action.id, "approve")
    assert account(desk) == (1_025_000, 300_000)
    assert (await decide_action(staff["checker"], action.id, "approve")).status == "completed"
    assert account(desk) == left
    assert desk.owner("select status from banking_operations where id = %(id)s", id=held.id) == [{"status": status}]
    assert faults(desk) == []


async def test_staff_find_a_held_payment_in_its_customers_file_alone(desk: Desk, staff: dict[str, StaffContext]):
    held = await hold(desk)
    with pytest.raises(Exception, match="no such account or entry"):
        await propose_action(staff["maker"], desk.blair, Change("release_payment", held_id=held.id), "by mistake")


async def test_a_scheduled_payment_is_decided_about_on_its_day(desk: Desk):
    """Nobody is there to send a code: what would ask for one waits for the customer."""
    await hold(desk)
    await end(desk, "cancel_held_payment")
    day = (desk.now + 2 * DAY).date()
    asked = await ask(
        desk,
        desk.alex,
        "schedule_payment",
        amount="2900",
        payee="Nora Quill",
        account="Rainy Day",
        date=day.isoformat(),
    )
    assert (await approve(desk, desk.alex, asked)).status == "completed"
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()
    try:
        tally = await Worker(database, lambda: desk.now + 3 * DAY).run_once()
    finally:
        await database.close()
    assert tally.payments_held == 1
    assert desk.owner(
        "select status from scheduled_payments where customer_id = %(who)s and paid_by is not null", who=desk.alex
    ) == [{"status": "held"}]
    assert (await end(desk, "release_payment", at=desk.now + 3 * DAY)).status == "completed"
    assert desk.owner(
        "select status from scheduled_payments where customer_id = %(who)s and paid_by is not null", who=desk.alex
    ) == [{"status": "paid"}]
