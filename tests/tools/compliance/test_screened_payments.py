"""Payments to somebody who is on a list wait for staff, and nobody who serves or is the customer can tell why. Issue 6:
"Tipping off is impossible"; decided "inside the posting path"."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.db.database import Database
from core.errors import Forbidden, Refused
from tests.tools.asking import done
from tests.tools.bookkeeping import approve, ask, faults
from tests.tools.conftest import Desk
from tests.tools.fraud.payments import account, alerts, decided, end, hold, meet_somebody, propose_large
from tests.tools.schedules.scheduling import add_payee
from tools.compliance.screening.rescreen import rescreen
from tools.compliance.screening.review import Verdict, decide_verdict, propose_verdict
from tools.operations import Operation
from tools.schedules.worker import Tally, Worker
from tools.staff.actions import Change, decide_action, propose_action
from tools.staff.context import StaffContext

MARIA = "m-1,Maria López,,ES"
NOBODY = "1,Zzyzx Nobody,,GB"
DAY = timedelta(days=1)
Become = Callable[[str], StaffContext]
Load = Callable[..., object]
Round = Callable[[int], Awaitable[Tally]]


async def pay(desk: Desk, payee: str = "Maria Lopez", amount: str = "10", **more: Any) -> Operation:
    return await approve(desk, desk.alex, await ask(desk, desk.alex, "pay_payee", payee=payee, amount=amount, **more))


def payee_id(desk: Desk, name: str = "Maria Lopez") -> UUID:
    [row] = desk.owner("select id from payees where customer_id = %(id)s and name = %(name)s", id=desk.alex, name=name)
    return row["id"]


def screened(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select kind, subject_id, generation from screening_subjects order by at, subject_id")


async def review(desk: Desk, become: Become, verdict: Verdict = "false_positive") -> None:
    """By two of compliance."""
    for hit in desk.owner("select id from screening_hits where status = 'open'"):
        await propose_verdict(become("supervisor"), hit["id"], verdict, "compared the dates of birth")
        await decide_verdict(become("admin"), hit["id"], "approve", "agreed")


@pytest.fixture
async def work(desk: Desk) -> AsyncIterator[Round]:
    """``work(3)``: a worker's round in three days, in a bank where nothing is due but what a test adds."""
    desk.owner("delete from standing_orders")
    desk.owner("delete from transactions where status = 'pending'")
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()
    yield lambda days: Worker(database, lambda: desk.now + days * DAY).run_once()
    await database.close()


# At once


async def test_a_payment_to_somebody_on_a_list_is_held_and_one_to_another_is_made(desk: Desk, load: Load):
    load(MARIA)

    held, made = await pay(desk), await pay(desk, "John Carter")

    assert (held.status, held.error) == ("held", None)
    assert made.status == "completed"
    assert account(desk, "Everyday")[0] == 248_015 - 1000
    assert decided(desk, held.id)["outcome"] == "allow"
    assert [alert["operation_id"] for alert in alerts(desk)] == [held.id]
    assert faults(desk) == []


async def test_without_a_list_nobody_is_screened(desk: Desk):
    assert (await pay(desk)).status == "completed"
    await meet_somebody(desk)
    assert screened(desk) == []


async def test_a_payee_is_screened_once_and_again_when_the_lists_change(desk: Desk, load: Load):
    load(NOBODY)
    await pay(desk)
    first = screened(desk)
    await pay(desk)
    assert screened(desk) == first
    assert [(row["kind"], row["subject_id"]) for row in first] == [("payee", payee_id(desk))]

    load(NOBODY, MARIA)
    rescreen(desk.services.owner_url, desk.bank.seal, desk.now)
    assert (await pay(desk)).status == "held"


