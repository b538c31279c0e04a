"""Lists are loaded whole or not at all; who is found on them is known to compliance staff and nobody else. Issue 6:
"lists that a bank loads", "rescreening when a list changes", "Tipping off is impossible"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import listfiles
import psycopg
import pytest

from core.db.database import Scope
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests.tools.conftest import Desk
from tools.compliance.screening.lists.broken import BrokenList
from tools.compliance.screening.load import list_lists, load_list, remove_list
from tools.compliance.screening.matching.score import Screened
from tools.compliance.screening.rescreen import rescreen
from tools.compliance.screening.review import decide_verdict, list_hits, propose_verdict
from tools.compliance.screening.screener import record_screening, screen_name
from tools.compliance.screening.subjects import SubjectKind
from tools.staff.context import StaffContext

WHY = "weekly review"
Become = Callable[[str], StaffContext]


def alex_listed(desk: Desk, **changed: str) -> str:
    [row] = desk.owner("select full_name, date_of_birth from customers where id = %(id)s", id=desk.alex)
    return f"a-1,{changed.get('name', row['full_name'])},{changed.get('birth', row['date_of_birth'])},GB"


def hits(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select id, kind, subject_id, status, name from screening_hits order by found_at, id")


def screen_all(desk: Desk, days: int = 0):
    return rescreen(desk.services.owner_url, desk.bank.seal, desk.now + timedelta(days=days))


# Loading


async def test_a_new_version_says_what_it_changed(desk: Desk, load):
    first = load("1,Jo Example,1970,GB", "2,Kim Beispiel,,DE", "3,Lee Esempio,,IT")
    second = load("1,Jo Example,1970,GB", "2,Kim Beispiel,1980,DE", "4,Ana Przyklad,,PL")

    assert (first.added, first.changed, first.removed, first.unchanged) == (3, 0, 0, 0)
    assert (second.added, second.changed, second.removed, second.unchanged) == (1, 1, 1, 1)
    assert second.examples == {"added": ["Ana Przyklad"], "changed": ["Kim Beispiel"], "removed": ["Lee Esempio"]}
    [stands] = list_lists(desk.services.owner_url)
    assert (stands["list"], stands["entries"]) == ("own", 3)


async def test_the_same_file_again_changes_nothing(desk: Desk, load):
    load("1,Jo Example,1970,GB")
    again = load("1,Jo Example,1970,GB")

    assert again.generation is None
    assert desk.owner("select count(*) as n from screening_loads") == [{"n": 1}]


async def test_a_broken_file_leaves_the_list_as_it_was(desk: Desk, load, tmp_path: Path):
    load("1,Jo Example,1970,GB")
    broken = listfiles.write(tmp_path, "broken.xml", listfiles.SDN_XML[:-30])

    with pytest.raises(BrokenList):
        load_list(desk.services.owner_url, broken, "own", desk.now)
    with pytest.raises(InvalidInput, match="name"):
        load_list(desk.services.owner_url, tmp_path / "own.csv", "My List!", desk.now)

    assert [row["until"] for row in desk.owner("select until from screening_entries")] == [None]


async def test_a_list_can_be_removed(desk: Desk, load):
    load("1,Jo Example,1970,GB")

    assert remove_list(desk.services.owner_url, "own", desk.now).removed == 1
    with pytest.raises(NotFound):
        remove_list(desk.services.owner_url, "other", desk.now)


# Rescreening


async def test_only_what_changed_is_screened_again(desk: Desk, load):
    everybody = desk.owner("select count(*) as n from customers")[0]["n"]
    load("1,Zzyzx Nobody,,GB")

    first = screen_all(desk)
    assert first.in_full >= everybody
    assert first.hits == 0
    assert screen_all(desk).up_to_date == first.in_full

    load("1,Zzyzx Nobody,,GB", alex_listed(desk))
    second = screen_all(desk)
    assert (second.in_full, second.against_changes) == (0, first.in_full)
    assert [(hit["kind"], hit["subject_id"]) for hit in hits(desk)] == [("customer", desk.alex)]

    desk.owner("update customers set full_name = 'Zzyzx Nobody' where id = %(id)s", id=desk.blair)
    assert screen_all(desk).in_full == 1
    assert [hit["subject_id"] for hit in hits(desk)] == [desk.alex, desk.blair]


async def test_payees_and_waiting_payments_are_screened_by_name(desk: Desk, load):
    [payee] = desk.owner("select id from payees where customer_id = %(id)s and name = 'Maria Lopez'", id=desk.alex)
    proposed = await desk.ask(desk.alex, "pay_payee", payee="Maria Lopez", amount="10")
    load("m-1,Maria López,,ES")

    screen_all(desk)

    found = {(hit["kind"], hit["subject_id"]) for hit in hits(desk)}
    assert {("payee", payee["id"]), ("operation", UUID(proposed["operation_id"]))} <= found


async def test_an_entry_that_goes_takes_its_open_hits_along(desk: Desk, load):
    load("1,Zzyzx Nobody,,GB", alex_listed(desk))
    screen_all(desk)
    load("1,Zzyzx Nobody,,GB")

    assert [hit["status"] for hit in hits(desk)] == ["withdrawn"]
    load("1,Zzyzx Nobody,,GB", alex_listed(desk))
    screen_all(desk)
    assert [hit["status"] for hit in hits(desk)] == ["withdrawn", "open"]


async def test_a_hit_of_a_screening_that_the_lists_overtook_is_over_with_the_next_one(desk: Desk, load):
    """The list changes while a name is being compared with the one before: what it found stands until it is compared
    with the new list, so that no payment slips through, and not longer."""
    load(alex_listed(desk), "1,Zzyzx Nobody,,GB")
    scope = desk.context(desk.alex).scope
    async with desk.database.writing(scope) as db:
        [row] = desk.owner("select full_name from customers where id = %(id)s", id=desk.alex)
        late = await screen_name(desk.database, db, Screened(row["full_name"]))
    load("1,Zzyzx Nobody,,GB")
    async with desk.database.writing(scope) as db:
        await record_screening(db, SubjectKind.CUSTOMER, desk.alex, late, desk.now)
    assert [hit["status"] for hit in hits(desk)] == ["open"]

    screen_all(desk)

    assert [hit["status"] for hit in hits(desk)] == ["withdrawn"]


# In a payment or an application


async def test_a_name_is_screened_and_kept_in_the_customers_own_transaction(desk: Desk, load):
    context = desk.context(desk.alex)
    async with desk.database.writing(context.scope) as db:
        assert (await screen_name(desk.database, db, Screened("Jo Example"))).matches == ()
    load("1,Jonas Example,1970,GB")
    [payee] = desk.owner("select id from payees where customer_id = %(id)s limit 1", id=desk.alex)

    async with desk.database.writing(context.scope) as db:
        screening = await screen_name(desk.database, db, Screened("Jonas Exampel"))
        await record_screening(db, SubjectKind.PAYEE, payee["id"], screening, desk.now)

    assert [match.listed.entry.source_id for match in screening.matches] == ["1"]
    [standing] = desk.owner("select screening_standing('payee', %(id)s) as says", id=payee["id"])
    assert standing["says"] == "review"


async def screened(desk: Desk, scope: Scope, kind: SubjectKind, subject: UUID) -> None:
    async with desk.database.writing(scope) as db:
        screening = await screen_name(desk.database, db, Screened("Jo Example"))
        await record_screening(db, kind, subject, screening, desk.now)


async def test_nobody_records_about_somebody_elses_payee(desk: Desk, load):
    load("1,Jo Example,1970,GB")
    [payee] = desk.owner("select id from payees where customer_id = %(id)s limit 1", id=desk.alex)
    context = desk.context(desk.blair)

    for kind, subject in ((SubjectKind.PAYEE, payee["id"]), (SubjectKind.CUSTOMER, desk.alex)):
        with pytest.raises(NotFound):
            await screened(desk, context.scope, kind, subject)
    assert hits(desk) == []


# Review


async def test_two_of_compliance_decide_and_a_false_positive_stays_one(desk: Desk, load, become: Become):
    load(alex_listed(desk))
    screen_all(desk)
    maker, checker = become("compliance"), become("admin")
    [hit] = await list_hits(maker, WHY, status="open", limit=10)
    assert hit.score > 80
    assert hit.reasons[0]["code"] == "name"

    assert await propose_verdict(maker, hit.id, "false_positive", "another address") == "proposed"
    with pytest.raises(Forbidden) as refused:
        await decide_verdict(maker, hit.id, "approve", None)
    assert refused.value.error_code == "four_eyes"
    with pytest.raises(Conflict):
        await propose_verdict(checker, hit.id, "true_match", "no, look")
    assert await decide_verdict(checker, hit.id, "reject", "not sure") == "open"
    await propose_verdict(checker, hit.id, "false_positive", "another nationality")
    assert await decide_verdict(maker, hit.id, "approve", "agreed") == "false_positive"

    desk.owner("delete from screening_subjects")
    screen_all(desk, days=1)
    assert [one["status"] for one in hits(desk)] == ["false_positive"]

    load(alex_listed(desk, birth="1901"))
    load(alex_listed(desk))
    screen_all(desk, days=2)
    assert [one["status"] for one in hits(desk)] == ["false_positive", "open"]
    events = desk.owner("select becomes, reason from screening_events order by id")
    assert [event["becomes"] for event in events] == ["open", "proposed", "open", "proposed", "false_positive", "open"]


@pytest.mark.parametrize("role", ["agent", "auditor"])
async def test_agents_see_nothing_and_auditors_decide_nothing(desk: Desk, load, become: Become, role: str):
    load(alex_listed(desk))
    screen_all(desk)
    [hit] = hits(desk)

    if role == "agent":
        with pytest.raises(Forbidden):
            await list_hits(become(role), WHY, status="open", limit=10)
    else:
        assert len(await list_hits(become(role), WHY, status="open", limit=10)) == 1
        assert desk.owner("select reason from staff_reads where subject = 'screening'") == [{"reason": WHY}]
    with pytest.raises(Forbidden):
        await propose_verdict(become(role), hit["id"], "true_match", "it is them")
    with pytest.raises(NotFound):
        await propose_verdict(become("admin"), desk.alex, "true_match", "no such hit")


async def test_what_was_found_does_not_change_and_is_not_deleted(desk: Desk, load):
    load(alex_listed(desk))
    screen_all(desk)

    for statement in (
        "update screening_hits set name = 'Somebody Else'",
        "update screening_hits set status = 'true_match'",
        "delete from screening_hits",
        "delete from screening_events",
        "update screening_loads set added = 0",
    ):
        with pytest.raises(psycopg.Error):
            desk.owner(statement)
    assert [hit["status"] for hit in hits(desk)] == ["open"]


# Tipping off


@pytest.mark.parametrize("table", ["screening_hits", "screening_subjects", "screening_events"])
@pytest.mark.parametrize("role", ["tellergraph_app", "tellergraph_staff", "tellergraph_worker"])
async def test_no_role_of_the_application_reads_what_was_found(desk: Desk, table: str, role: str):
    [granted] = desk.owner(
        "select has_any_column_privilege(%(role)s, %(table)s, 'select, insert, update') as any,"
        "       has_function_privilege(%(role)s, 'screening_standing(text, uuid)', 'execute') as asks",
        role=role,
        table=table,
    )
    assert granted == {"any": False, "asks": False}


async def test_a_customer_who_was_found_notices_nothing(desk: Desk, load):
    tools = ("list_accounts", "get_profile", "list_payees", "list_transactions", "list_fraud_alerts")
    before = [await desk.ask(desk.alex, tool) for tool in tools]
    load(alex_listed(desk), "m-1,Maria Lopez,,ES")
    screen_all(desk)
    assert len(hits(desk)) >= 2

    later = replace(desk)
    assert [await later.ask(desk.alex, tool) for tool in tools] == before
    written = desk.owner(
        "select count(*) as n from audit_log where customer_id = %(id)s and action like 'screening%%'", id=desk.alex
    )
    assert written == [{"n": 0}]
