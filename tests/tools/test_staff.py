"""Staff see what they have opened, and that is on record; what they change, somebody else approves. Issue 3: "Staff
roles have their own policies and every staff read of customer data is audited", "Maker-checker for staff actions"."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from core.db.database import Scope
from core.errors import Conflict, Forbidden, NotFound, Refused, TellergraphError
from core.money import Money
from tests.tools.conftest import Desk
from tools.demo_bank import reset_demo
from tools.staff.actions import ACTION_TTL, Change, decide_action, get_action, list_actions, propose_action
from tools.staff.audit import list_audit
from tools.staff.context import StaffContext
from tools.staff.files import find_file, open_file

ROLES = ("agent", "supervisor", "auditor", "admin")
NOT_SHOWN = {
    "auth_sessions": "where and when somebody is logged in is theirs; the audit log has each beginning and end",
    "refresh_tokens": "what a login is renewed with",
    "api_keys": "what a customer's programs sign in with",
    "audit_heads": "hashes; the entries are in the audit log",
    "audit_links": "as audit_heads",
    "event_outbox": "what other systems are told; the alert itself is in the file",
    "erasures": "the data protection officer's, with tellergraph privacy",
    "legal_holds": "as erasures: who is told of one could tip off",
    "retained_records": "as erasures: sealed",
    "data_keys": "keys, though wrapped: nothing to read for anybody",
    "chat_messages": "conversations are the customer's; a hand-off brings what staff need, masked",
    "chat_sessions": "as chat_messages",
    "chat_turns": "as chat_messages",
    "confirmation_slips": "what a customer confirms with",
    "demo_outbox": "codes",
    "fraud_days_settled": "the owner's alone",
    "fraud_events": "what scoring counts; staff see decisions and alerts",
    "fraud_firsts": "as fraud_events",
    "fraud_labels": "as fraud_events",
    "fraud_party_days": "as fraud_events",
    "fraud_scores": "as fraud_events",
    "kb_chunks": "the help centre, by audience",
    "kb_postings": "the help centre, by audience",
    "kb_sizes": "the help centre, by audience",
    "kb_words": "the help centre, by audience",
    "name_checks": "which names a customer tried on which accounts",
    "screening_events": "whoever reviews hits reads them with list_screening_hits(), and no agent does",
    "screening_hits": "as screening_events",
    "screening_subjects": "as screening_events",
    "step_up_challenges": "about codes",
    "step_up_tries": "about codes",
    "turn_records": "as chat_messages, and sealed",
    "feedback": "as chat_messages: what of it is judged stands in the metrics",
    "record_removals": "which records are gone; the audit log has an entry of each",
    "totp_authenticators": "what codes are made with",
    "staff_authenticators": "as totp_authenticators",
    "second_factors": "as totp_authenticators",
    "recovery_codes": "as totp_authenticators: only hashes",
    "login_codes": "as totp_authenticators: only hashes",
    "login_identities": "who a customer is elsewhere: the login's alone",
    "login_tries": "hashes of logins and addresses: nobody's, and read by functions alone",
}
"""Tables with row-level security that no member of staff sees, and why."""


Become = Callable[[str], StaffContext]


@pytest.fixture
def become(desk: Desk) -> Become:
    """``become("agent")``: the demo bank's member of staff in a role."""
    ids = {row["role"]: row["id"] for row in desk.owner("select role, id from staff")}
    return lambda role: StaffContext(desk.database, ids[role], desk.now)


def seen(desk: Desk, scope: Scope, query: str, *opened: UUID) -> list[dict[str, Any]]:
    """What a bare statement of a staff member gives after opening files."""
    with psycopg.connect(desk.services.app_url, row_factory=dict_row) as connection:
        connection.execute("select set_config('app.staff_id', %s, true)", [str(scope.staff_id)])
        connection.execute("set local role tellergraph_staff")
        for customer_id in opened:
            connection.execute("select open_customer_file(%s, 'a test', now())", [customer_id])
        return connection.execute(cast(LiteralString, query)).fetchall()


def staff_tables(desk: Desk) -> list[str]:
    rows = desk.owner(
        """select c.relname as name from pg_class c
            where c.relkind = 'r' and c.relrowsecurity and c.relnamespace = 'public'::regnamespace
              and has_any_column_privilege('tellergraph_staff', c.oid, 'select') order by 1"""
    )
    return [row["name"] for row in rows]


