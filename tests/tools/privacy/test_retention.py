"""What is older than its rule goes, every time and for everybody but those whom a court may ask about."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from core.errors import Conflict, InvalidInput
from tests.tools.privacy.conftest import WRITTEN, Office
from tools.privacy.background import night_of
from tools.privacy.erasure import erase_customer, open_retained
from tools.privacy.holds import list_holds, place_hold, release_holds
from tools.privacy.retention import apply_retention, change_rule, list_rules


def apply(office: Office, days: int, *, dry_run: bool = False) -> dict[str, int]:
    services = office.desk.services
    now = office.desk.now + timedelta(days=days)
    return apply_retention(services.owner_url, services.checkpoint_url, now, dry_run=dry_run)


def threads(office: Office) -> int:
    with psycopg.connect(office.desk.services.checkpoint_url) as checkpoints:
        return checkpoints.execute("select count(*) from checkpoints").fetchall()[0][0]


def sessions(office: Office) -> int:
    return office.desk.owner("select count(*) as n from chat_sessions")[0]["n"]


async def test_old_conversations_go_with_what_the_graph_remembers_of_them(office: Office):
    for _ in range(3):
        await office.say(office.desk.blair, WRITTEN)
    assert apply(office, 380)["conversations"] == 0
    assert (sessions(office), threads(office)) == (3, 3)

    assert apply(office, 420)["conversations"] == 3
    assert (sessions(office), threads(office)) == (0, 0)
    assert apply(office, 420)["conversations"] == 0
    lines = office.desk.owner(
        "select action, resource, detail ->> 'rows' as rows from audit_log where actor like 'system:%%'"
    )
    assert lines == [{"action": "retention.applied", "resource": "retention_rules/conversations", "rows": "3"}]


async def test_a_dry_run_counts_and_changes_nothing(office: Office):
    desk = office.desk
    await office.say(desk.blair, WRITTEN)
    desk.owner(
        "insert into name_checks values (%(id)s, sha256('a'), sha256('b'), %(now)s)", id=desk.blair, now=desk.now
    )
    would = apply(office, 420, dry_run=True)
    assert (would["conversations"], would["security_tries"]) == (1, 1)
    assert (sessions(office), threads(office)) == (1, 1)
    assert desk.owner("select count(*) as n from name_checks") == [{"n": 1}]
    assert apply(office, 420) == would


async def test_a_legal_hold_keeps_a_customers_things_and_no_others(office: Office):
    desk, url = office.desk, office.desk.services.owner_url
    await office.say(desk.blair, WRITTEN)
    await office.say(desk.alex, WRITTEN)
    place_hold(url, desk.blair, by="counsel", reason="claim 12/26", now=desk.now)
    assert apply(office, 420)["conversations"] == 1
    assert desk.owner("select owner from chat_sessions") == [{"owner": f"customer:{desk.blair}"}]
    assert [each["customer_id"] for each in list_holds(url)] == [desk.blair]

    assert release_holds(url, desk.blair, by="counsel", reason="settled", now=desk.now) == 1
    assert apply(office, 420)["conversations"] == 1
    with pytest.raises(Conflict, match="No legal hold"):
        release_holds(url, desk.blair, by="counsel", reason="settled", now=desk.now)


async def test_a_visitors_conversation_goes_sooner(office: Office):
    desk = office.desk
    desk.owner(
        "insert into chat_sessions values (gen_random_uuid(), 'visitor:x', 'A question', %(now)s, %(now)s)",
        now=desk.now,
    )
    assert apply(office, 29)["visitor_conversations"] == 0
    assert apply(office, 31)["visitor_conversations"] == 1


async def test_what_was_kept_of_an_erased_customer_goes_when_its_time_has_come(office: Office):
    desk = office.desk
    office.close_business(desk.blair)
    await erase_customer(desk.services, office.masters, desk.blair, by="dpo", reason="art. 17", now=desk.now)
    assert apply(office, 7 * 365)["records"] == 0
    assert await open_retained(desk.services, office.masters, desk.blair)

    assert apply(office, 7 * 365 + 3)["records"] == 1
    assert desk.owner("select sealed from retained_records") == [{"sealed": None}]
    assert desk.owner("select count(*) as n from data_keys where wrapped is not null") == [{"n": 0}]


async def test_a_bank_sets_its_own_times_on_record(office: Office):
    desk, url = office.desk, office.desk.services.owner_url
    await office.say(desk.blair, WRITTEN)
    change_rule(url, "conversations", "10 days", by="operator:dpo", now=desk.now)
    assert apply(office, 11)["conversations"] == 1
    (line,) = desk.owner("select actor, detail from audit_log where action = 'retention.changed'")
    assert line == {"actor": "operator:dpo", "detail": {"kept_for": "10 days"}}
    assert {rule["name"] for rule in list_rules(url, desk.now)} >= {"records", "conversations"}
    for name, kept_for in (("nonsense", "1 day"), ("conversations", "a while"), ("conversations", "-1 day")):
        with pytest.raises(InvalidInput):
            change_rule(url, name, kept_for, by="x", now=desk.now)


def test_the_worker_looks_at_night():
    assert night_of(datetime(2026, 7, 1, 2, 30, tzinfo=UTC)) == datetime(2026, 7, 1, tzinfo=UTC).date()
    assert night_of(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)) is None
