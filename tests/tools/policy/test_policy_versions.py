"""Versions of the policy: published by two, never changed, from a day on by the bank's clock, and what they void."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from core.errors import Conflict, Forbidden, Refused
from tests.tools.conftest import Desk
from tests.tools.policies import holding, limit, publish
from tools.operations import decide as decide_operation
from tools.policy.document import PolicyDocument
from tools.policy.publishing import decide, get_document, list_proposals, list_versions, propose
from tools.staff.context import StaffContext


def officer(desk: Desk, email: str, now: datetime | None = None) -> StaffContext:
    [row] = desk.owner("select id from staff where email = %(email)s", email=email)
    return StaffContext(desk.database, row["id"], now or desk.now)


def next_document(desk: Desk, **changes: Any) -> PolicyDocument:
    return PolicyDocument.model_validate(holding(desk.services.owner_url, desk.now) | changes)


async def test_two_publish_a_policy_and_it_holds_from_midnight_in_london(desk: Desk):
    supervisor, admin = officer(desk, "supervisor@demo.example"), officer(desk, "admin@demo.example")
    day = (desk.now + timedelta(days=400)).date().replace(month=7, day=1)
    document = next_document(
        desk, limits=[limit(5_000)], disclosures=[{"operation": "pay_payee", "text": "New words."}]
    )

    proposed = await propose(supervisor, "next", day, document, "lower limits for July")
    assert [one.id for one in await list_proposals(admin, status="pending", limit=5)] == [proposed.id]
    published = await decide(admin, proposed.id, "approve", "as agreed")

    assert (published.status, published.approver) == ("published", "Kit Sandford")
    assert (await get_document(admin, "next"))["limits"] == [
        limit(5_000, tier=None, kyc_level=None, channel=None, term_code=None)
    ]
    assert (await list_versions(admin))[0].version == "next"
    # In July London is an hour ahead: the day begins at 23:00 UTC.
    begins = datetime(day.year, 6, 30, 23, tzinfo=UTC)
    rows = {at: await left_today(desk, at) for at in (begins - timedelta(seconds=1), begins)}
    assert list(rows.values()) == ["10000.00", "50.00"]
    lines = desk.owner("select action from audit_log where resource = 'policy:next' order by id")
    assert [line["action"] for line in lines] == ["policy.proposed", "policy.published"]


async def left_today(desk: Desk, at: datetime) -> str:
    [row] = desk.owner(
        "select left_today_minor from what_may_i_do(%(id)s, 'rest', 'pay_payee', null, %(at)s)", id=desk.alex, at=at
    )
    return f"{row['left_today_minor'] / 100:.2f}"


async def test_nobody_publishes_what_they_proposed(desk: Desk):
    admin = officer(desk, "admin@demo.example")
    proposed = await propose(admin, "next", tomorrow(desk), next_document(desk), "mine")
    with pytest.raises(Forbidden, match="Somebody else"):
        await decide(admin, proposed.id, "approve", None)
    assert desk.owner("select 1 from payment_policies where version = 'next'") == []


async def test_agents_propose_no_policies(desk: Desk):
    with pytest.raises(Forbidden):
        await propose(officer(desk, "agent@demo.example"), "next", tomorrow(desk), next_document(desk), "please")


@pytest.mark.parametrize(
    ("changes", "days", "code"),
    [
        ({}, 0, "policy_past"),
        ({"currency": "EUR"}, 1, "policy_currency"),
        ({"terms": [{"code": "no.such.term", "quantity": 1, "unit": "days"}]}, 1, "policy_term"),
        ({"terms": [{"code": "payment.swift.fee", "percent": 1}]}, 1, "policy_term"),
    ],
    ids=["today", "other-currency", "unknown-term", "other-kind"],
)
async def test_a_policy_that_does_not_fit_is_refused_when_it_is_proposed(
    desk: Desk, changes: dict[str, Any], days: int, code: str
):
    day = desk.context(desk.alex).today + timedelta(days=days)
    with pytest.raises(Refused) as caught:
        await propose(officer(desk, "admin@demo.example"), "next", day, next_document(desk, **changes), "a try")
    assert caught.value.error_code == code


async def test_a_version_is_published_once(desk: Desk):
    admin = officer(desk, "admin@demo.example")
    with pytest.raises(Conflict):
        await propose(admin, "2026-11", tomorrow(desk), next_document(desk), "the same again")


def test_a_published_version_is_never_changed(desk: Desk):
    for table in ("payment_policies", "policy_limits", "policy_eligibility", "policy_fees", "policy_disclosures"):
        with pytest.raises(psycopg.Error, match="append-only"), psycopg.connect(desk.services.owner_url) as owner:
            owner.execute(f"delete from {table}".encode())  # noqa: S608


def tomorrow(desk: Desk) -> date:
    return desk.context(desk.alex).today + timedelta(days=1)


# What it changes for customers --------------------------------------------------------------------------------------


async def test_other_limits_void_no_confirmation_that_they_allow(desk: Desk):
    proposed = await desk.ask(desk.alex, "pay_payee", amount="50", payee="Maria Lopez")
    publish(desk.services.owner_url, desk.now, limits=[limit(5_000)])
    ended = await decide_operation(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert (ended.status, ended.error_code) == ("completed", None)


async def test_a_lower_limit_stops_what_was_confirmed_before_it(desk: Desk):
    proposed = await desk.ask(desk.alex, "pay_payee", amount="50.01", payee="Maria Lopez")
    publish(desk.services.owner_url, desk.now, limits=[limit(5_000)])
    ended = await decide_operation(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert (ended.status, ended.error_code) == ("failed", "over_daily_limit")


async def test_what_one_may_not_do_is_not_proposed_and_says_why(desk: Desk):
    rules = [{"operation": "pay_payee", "min_kyc_level": 3}]
    desk.owner("update customers set kyc_level = 2 where id = %(id)s", id=desk.alex)
    publish(desk.services.owner_url, desk.now, eligibility=rules)

    asked = await desk.ask(desk.alex, "what_may_i_do", operation="pay_payee")
    outcome = await desk.call(desk.alex, "pay_payee", amount="5", payee="Maria Lopez")

    [permission] = asked["permissions"]
    assert (permission["allowed"], permission["code"]) == (False, "identity_level_needed")
    assert (outcome.error_code, outcome.error) == ("identity_level_needed", permission["reason"])
    assert desk.owner("select 1 from banking_operations where status = 'pending'") == []


async def test_a_published_figure_changes_on_its_day(desk: Desk):
    def fee() -> list[dict[str, Any]]:
        query = "select amount_minor from terms_at(%(at)s) where code = 'payment.swift.fee'"
        return [row for at in (desk.now, desk.now + timedelta(days=2)) for row in desk.owner(query, at=at)]

    terms = [{"code": "payment.swift.fee", "amount_minor": 950, "currency": "GBP"}]
    publish(desk.services.owner_url, desk.now + timedelta(days=1), terms=terms)
    assert [row["amount_minor"] for row in fee()] == [800, 950]


async def test_the_answer_names_limits_fees_code_and_words(reading_desk: Desk):
    asked = await reading_desk.ask(reading_desk.alex, "what_may_i_do", operation="pay_payee", amount="300")
    [permission] = asked["permissions"]
    assert permission["allowed"] is True
    assert (permission["per_payment"], permission["left_today"]) == ("10000.00", "10000.00")
    assert (permission["security_code"], permission["security_code_over"]) == ("over", "250.00")
    assert {"code": "payment.swift.fee", "label": "SWIFT payment, shared charges", "value": "£8.00"} in permission[
        "fees"
    ]
    assert permission["disclosures"]


async def test_an_unknown_operation_is_answered_with_those_there_are(reading_desk: Desk):
    outcome = await reading_desk.ask(reading_desk.alex, "what_may_i_do", operation="print_money")
    assert outcome["status"] == "operation_unclear"
    assert "pay_payee" in outcome["choices"]
    assert "reverse_entry" not in outcome["choices"]