async def test_a_payment_prepared_before_the_first_list_waits_until_its_payee_is_screened(
    desk: Desk, load: Load, become: Become
):
    """Whoever does not ask the screening cannot pass by it: the database pays nobody who was not screened."""
    asked = await ask(desk, desk.alex, "pay_payee", payee="John Carter", amount="10")
    load(NOBODY)

    held = await approve(desk, desk.alex, asked)

    assert held.status == "held"
    with pytest.raises(Refused):
        await propose_action(become("supervisor"), desk.alex, Change("release_payment", held_id=held.id), "looked")
    rescreen(desk.services.owner_url, desk.bank.seal, desk.now)
    assert (await end(desk, "release_payment")).status == "completed"


@pytest.mark.parametrize("is_renamed", [False, True], ids=["added", "renamed"])
async def test_a_payee_is_added_or_renamed_as_ever_and_payments_to_it_wait(desk: Desk, load: Load, is_renamed: bool):
    load("n-1,Nora Quill,,GB")
    await meet_somebody(desk, "Gus Tiller" if is_renamed else "Nora Quill")
    if is_renamed:
        await done(desk, "change_payee", payee="Gus Tiller", name="Nora Quill")

    assert (await pay(desk, "Nora Quill")).status == "held"


async def test_another_name_for_a_payee_ends_no_review(desk: Desk, load: Load):
    load(MARIA)
    await pay(desk)
    await done(desk, "change_payee", payee="Maria Lopez", name="Rent")

    assert (await pay(desk, "Rent")).status == "held"
    assert {hit["status"] for hit in desk.owner("select status from screening_hits")} == {"open"}


# What the customer sees


async def test_it_looks_like_any_payment_that_is_held(desk: Desk, load: Load, caplog: pytest.LogCaptureFixture):
    """The same first payment to the same payee, held for the fraud engine's doubts and for a hit."""
    await meet_somebody(desk)
    seen: list[str] = []
    for is_listed in (False, True):
        if is_listed:
            load("n-1,Nora Quill,,GB")
        caplog.clear()
        proposed = await propose_large(desk)
        held = await approve(desk, desk.alex, proposed)
        tools = ("list_held_payments", "list_fraud_alerts", "get_transfer_status", "list_payees")
        told: list[Any] = [await desk.ask(desk.alex, tool) for tool in tools]
        told += [proposed, held.status, held.error, caplog.text]
        seen.append(json.dumps(told, default=str))
        await end(desk, "cancel_held_payment")
        desk.owner("delete from fraud_alerts where operation_id = %(id)s", id=held.id)
    fraud, listed = (text.casefold() for text in seen)
    for word in ("screen", "sanction", "compliance", "listed", "match"):
        assert listed.count(word) == fraud.count(word), word


async def test_a_held_payment_of_a_listed_payee_has_the_fields_of_any_other(desk: Desk, load: Load):
    await hold(desk)
    [fraud] = (await desk.ask(desk.alex, "list_held_payments"))["payments"]
    await end(desk, "cancel_held_payment")
    load(MARIA)
    await pay(desk)

    [listed] = (await desk.ask(desk.alex, "list_held_payments"))["payments"]

    assert set(listed) == set(fraud)
    assert (listed["payee"], listed["amount"]) == ("Maria Lopez", "10.00")
    audit = desk.owner("select action, detail from audit_log where customer_id = %(id)s", id=desk.alex)
    assert "screening" not in json.dumps(audit, default=str)


async def test_the_customer_cannot_let_it_go_and_is_told_what_anybody_is_who_waits_for_staff(
    desk: Desk, load: Load, become: Become
):
    held = await hold(desk)
    change = Change("release_payment", held_id=held.id)
    action = await propose_action(become("supervisor"), desk.alex, change, "looked at it")
    fraud = await end(desk, "release_payment")
    assert (fraud.status, fraud.error_code) == ("failed", "still_checked")
    await decide_action(become("admin"), action.id, "approve")
    before = account(desk, "Everyday")
    load(MARIA)
    await pay(desk)

    listed = await end(desk, "release_payment", at=desk.now + timedelta(minutes=1))

    assert (listed.status, listed.error) == (fraud.status, fraud.error)
    assert account(desk, "Everyday") == (before[0], before[1] + 1000)


