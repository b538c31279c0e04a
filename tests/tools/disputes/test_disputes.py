"""Customers dispute payments, the bank decides by legal deadlines, and money comes back once. Issue 6, "Disputes"."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from core.db.database import Database
from core.errors import Conflict, Forbidden, NotFound, Refused
from tests.tools.asking import approved, at, done, prepared
from tests.tools.conftest import Desk
from tests.tools.disputes.disputing import (
    Become,
    balance,
    clock,
    disputed,
    live_in,
    looked_at,
    pay,
    sound,
    state,
)
from tools.attachments.cipher import FileCipher
from tools.attachments.store import Attachments
from tools.disputes.bank_days import business_days_after, local_day
from tools.disputes.staff import (
    decide_action,
    get_evidence,
    investigate,
    list_open_disputes,
    propose_action,
    request_evidence,
)
from tools.schedules.worker import Tally, Worker
from tools.staff.context import StaffContext

Work = Callable[[datetime], Awaitable[Tally]]
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"


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


async def decided(desk: Desk, become: Become, dispute: UUID, kind: str, reason: str = "The receipt is signed.") -> None:
    proposed = await propose_action(become("agent"), dispute, kind, reason)  # pyright: ignore[reportArgumentType]
    await decide_action(become("supervisor"), dispute, proposed.actions[0].id, "approve")


async def test_a_payment_that_was_not_the_customers_is_back_by_the_next_business_day(desk: Desk, work: Work):
    before = balance(desk)
    dispute = await disputed(desk, pay(desk))
    due = clock(desk, dispute, "refund")
    assert due["rule"] == "PSRs 2017, reg. 76(2)"
    assert due["due_on"] == business_days_after(local_day(desk.now, "GB"), 1, "GB")

    assert (await work(due["due_at"] - timedelta(seconds=1))).dispute_clocks_ended == 0
    assert (await work(due["due_at"])).dispute_clocks_ended == 1
    assert (await work(due["due_at"])).dispute_clocks_ended == 0

    assert balance(desk) == before
    assert state(desk, dispute) == "provisionally_credited"
    assert clock(desk, dispute, "refund")["outcome"] == "met"
    entries = desk.owner("select kind, count(*) as n from journal_entries where kind like 'provisional%%' group by 1")
    assert entries == [{"kind": "provisional_credit", "n": 1}]
    [line] = desk.owner("select kind, amount_minor, description from transactions where kind = 'provisional_credit'")
    assert line["amount_minor"] == 24_999
    assert sound(desk)


async def test_several_workers_credit_once(desk: Desk, work: Work):
    before = balance(desk)
    dispute = await disputed(desk, pay(desk))
    now = clock(desk, dispute, "refund")["due_at"]
    others = [Database(desk.services.worker_url, pool_size=1) for _ in range(3)]
    for other in others:
        await other.open()
    await asyncio.gather(*(Worker(other, lambda: now).run_once() for other in others), work(now))
    for other in others:
        await other.close()
    assert balance(desk) == before
    assert sound(desk)


async def test_a_payment_that_is_still_pending_is_credited_once_it_is_booked_and_not_if_it_is_released(
    desk: Desk, work: Work
):
    transaction = pay(desk, status="pending")
    dispute = await disputed(desk, transaction)
    due = clock(desk, dispute, "refund")["due_at"]

    assert (await work(due)).dispute_clocks_ended == 0
    desk.owner("update transactions set status = 'released', released_at = now() where id = %(id)s", id=transaction)
    assert (await work(due + timedelta(hours=2))).dispute_clocks_ended == 1

    assert clock(desk, dispute, "refund")["outcome"] == "not_possible"
    assert desk.owner("select 1 from transactions where kind = 'provisional_credit'") == []


async def test_in_america_the_credit_comes_after_ten_business_days_and_goes_five_after_the_decision(
    desk: Desk, become: Become, work: Work
):
    live_in(desk, "US")
    before = balance(desk)
    dispute = await disputed(desk, pay(desk, kind="cash_withdrawal", country="US"))
    paid = balance(desk)
    due = clock(desk, dispute, "provisional_credit")
    assert (due["rule"], due["due_on"]) == (
        "12 CFR 1005.11(c)(2)(i)",
        business_days_after(local_day(desk.now, "US"), 10, "US"),
    )
    await work(due["due_at"])
    assert balance(desk) == before

    await decided(desk, become, dispute, "resolve_for_merchant")

    debit = clock(desk, dispute, "debit")
    assert debit["rule"] == "12 CFR 1005.11(d)(2)"
    assert debit["due_on"] == business_days_after(local_day(desk.now, "US"), 5, "US")
    assert (balance(desk), state(desk, dispute)) == (before, "resolved_for_merchant")
    status = await desk.ask(desk.alex, "get_dispute_status")
    assert status["deadlines"] == [
        {
            "date": debit["due_on"].isoformat(),
            "what": "we take back £249.99, credited for the time being; payments that you make before are not affected",
            "rule": "12 CFR 1005.11(d)(2)",
        }
    ]
    assert [event["what"] for event in status["events"][1:]] == [
        "£249.99 is back in your account while we look into it.",
        "It was decided that the payment stands. The receipt is signed. Ask for a colleague if you want copies of the "
        "documents that we relied on.",
    ]
    await work(debit["due_at"])
    await work(debit["due_at"])
    assert balance(desk) == paid
    kinds = desk.owner(
        "select kind, reverses_id is not null as r from journal_entries where kind like 'provisional%%' order by id"
    )
    assert [(row["kind"], row["r"]) for row in kinds] == [
        ("provisional_credit", False),
        ("provisional_credit_reversal", True),
    ]
    assert sound(desk)


async def test_a_credit_is_not_taken_back_below_the_accounts_limit(desk: Desk, become: Become, work: Work):
    dispute = await disputed(desk, pay(desk, 200_000))
    await work(clock(desk, dispute, "refund")["due_at"])
    await decided(desk, become, dispute, "resolve_for_merchant")
    pay(desk, balance(desk) - 100)

    await work(clock(desk, dispute, "debit")["due_at"])

    assert clock(desk, dispute, "debit")["outcome"] == "not_possible"
    assert balance(desk) == 100
    assert sound(desk)


async def test_deciding_for_the_customer_refunds_once_whether_it_was_credited_before_or_not(
    desk: Desk, become: Become, work: Work
):
    before = balance(desk)
    one, two = await disputed(desk, pay(desk, 1_000)), await disputed(desk, pay(desk, 2_000))
    await decided(desk, become, one, "credit")
    await decided(desk, become, one, "resolve_for_customer")
    await decided(desk, become, two, "resolve_for_customer")
    await work(desk.now + timedelta(days=30))

    assert balance(desk) == before
    posted = desk.owner(
        """select kind, amount_minor from transactions
            where kind in ('provisional_credit', 'dispute_refund') order by id"""
    )
    assert posted == [
        {"kind": "provisional_credit", "amount_minor": 1_000},
        {"kind": "dispute_refund", "amount_minor": 2_000},
    ]
    assert state(desk, two) == "resolved_for_customer"
    assert sound(desk)


async def test_nobody_approves_their_own_and_agents_approve_nothing(desk: Desk, become: Become):
    dispute = await disputed(desk, pay(desk))
    before = balance(desk)
    proposed = await propose_action(become("supervisor"), dispute, "credit", "It looks right.")
    [action] = proposed.actions
    with pytest.raises(Forbidden) as error:
        await decide_action(become("supervisor"), dispute, action.id, "approve")
    assert error.value.error_code == "four_eyes"
    with pytest.raises(Forbidden):
        await decide_action(become("agent"), dispute, action.id, "approve")
    with pytest.raises(Conflict):
        await propose_action(become("agent"), dispute, "resolve_for_customer", "It looks right.")
    assert balance(desk) == before

    await decide_action(become("admin"), dispute, action.id, "reject", "not yet")
    with pytest.raises(Conflict):
        await decide_action(become("admin"), dispute, action.id, "approve")
    assert balance(desk) == before


async def test_a_refund_is_stopped_on_suspicion_and_the_customer_does_not_see_why(
    desk: Desk, become: Become, work: Work
):
    dispute = await disputed(desk, pay(desk))
    before, due = balance(desk), clock(desk, dispute, "refund")["due_at"]
    await decided(desk, become, dispute, "suspend_refund", "Reported to the authority, number 4711.")

    await work(due)

    assert balance(desk) == before
    shown = repr(await desk.ask(desk.alex, "get_dispute_status"))
    assert not any(word in shown.lower() for word in ("4711", "suspen", "stopped", "suspic"))
    events = [event.kind for event in (await looked_at(become, dispute)).events if not event.is_shown]
    assert "refund_suspended" in events
    with pytest.raises(Refused):
        await propose_action(become("agent"), dispute, "suspend_refund", "Once more, please.")


async def test_evidence_is_asked_for_sent_and_read_by_staff_alone(desk: Desk, become: Become, work: Work):
    dispute = await disputed(desk, pay(desk), "not_received")
    attachments = Attachments(FileCipher(b"k" * 32))
    sent = await attachments.store(desk.context(desk.alex), purpose="dispute", name="order.pdf", content=PDF)
    other = await attachments.store(desk.context(desk.alex), purpose="identity", name="id.pdf", content=PDF)
    await request_evidence(become("agent"), dispute, "Please send the order.")
    assert state(desk, dispute) == "awaiting_evidence"
    status = await desk.ask(desk.alex, "get_dispute_status")
    assert any(event["what"] == "We asked you for evidence: Please send the order." for event in status["events"])
    assert "you send us what we asked for" in [deadline["what"] for deadline in status["deadlines"]]

    refused = await desk.ask(desk.alex, "add_evidence", attachment=str(other.id))
    assert refused["status"] == "file_unknown"
    await done(desk, "add_evidence", attachment=str(sent.id), note="They never sent it.")

    assert state(desk, dispute) == "investigating"
    assert clock(desk, dispute, "evidence")["outcome"] == "met"
    found = await looked_at(become, dispute)
    assert [(one.attachment_id, one.note) for one in found.evidence] == [(sent.id, "They never sent it.")]
    assert (found.visa, found.mastercard) == ("Consumer Disputes", "Cardholder Dispute")
    _, content = await get_evidence(become("agent"), attachments, dispute, sent.id, "to decide")
    assert content == PDF
    with pytest.raises(NotFound):
        await get_evidence(become("agent"), attachments, dispute, other.id, "to decide")


async def test_what_was_asked_for_and_did_not_come_does_not_end_the_dispute(desk: Desk, become: Become, work: Work):
    dispute = await disputed(desk, pay(desk), "not_received")
    await request_evidence(become("agent"), dispute, "Please send the order.")
    over = clock(desk, dispute, "evidence")["due_at"]
    await work(over - timedelta(minutes=1))
    assert state(desk, dispute) == "awaiting_evidence"
    await work(over)
    assert (state(desk, dispute), clock(desk, dispute, "evidence")["outcome"]) == ("investigating", "missed")


@pytest.mark.parametrize(("minutes", "outcome"), [(-1, "met"), (0, "late")], ids=["23:59", "midnight"])
async def test_what_comes_on_the_last_day_is_in_time_until_midnight(
    desk: Desk, become: Become, minutes: int, outcome: str
):
    dispute = await disputed(desk, pay(desk), "not_received")
    await request_evidence(become("agent"), dispute, "Please send the order.")
    when = clock(desk, dispute, "evidence")["due_at"] + timedelta(minutes=minutes)
    await done(at(desk, when), "add_evidence", note="They never sent it.")
    assert clock(desk, dispute, "evidence")["outcome"] == outcome


async def test_the_queue_shows_what_is_due_next_and_not_whose_it_is(desk: Desk, become: Become):
    goods = await disputed(desk, pay(desk), "not_received")
    stolen = await disputed(desk, pay(desk))
    await investigate(become("agent"), goods, "my turn")
    listed = await list_open_disputes(become("agent"), limit=10)
    assert [(one.id, one.state, one.next_clock) for one in listed] == [
        (stolen, "open", "refund"),
        (goods, "investigating", "filing"),
    ]
    assert str(desk.alex) not in repr(listed)
    with pytest.raises(Forbidden):
        await list_open_disputes(become("auditor"), limit=10)
    with pytest.raises(NotFound):
        await investigate(become("agent"), uuid4(), "a reason")


async def test_a_dispute_is_taken_back_until_money_was_credited(desk: Desk, become: Become, work: Work):
    first, second = pay(desk, 1_000), pay(desk, 2_000)
    one = await disputed(desk, first)
    due = clock(desk, one, "refund")["due_at"]
    await done(desk, "withdraw_dispute")
    assert state(desk, one) == "withdrawn"
    assert clock(desk, one, "refund")["outcome"] == "not_needed"
    await work(due)
    assert desk.owner("select 1 from transactions where kind = 'provisional_credit'") == []

    await disputed(desk, first)
    two = await disputed(desk, second)
    await decided(desk, become, two, "credit")
    reference = (await looked_at(become, two)).reference
    assert (await desk.ask(desk.alex, "withdraw_dispute", reference=reference))["status"] == "dispute_credited"


async def test_a_payment_is_disputed_once_and_by_its_customer_alone(desk: Desk):
    transaction = pay(desk)
    dispute = await disputed(desk, transaction)
    again = await approved(desk, await prepared(desk, "open_dispute", reference=str(transaction), reason="duplicate"))
    assert (again.status, again.error_code) == ("failed", "dispute_open")
    stranger = await desk.ask(desk.blair, "open_dispute", reference=str(transaction), reason="unauthorised")
    assert stranger["status"] == "transaction_unknown"
    assert (await desk.ask(desk.blair, "list_disputes"))["disputes"] == []
    [mine] = (await desk.ask(desk.alex, "list_disputes"))["disputes"]
    assert (mine["state"], mine["amount"], mine["payment"]) == ("open", "249.99", "Zebra Stores")
    reference = mine["reference"]
    assert (await desk.ask(desk.blair, "get_dispute_status", reference=reference))["status"] == "dispute_unknown"
    assert state(desk, dispute) == "open"


async def test_a_part_of_a_payment_can_be_disputed_and_not_more_than_it(desk: Desk, become: Become):
    transaction = pay(desk, 5_000)
    too_much = await desk.ask(
        desk.alex, "open_dispute", reference=str(transaction), reason="wrong_amount", disputed_amount="50.01"
    )
    assert too_much["status"] == "not_disputable"
    before = balance(desk)
    dispute = await disputed(desk, transaction, "wrong_amount", disputed_amount="12.50")
    await decided(desk, become, dispute, "resolve_for_customer")
    assert balance(desk) == before + 1_250


async def test_what_is_too_late_or_not_covered_is_said_with_its_rule(desk: Desk):
    cases: tuple[tuple[str, Literal["card_payment", "transfer_out"], str, int, str], ...] = (
        ("GB", "card_payment", "unauthorised", 420, "PSRs 2017, reg. 74(1)"),
        ("US", "card_payment", "unauthorised", 100, "12 CFR 1005.11(b)(1)(i)"),
        ("US", "transfer_out", "scam", 2, "another one"),
        ("JP", "card_payment", "unauthorised", 2, "another one"),
        ("GB", "card_payment", "not_received", 130, "120 days"),
    )
    for country, kind, reason, days, says in cases:
        live_in(desk, country)
        transaction = pay(desk, 100, at=desk.now - timedelta(days=days), kind=kind)
        refused = await desk.ask(desk.alex, "open_dispute", reference=str(transaction), reason=reason)
        assert refused["status"] == "not_disputable", (country, reason)
        assert says in refused["message"]
        assert "colleague" in refused["message"]


async def test_without_a_reason_the_ones_that_fit_are_offered(desk: Desk):
    asked = await desk.ask(desk.alex, "open_dispute", reference=str(pay(desk, kind="transfer_out")))
    assert asked["status"] == "reason_unclear"
    assert "I was tricked into paying" in asked["choices"]
    assert "Goods or services never came" not in asked["choices"]


async def test_money_that_came_in_is_not_disputed(desk: Desk):
    [row] = desk.owner(
        "select id from transactions where customer_id = %(id)s and amount_minor > 0 order by id desc limit 1",
        id=desk.alex,
    )
    refused = await desk.ask(desk.alex, "open_dispute", reference=str(row["id"]), reason="unauthorised")
    assert refused["status"] == "not_disputable"


async def test_what_is_decided_stays_whoever_writes(desk: Desk, become: Become):
    dispute = await disputed(desk, pay(desk))
    await decided(desk, become, dispute, "resolve_for_merchant")
    writes: tuple[tuple[LiteralString, str], ...] = (
        ("update disputes set state = 'open' where id = %(id)s", "TG084"),
        ("update disputes set amount_minor = 1 where id = %(id)s", "TG084"),
        ("update disputes set state = 'investigating' where id = %(id)s", "TG084"),
        ("delete from dispute_events", "TG001"),
        ("update dispute_evidence set note = 'other'", "TG001"),
    )
    with psycopg.connect(desk.services.owner_url) as owner:
        for query, sqlstate in writes:
            with pytest.raises(psycopg.Error) as error, owner.transaction():
                owner.execute(query, {"id": dispute})
            assert error.value.sqlstate == sqlstate, query


async def test_the_runtime_login_does_nothing_without_an_operation(desk: Desk):
    await disputed(desk, pay(desk))
    calls: tuple[tuple[LiteralString, str], ...] = (
        ("select file_dispute(1, 'unauthorised', 1, null, '{}', now())", "TG012"),
        ("select add_dispute_evidence(gen_random_uuid(), null, 'note', now())", "TG012"),
        ("select withdraw_dispute(gen_random_uuid(), now())", "TG012"),
        ("update disputes set state = 'resolved_for_customer'", "42501"),
        ("select credit_dispute(d, 'provisional_credit', now()) from disputes d", "42501"),
        ("select run_dispute_clock(id, now()) from dispute_clocks", "42501"),
    )
    with psycopg.connect(desk.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        for call, sqlstate in calls:
            with pytest.raises(psycopg.Error) as error, app.transaction():
                app.execute(call)
            assert error.value.sqlstate == sqlstate, call


async def test_a_dispute_of_long_ago_is_still_found(desk: Desk):
    await disputed(desk, pay(desk))
    later = at(desk, desk.now + timedelta(days=300))
    [found] = (await later.ask(desk.alex, "list_disputes"))["disputes"]
    assert found["opened"] == desk.context(desk.alex).today.isoformat()