def protected_tables(desk: Desk) -> set[str]:
    rows = desk.owner(
        """select relname as name from pg_class
            where relkind in ('r', 'p') and relrowsecurity and relnamespace = 'public'::regnamespace"""
    )
    return {row["name"] for row in rows}


# Reading


def test_what_staff_may_be_shown_is_decided_for_every_table(desk: Desk):
    """A new table of customers' data: call show_to_staff() in its migration, or say here why not."""
    shown = set(staff_tables(desk))

    assert protected_tables(desk) - shown == set(NOT_SHOWN)
    assert not shown & set(NOT_SHOWN)


@pytest.mark.parametrize("role", ROLES)
def test_without_opening_anything_staff_see_no_customer(desk: Desk, become: Become, role: str):
    tables = staff_tables(desk)
    assert len(tables) > 12
    for table in set(tables) - {"staff"}:
        found = seen(desk, become(role).scope, f"select count(*) as rows from {table}")  # noqa: S608
        assert found == [{"rows": 0}], table


async def test_a_file_shows_one_customer_and_says_who_looked(desk: Desk, become: Become):
    agent = become("agent")

    file = await open_file(agent, desk.alex, "asked about a payment")

    assert file.customer.email == "alex@demo.example"
    assert [account.balance for account in file.accounts if account.name == "Everyday"] == ["2480.15"]
    [read] = desk.owner("select staff_id, subject, customer_id, reason, at from staff_reads")
    assert read == {
        "staff_id": agent.staff_id,
        "subject": "customer",
        "customer_id": desk.alex,
        "reason": "asked about a payment",
        "at": desk.now,
    }
    [line] = desk.owner("select actor, customer_id, detail from audit_log where action = 'staff.file_opened'")
    assert (line["actor"], line["customer_id"]) == (f"staff:{agent.staff_id}", desk.alex)
    assert line["detail"] == {"role": "agent", "reason": "asked about a payment"}


def test_an_open_file_shows_nobody_else_in_any_table(desk: Desk, become: Become):
    columns = desk.owner(
        """select table_name as name from information_schema.columns
            where table_schema = 'public' and column_name = 'customer_id'"""
    )
    tables = {row["name"] for row in columns} & set(staff_tables(desk))
    assert len(tables) > 10
    for table in tables - {"audit_log", "staff_reads"}:
        query = f"select distinct customer_id from {table}"  # noqa: S608
        found = {row["customer_id"] for row in seen(desk, become("admin").scope, query, desk.blair)}
        assert found <= {desk.blair}, table
    assert seen(desk, become("admin").scope, "select id from customers", desk.blair) == [{"id": desk.blair}]
    assert len(seen(desk, become("admin").scope, "select id from customers", desk.blair, desk.alex)) == 2


async def test_opening_counts_for_one_transaction_and_one_person(desk: Desk, become: Become):
    await open_file(become("agent"), desk.alex, "a reason")

    assert seen(desk, become("agent").scope, "select id from accounts") == []

    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.staff_id', %s, true)", [str(become("agent").staff_id)])
        connection.execute("set local role tellergraph_staff")
        connection.execute("select open_customer_file(%s, 'a test', now())", [desk.alex])
        assert connection.execute("select count(*) > 0 from accounts").fetchone() == (True,)
        connection.execute("select set_config('app.staff_id', %s, true)", [str(become("admin").staff_id)])
        assert connection.execute("select count(*) from accounts").fetchone() == (0,)


async def test_a_search_is_on_record_whatever_it_finds(desk: Desk, become: Become):
    file = await find_file(become("agent"), " Blair@demo.example ", "lost their card")
    with pytest.raises(NotFound):
        await find_file(become("agent"), "nobody@demo.example", "lost their card")

    assert file.customer.id == desk.blair
    lines = desk.owner("select customer_id, detail from audit_log where action = 'staff.searched' order by id")
    assert [(line["customer_id"], line["detail"]["found"]) for line in lines] == [(desk.blair, True), (None, False)]
    assert "nobody" not in repr(lines)


async def test_nobody_is_staff_by_saying_so(desk: Desk, become: Become):
    for somebody in (uuid4(), desk.alex):
        stranger = replace(become("agent"), staff_id=somebody)
        with pytest.raises(Forbidden):
            await open_file(stranger, desk.blair, "a reason")
        with pytest.raises(Forbidden):
            await propose_action(stranger, desk.alex, await everyday(desk, "freeze_account"), "a reason")
    assert desk.owner("select 1 from staff_reads") == []