# Staff


async def test_staff_let_it_go_with_four_eyes_once_the_hit_is_a_false_positive(desk: Desk, load: Load, become: Become):
    load(MARIA)
    before = account(desk, "Everyday")[0]
    held = await pay(desk)
    change = Change("release_payment", held_id=held.id)
    with pytest.raises(Refused) as refused:
        await propose_action(become("supervisor"), desk.alex, change, "looks fine")
    assert refused.value.error_code == "still_checked"

    await review(desk, become)
    action = await propose_action(become("supervisor"), desk.alex, change, "looks fine")
    with pytest.raises(Forbidden):
        await decide_action(become("supervisor"), action.id, "approve")
    assert (await decide_action(become("admin"), action.id, "approve")).status == "completed"

    assert account(desk, "Everyday")[0] == before - 1000
    assert (await pay(desk)).status == "completed"
    assert faults(desk) == []


async def test_a_hit_that_comes_between_the_two_stops_the_release(desk: Desk, load: Load, become: Become):
    held = await hold(desk)
    change = Change("release_payment", held_id=held.id)
    action = await propose_action(become("supervisor"), desk.alex, change, "looks fine")
    load("n-1,Nora Quill,,GB")
    rescreen(desk.services.owner_url, desk.bank.seal, desk.now)

    assert (await decide_action(become("admin"), action.id, "approve")).status != "completed"
    assert account(desk) == (1_025_000, 300_000)


async def test_nobody_lets_a_payment_go_to_somebody_who_is_on_the_list(desk: Desk, load: Load, become: Become):
    load(MARIA)
    held = await pay(desk)
    await review(desk, become, "true_match")

    with pytest.raises(Refused):
        await propose_action(become("supervisor"), desk.alex, Change("release_payment", held_id=held.id), "really?")
    assert (await end(desk, "release_payment")).error_code == "still_checked"
    assert (await pay(desk, amount="11")).status == "held"


# By the worker


def in_days(desk: Desk, days: int) -> date:
    return (desk.now + days * DAY).date()


async def schedule(desk: Desk, payee: str) -> None:
    await done(desk, "schedule_payment", payee=payee, amount="20", date=str(in_days(desk, 2)))


async def test_the_worker_holds_what_goes_to_somebody_on_a_list_and_makes_the_rest(desk: Desk, load: Load, work: Round):
    """The list came after they were scheduled: the worker screens whom nobody has compared with it."""
    for payee in ("Maria Lopez", "John Carter"):
        await schedule(desk, payee)
    await done(
        desk,
        "create_standing_order",
        payee="Maria Lopez",
        amount="5",
        date=str(in_days(desk, 2)),
        frequency="monthly",
    )
    load(MARIA)

    assert await work(3) == Tally(payments_made=1, payments_held=2)

    rows = desk.owner("select status, error_code from scheduled_payments where customer_id = %(id)s", id=desk.alex)
    assert sorted((row["status"], row["error_code"]) for row in rows) == [("held", None), ("paid", None)]
    assert {row["subject_id"] for row in screened(desk)} == {payee_id(desk), payee_id(desk, "John Carter")}
    assert await work(3) == Tally()
    assert faults(desk) == []


async def test_the_worker_learns_no_name_of_another_customers_payee(desk: Desk, load: Load):
    load(NOBODY)
    payee = add_payee(desk, "Anna Berg", "EUR", "DE89370400440532013000")
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()
    try:
        names: list[str] = []
        for customer in (desk.alex, desk.blair):
            async with database.writing() as db:
                await db.execute("select set_config('app.customer_id', %(id)s, true)", {"id": str(customer)})
                rows = await db.dicts("select name from payee_to_screen('payee', %(id)s)", {"id": payee})
                names += [row["name"] for row in rows if row["name"]]
    finally:
        await database.close()
    assert names == ["Anna Berg"]