async def test_an_unknown_customer_and_an_empty_reason_open_nothing(desk: Desk, become: Become):
    with pytest.raises(NotFound):
        await open_file(become("agent"), uuid4(), "a reason")
    with pytest.raises(Refused):
        await open_file(become("agent"), desk.alex, "  ")
    assert desk.owner("select 1 from staff_reads") == []


async def test_auditors_and_administrators_alone_read_the_audit_log(desk: Desk, become: Become):
    await open_file(become("agent"), desk.alex, "asked about a payment")
    for role in ("agent", "supervisor"):
        with pytest.raises(Forbidden):
            await list_audit(become(role), "a review", limit=10)

    for role in ("auditor", "admin"):
        page = await list_audit(become(role), "a review", limit=10)
        newest, opened = page.lines[0], [line for line in page.lines if line.action == "staff.file_opened"]
        assert (newest.action, newest.actor) == ("staff.register_opened", f"staff:{become(role).staff_id}")
        assert [line.customer_id for line in opened] == [desk.alex]

    of_blair = await list_audit(become("auditor"), "a review", customer_id=desk.blair, limit=10)
    assert of_blair.lines == []


async def test_the_audit_log_comes_in_pages(desk: Desk, become: Become):
    for number in range(5):
        await open_file(become("agent"), desk.alex, f"reason {number}")
    auditor, before, reasons = become("auditor"), None, []
    while True:
        page = await list_audit(auditor, "a review", customer_id=desk.alex, before=before, limit=2)
        assert len(page.lines) <= 2
        reasons += [line.detail["reason"] for line in page.lines]
        before = page.next_before
        if before is None:
            break
    assert reasons == [f"reason {number}" for number in reversed(range(5))]


@pytest.mark.parametrize(
    "statement",
    [
        "select password_hash from credentials",
        "select * from credentials",
        "select password_hash from staff",
        "select * from confirmation_slips",
        "select * from step_up_challenges",
        "select * from chat_messages",
        "insert into staff_reads (staff_id, subject, reason, at) values (gen_random_uuid(), 'audit_log', 'no', now())",
        "update accounts set overdraft_minor = 1",
        "update staff_actions set status = 'completed'",
        "insert into postings (entry_id, amount_minor, currency, booked_at) values (1, 1, 'GBP', now())",
        "select reverse_entry(1, 'no', now())",
        "select require_staff('agent')",
        "select execute_operation(gen_random_uuid(), 'x', now())",
        "set role tellergraph_owner",
    ],
)
def test_staff_may_not(desk: Desk, become: Become, statement: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen(desk, become("admin").scope, statement, desk.alex)


@pytest.mark.parametrize(
    "statement",
    [
        "select open_customer_file(gen_random_uuid(), 'no', now())",
        "select open_customer_file_of('alex@demo.example', 'no', now())",
        "select open_register('audit_log', 'no', now())",
        "select decide_staff_action(gen_random_uuid(), 'approve', null, now())",
        "select open_staff_action(gen_random_uuid(), 'no', now())",
        "select list_staff_actions('pending', 10)",
        "select * from staff_actions",
        "select * from staff_reads",
        "select * from audit_log",
    ],
)
async def test_a_customers_transaction_is_no_staffs(desk: Desk, statement: LiteralString):
    with pytest.raises(TellergraphError):
        await desk.database.run((statement, {}), scope=Scope(customer_id=desk.alex))
    with psycopg.connect(desk.services.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


# Maker and checker


async def everyday(desk: Desk, kind: str) -> Change:
    [account] = desk.owner("select id from accounts where name = 'Everyday' and customer_id = %(id)s", id=desk.alex)
    return Change(cast(Any, kind), account_id=account["id"])


def account(desk: Desk, name: str, customer_id: UUID) -> dict[str, Any]:
    query: LiteralString = (
        "select id, status, balance_minor, overdraft_minor from accounts where name = %(name)s and customer_id = %(id)s"
    )
    [found] = desk.owner(query, name=name, id=customer_id)
    return found


def newest_entry(desk: Desk, customer_id: UUID, kind: str) -> dict[str, Any]:
    query: LiteralString = """
        select entry_id, account_id, amount_minor from transactions
         where customer_id = %(id)s and kind = %(kind)s and status = 'booked' order by occurred_at desc limit 1"""
    [found] = desk.owner(query, id=customer_id, kind=kind)
    return found


async def test_one_proposes_and_another_approves(desk: Desk, become: Become):
    proposed = await propose_action(
        become("agent"), desk.alex, await everyday(desk, "freeze_account"), "reported stolen phone"
    )
    assert (proposed.status, proposed.approver) == ("pending", None)
    assert account(desk, "Everyday", desk.alex)["status"] == "open"

    done = await decide_action(become("supervisor"), proposed.id, "approve", "seen the report")

    assert (done.status, done.remark) == ("completed", "seen the report")
    assert done.maker != done.approver
    assert account(desk, "Everyday", desk.alex)["status"] == "frozen"
    [operation] = desk.owner("select id, type, status, summary, initiated_by from banking_operations")
    assert (operation.pop("id"), operation) == (
        done.operation_id,
        {
            "type": "freeze_account",
            "status": "completed",
            "summary": "The bank froze your account Everyday",
            "initiated_by": "staff",
        },
    )
    lines = desk.owner("select actor, action, detail from audit_log where resource like 'staff_action:%%' order by id")
    assert [(line["action"], line["actor"]) for line in lines] == [
        ("staff_action.proposed", f"staff:{become('agent').staff_id}"),
        ("staff_action.completed", f"staff:{become('supervisor').staff_id}"),
    ]
    assert lines[1]["detail"]["maker"] == str(become("agent").staff_id)

    again = await decide_action(become("admin"), proposed.id, "approve")
    assert again == done


async def test_nobody_approves_what_they_proposed(desk: Desk, become: Become):
    proposed = await propose_action(become("supervisor"), desk.alex, await everyday(desk, "freeze_account"), "a reason")

    for decision in ("approve", "reject"):
        with pytest.raises(Forbidden) as refused:
            await decide_action(become("supervisor"), proposed.id, decision)
        assert refused.value.error_code == "four_eyes"

    assert account(desk, "Everyday", desk.alex)["status"] == "open"
    assert (await get_action(become("supervisor"), proposed.id, "a look")).status == "pending"


@pytest.mark.parametrize("role", ["agent", "auditor"])
async def test_only_supervisors_and_administrators_decide(desk: Desk, become: Become, role: str):
    proposed = await propose_action(become("supervisor"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    with pytest.raises(Forbidden) as refused:
        await decide_action(become(role), proposed.id, "approve")
    assert refused.value.error_code == "role_not_allowed"
    assert account(desk, "Everyday", desk.alex)["status"] == "open"


async def test_auditors_change_nothing_and_see_what_was_proposed(desk: Desk, become: Become):
    with pytest.raises(Forbidden):
        await propose_action(become("auditor"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    proposed = await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    [listed] = await list_actions(become("auditor"), status="pending", limit=10)
    assert (listed.id, listed.maker) == (proposed.id, proposed.maker)
    assert await get_action(become("auditor"), listed.id, "a review") == proposed


async def test_a_proposal_opens_the_customers_file_on_record(desk: Desk, become: Become):
    agent = become("agent")
    [before] = desk.owner("select coalesce(max(id), 0) as id from audit_log")
    await propose_action(agent, desk.alex, await everyday(desk, "freeze_account"), "reported stolen phone")

    [read] = desk.owner("select staff_id, customer_id, reason from staff_reads")
    assert (read["staff_id"], read["customer_id"]) == (agent.staff_id, desk.alex)
    assert read["reason"] == "reported stolen phone"
    written = desk.owner("select action from audit_log where id > %(id)s order by id", **before)
    assert [row["action"] for row in written] == ["staff.file_opened", "staff_action.proposed"]


async def test_what_is_another_customers_is_answered_like_what_is_not_there(desk: Desk, become: Become):
    """Or proposals would tell whether an account is frozen, and an entry reversed, of people nobody has looked up."""
    account_id = (await everyday(desk, "freeze_account")).account_id
    assert account_id is not None
    entry_id = newest_entry(desk, desk.alex, "transfer_out")["entry_id"]
    changes = [
        *(Change("unfreeze_account", account_id=one) for one in (account_id, uuid4())),
        *(Change("set_overdraft", account_id=one, overdraft=Money(1, "EUR")) for one in (account_id, uuid4())),
        *(Change("reverse_entry", entry_id=one) for one in (entry_id, 2**40)),
    ]
    answers: set[str] = set()
    for change in changes:
        with pytest.raises(NotFound) as refused:
            await propose_action(become("agent"), desk.blair, change, "a reason")
        answers.add(refused.value.message)

    assert len(answers) == 1
    assert desk.owner("select distinct customer_id from staff_reads") == [{"customer_id": desk.blair}]
    assert desk.owner("select 1 from staff_actions") == []


async def test_a_refused_proposal_leaves_the_line_of_who_looked(desk: Desk, become: Become):
    change = await everyday(desk, "unfreeze_account")
    with pytest.raises(Refused) as refused:
        await propose_action(become("agent"), desk.alex, change, "a hunch")
    assert refused.value.error_code == "not_frozen"
    assert desk.owner("select customer_id, reason from staff_reads") == [
        {"customer_id": desk.alex, "reason": "a hunch"}
    ]


async def test_a_reversal_between_customers_opens_both_files(desk: Desk, become: Become):
    """Whether the money can come back says something about who received it."""
    entry_id = pay_across(desk, desk.alex, desk.blair)
    proposed = await propose_action(
        become("agent"), desk.alex, Change("reverse_entry", entry_id=entry_id), "paid twice"
    )
    assert opened_by(desk, become("agent")) == {desk.alex, desk.blair}
    await get_action(become("auditor"), proposed.id, "a review")
    assert opened_by(desk, become("auditor")) == {desk.alex, desk.blair}


def opened_by(desk: Desk, who: StaffContext) -> set[UUID]:
    return {
        row["customer_id"]
        for row in desk.owner("select customer_id from staff_reads where staff_id = %(id)s", id=who.staff_id)
    }


def pay_across(desk: Desk, payer: UUID, recipient: UUID) -> int:
    """A pound between current accounts."""
    statement: LiteralString = """
        with entry as (insert into journal_entries (kind, description, booked_at) values ('test', 'a pound', now())
                       returning id),
             sides as (select distinct on (customer_id) id, customer_id from accounts
                        where customer_id in (%(payer)s, %(recipient)s) and kind = 'current' and currency = 'GBP'
                        order by customer_id, id)
        insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
        select entry.id, sides.id, customer_id, case when customer_id = %(payer)s then -100 else 100 end, 'GBP', now()
          from sides, entry
        returning entry_id"""
    return desk.owner(statement, payer=payer, recipient=recipient)[0]["entry_id"]


async def test_the_list_of_actions_says_nothing_of_customers_and_reading_one_opens_the_file(desk: Desk, become: Become):
    proposed = await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "stolen phone")
    auditor = become("auditor")

    [listed] = await list_actions(auditor, status="pending", limit=10)

    assert set(type(listed).model_fields) == {
        "id", "kind", "status", "maker", "approver", "created_at", "expires_at", "decided_at",
    }  # fmt: skip
    assert seen(desk, auditor.scope, "select id from staff_actions") == []
    assert desk.owner("select subject from staff_reads where staff_id = %(id)s", id=auditor.staff_id) == [
        {"subject": "staff_actions"}
    ]
    await get_action(auditor, proposed.id, "a review")
    assert opened_by(desk, auditor) == {None, desk.alex}
    with pytest.raises(NotFound):
        await get_action(auditor, uuid4(), "a review")


async def test_the_list_is_empty_to_whoever_has_not_opened_it(desk: Desk, become: Become):
    await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    assert seen(desk, become("admin").scope, "select * from list_staff_actions('pending', 10)") == []


async def test_who_decides_opens_the_file_too(desk: Desk, become: Become):
    proposed = await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    await decide_action(become("supervisor"), proposed.id, "approve")
    [read] = desk.owner(
        "select customer_id, reason from staff_reads where staff_id = %(id)s", id=become("supervisor").staff_id
    )
    assert (read["customer_id"], read["reason"]) == (desk.alex, f"approve action {proposed.id}")


async def test_the_constraint_itself_refuses_the_maker(desk: Desk, become: Become):
    """Whatever the functions do: not even the tables' owner writes such a row."""
    await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    with pytest.raises(psycopg.errors.CheckViolation, match="staff_actions_four_eyes"):
        desk.owner("update staff_actions set status = 'rejected', approver = maker, decided_at = now()")


async def test_a_rejected_action_is_over(desk: Desk, become: Become):
    proposed = await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    rejected = await decide_action(become("admin"), proposed.id, "reject", "not needed")
    assert rejected.status == "rejected"
    assert await decide_action(become("supervisor"), proposed.id, "approve") == rejected
    assert account(desk, "Everyday", desk.alex)["status"] == "open"
    assert desk.owner("select 1 from banking_operations") == []


async def test_an_action_that_waited_too_long_is_not_done(desk: Desk, become: Become):
    proposed = await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    late = replace(become("supervisor"), now=desk.now + ACTION_TTL)
    assert (await decide_action(late, proposed.id, "approve")).status == "expired"
    assert account(desk, "Everyday", desk.alex)["status"] == "open"


async def test_the_same_waits_once_until_its_time_has_passed(desk: Desk, become: Become):
    change = await everyday(desk, "freeze_account")
    first = await propose_action(become("agent"), desk.alex, change, "a reason")
    with pytest.raises(Conflict) as refused:
        await propose_action(become("supervisor"), desk.alex, change, "another reason")
    assert refused.value.error_code == "already_proposed"

    later = replace(become("supervisor"), now=desk.now + ACTION_TTL + timedelta(seconds=1))
    assert (await propose_action(later, desk.alex, change, "another reason")).status == "pending"
    assert (await get_action(become("agent"), first.id, "a look")).status == "expired"


async def test_of_two_who_approve_at_once_one_does_it(desk: Desk, become: Become):
    entry = newest_entry(desk, desk.alex, "transfer_out")
    proposed = await propose_action(
        become("agent"), desk.alex, Change("reverse_entry", entry_id=entry["entry_id"]), "a reason"
    )
    both = [decide_action(become(role), proposed.id, "approve") for role in ("supervisor", "admin")]

    first, second = await asyncio.gather(*both)

    assert first == second
    assert first.status == "completed"
    assert len(desk.owner("select 1 from journal_entries where reverses_id is not null")) == 1


async def test_a_reversal_brings_the_money_back_once(desk: Desk, become: Become):
    entry = newest_entry(desk, desk.alex, "transfer_out")
    name: LiteralString = "select balance_minor from accounts where id = %(id)s"
    [before] = desk.owner(name, id=entry["account_id"])
    change = Change("reverse_entry", entry_id=entry["entry_id"])

    proposed = await propose_action(become("agent"), desk.alex, change, "paid twice")
    done = await decide_action(become("supervisor"), proposed.id, "approve")

    assert done.status == "completed"
    [after] = desk.owner(name, id=entry["account_id"])
    assert after["balance_minor"] == before["balance_minor"] - entry["amount_minor"]
    [reversal] = desk.owner("select id, description from journal_entries where reverses_id is not null")
    assert reversal["description"] == "paid twice"
    assert desk.owner("select * from ledger_faults") == []
    statuses = desk.owner("select status from transactions where entry_id = %(id)s", id=entry["entry_id"])
    assert {row["status"] for row in statuses} == {"reversed"}

    for again, code in (
        (change, "already_reversed"),
        (Change("reverse_entry", entry_id=reversal["id"]), "is_reversal"),
    ):
        with pytest.raises(Refused) as refused:
            await propose_action(become("agent"), desk.alex, again, "once more")
        assert refused.value.error_code == code


async def test_a_reversal_of_money_that_is_gone_posts_nothing(desk: Desk, become: Become):
    """Gone before it is proposed, or between that and the approval."""
    salary = newest_entry(desk, desk.blair, "salary")
    assert salary["amount_minor"] > account(desk, "Current", desk.blair)["balance_minor"]
    with pytest.raises(Refused) as refused:
        await propose_action(
            become("agent"), desk.blair, Change("reverse_entry", entry_id=salary["entry_id"]), "sent in error"
        )
    assert refused.value.error_code == "below_limit"

    received = smallest_received(desk, desk.alex)
    change = Change("reverse_entry", entry_id=received["entry_id"])
    proposed = await propose_action(become("agent"), desk.alex, change, "sent in error")
    spend(desk, received["account_id"], received["balance_minor"])
    postings = desk.owner("select count(*) as number from postings")
    failed = await decide_action(become("supervisor"), proposed.id, "approve")

    assert (failed.status, failed.error_code) == ("failed", "below_limit")
    assert failed.error is not None
    assert "below its limit" in failed.error
    assert desk.owner("select count(*) as number from postings") == postings
    assert desk.owner("select 1 from journal_entries where reverses_id is not null") == []
    assert desk.owner("select 1 from banking_operations") == []
    assert desk.owner("select * from ledger_faults") == []


def smallest_received(desk: Desk, customer_id: UUID) -> dict[str, Any]:
    query: LiteralString = """
        select t.entry_id, t.account_id, t.amount_minor, a.balance_minor
          from transactions t join accounts a on a.id = t.account_id
         where t.customer_id = %(id)s and t.status = 'booked' and t.amount_minor > 0 and t.kind <> 'opening'
           and a.kind = 'current' and a.held_minor = 0
         order by t.amount_minor limit 1"""
    [found] = desk.owner(query, id=customer_id)
    return found


async def test_what_cannot_be_done_is_said_at_once(desk: Desk, become: Become):
    freeze = await everyday(desk, "freeze_account")
    savings = account(desk, "Rainy Day", desk.alex)["id"]
    cases = [
        (replace(freeze, kind="unfreeze_account"), "not_frozen"),
        (Change("set_overdraft", account_id=savings, overdraft=Money(100, "GBP")), "no_overdraft"),
        (Change("set_overdraft", account_id=freeze.account_id, overdraft=Money(100, "EUR")), "wrong_currency"),
    ]
    for change, code in cases:
        with pytest.raises(Refused) as refused:
            await propose_action(become("agent"), desk.alex, change, "a reason")
        assert refused.value.error_code == code
    for change in (Change("freeze_account", account_id=uuid4()), Change("reverse_entry", entry_id=2**40)):
        with pytest.raises(NotFound):
            await propose_action(become("agent"), desk.alex, change, "a reason")
    [internal] = desk.owner("select id from accounts where name = 'Clearing' and currency = 'GBP'")
    with pytest.raises(NotFound):
        await propose_action(
            become("admin"), desk.alex, Change("freeze_account", account_id=internal["id"]), "a reason"
        )
    assert desk.owner("select 1 from staff_actions") == []


async def test_an_overdraft_is_granted_and_not_withdrawn_while_in_use(desk: Desk, become: Become):
    current = account(desk, "Current", desk.blair)
    change = Change("set_overdraft", account_id=current["id"], overdraft=Money(50_000, "GBP"))
    proposed = await propose_action(become("agent"), desk.blair, change, "asked for it")
    assert proposed.overdraft == "500.00"
    assert (await decide_action(become("admin"), proposed.id, "approve")).status == "completed"
    assert account(desk, "Current", desk.blair)["overdraft_minor"] == 50_000

    none = replace(change, overdraft=Money(0, "GBP"))
    waiting = await propose_action(become("agent"), desk.blair, none, "no income")
    spend(desk, current["id"], current["balance_minor"] + 100)

    failed = await decide_action(become("admin"), waiting.id, "approve")
    assert (failed.status, failed.error_code) == ("failed", "overdraft_in_use")
    assert account(desk, "Current", desk.blair)["overdraft_minor"] == 50_000


def spend(desk: Desk, account_id: UUID, minor: int) -> None:
    statement: LiteralString = """
        with entry as (insert into journal_entries (kind, description, booked_at) values ('test', 'spent', now())
                       returning id),
             clearing as (select id from accounts where name = 'Clearing' and currency = 'GBP')
        insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
        select entry.id, a.id, a.customer_id, case when a.customer_id is null then %(minor)s else -%(minor)s end,
               'GBP', now()
          from accounts a, entry where a.id in (%(account)s, (select id from clearing))"""
    desk.owner(statement, account=account_id, minor=minor)


async def test_a_frozen_account_is_unfrozen_the_same_way(desk: Desk, become: Become):
    for kind, status in (("freeze_account", "frozen"), ("unfreeze_account", "open")):
        proposed = await propose_action(become("agent"), desk.alex, await everyday(desk, kind), "a reason")
        await decide_action(become("supervisor"), proposed.id, "approve")
        assert account(desk, "Everyday", desk.alex)["status"] == status


async def test_a_reset_of_the_demo_customer_forgets_actions_and_keeps_who_looked(desk: Desk, become: Become):
    await open_file(become("agent"), desk.alex, "a reason")
    proposed = await propose_action(become("agent"), desk.alex, await everyday(desk, "freeze_account"), "a reason")
    await decide_action(become("supervisor"), proposed.id, "approve")

    reset_demo(desk.services.owner_url, "alex", desk.now)

    assert account(desk, "Everyday", desk.alex)["status"] == "open"
    assert desk.owner("select 1 from staff_actions") == []
    assert len(desk.owner("select 1 from staff_reads where subject = 'customer'")) == 3
