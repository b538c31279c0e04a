"""The database does nothing that nobody has decided about, whatever the application forgets or makes up."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import errors, sql

from core.db.health import inspect_database
from tests.tools.asking import prepared
from tests.tools.bookkeeping import approve
from tests.tools.conftest import Desk
from tests.tools.fraud.payments import alerts, decided, decision, meet_somebody, propose_large
from tests.tools.policies import publish
from tools.operations import PROPOSAL_TTL, decide

App = psycopg.Connection[tuple[object, ...]]
FILE = """
    insert into banking_operations (customer_id, type, payload, payload_hash, summary, amount_minor, currency,
                                    idempotency_key, initiated_by, created_at, expires_at)
    select customer_id, type, payload, '', summary, amount_minor, currency, 'of-a-thief', 'rest', created_at, expires_at
      from banking_operations where id = %s returning id"""


@pytest.fixture
def app(desk: Desk) -> Iterator[App]:
    """What a captured application could send."""
    with psycopg.connect(desk.services.app_url, autocommit=True) as connection:
        connection.execute("select set_config('app.customer_id', %s, false)", [str(desk.alex)])
        yield connection


def confirm_and_execute(desk: Desk, app: App, operation: object, *, after: timedelta = timedelta()) -> str:
    slip, now = secrets.token_hex(32), desk.now + after
    digest = hashlib.sha256(slip.encode()).digest()
    app.execute("select mint_slip(%s, %s, %s, %s)", [operation, digest, now, now + timedelta(minutes=1)])
    [row] = app.execute("select status || coalesce(' ' || error_code, '') from execute_operation(%s, %s, %s)",
                        [operation, slip, now]).fetchall()  # fmt: skip
    return str(row[0])


async def copy_of(desk: Desk, app: App, tool: str = "pay_payee", **arguments: object) -> object:
    """The same operation again, filed past the engine."""
    proposed = await prepared(desk, tool, **(arguments or {"payee": "Maria Lopez", "amount": "20"}))
    [(copy,)] = app.execute(FILE, [proposed["operation_id"]]).fetchall()
    return copy


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("pay_payee", {"payee": "Maria Lopez", "amount": "20"}),
        ("transfer_between_accounts", {"to_account": "Rainy Day", "amount": "20"}),
        ("convert_currency", {"amount": "20", "currency": "GBP", "to_currency": "EUR"}),
    ],
)
async def test_money_that_nobody_decided_about_is_not_moved(desk: Desk, app: App, tool: str, arguments: dict[str, str]):
    operation = await copy_of(desk, app, tool, **arguments)
    with pytest.raises(psycopg.Error) as refused:
        confirm_and_execute(desk, app, operation)
    assert refused.value.sqlstate == "TG045"
    assert desk.owner("select 1 from banking_operations where status = 'completed'") == []


@pytest.mark.parametrize(
    ("outcome", "ended"),
    [("allow", "completed"), ("hold", "held"), ("block", None), ("step_up", None)],
)
async def test_what_was_decided_is_what_happens(desk: Desk, app: App, outcome: str, ended: str | None):
    operation = await copy_of(desk, app)
    app.execute("select record_decision(%s, %s, %s)", [operation, decision(outcome), desk.now])
    if ended is None:
        with pytest.raises(psycopg.Error) as refused:
            confirm_and_execute(desk, app, operation)
        assert refused.value.sqlstate == {"block": "TG015", "step_up": "TG011"}[outcome]
    else:
        assert confirm_and_execute(desk, app, operation) == ended


async def test_the_first_decision_stands(desk: Desk, app: App):
    operation = await copy_of(desk, app)
    for outcome in ("hold", "allow"):
        [(stands, _)] = app.execute(
            "select outcome, step_up from record_decision(%s, %s, %s)", [operation, decision(outcome), desk.now]
        ).fetchall()
        assert stands == "hold"
    assert confirm_and_execute(desk, app, operation) == "held"


async def test_an_old_decision_counts_no_more(desk: Desk, app: App):
    publish(desk.services.owner_url, desk.now, decision_valid="2 minutes")
    operation = await copy_of(desk, app)
    app.execute("select record_decision(%s, %s, %s)", [operation, decision("allow"), desk.now])
    assert confirm_and_execute(desk, app, operation, after=timedelta(minutes=3)) == "cancelled decision_stale"


async def test_a_decision_is_about_one_payload_and_one_policy(desk: Desk, app: App):
    """As if rows had been changed past all rights: with the triggers asleep, by the tables' owner."""
    for change in (
        "update fraud_decisions set payload_hash = 'other'",
        "update fraud_decisions set policy_version = 'new'",
    ):
        proposed = await prepared(desk, "pay_payee", payee="Maria Lopez", amount="20")
        with psycopg.connect(desk.services.owner_url) as owner:
            owner.execute("alter table fraud_decisions disable trigger user")
            owner.execute("insert into payment_policies (version, active_from, currency, step_up_over_minor)"
                          " values ('new', '2099-01-01', 'GBP', 1) on conflict do nothing")  # fmt: skip
            owner.execute(change.encode())
        with pytest.raises(psycopg.Error) as refused:
            confirm_and_execute(desk, app, proposed["operation_id"])
        assert refused.value.sqlstate == "TG045"


@pytest.mark.parametrize(
    "statement",
    [
        "select * from fraud_decisions",
        "insert into fraud_decisions default values",
        "update payment_holds set status = 'released'",
        "update fraud_alerts set status = 'closed'",
        "insert into event_outbox default values",
        "select release_held(gen_random_uuid(), app_customer_id(), 'customer', now())",
        "select end_held(gen_random_uuid(), app_customer_id(), 'cancelled', null, 'customer', now())",
        "select write_decision(null::banking_operations, '{}', now())",
        "select card_facts(gen_random_uuid(), 1, 1, now())",
        "select authorise_card_payment(gen_random_uuid(), 1, 1, 'x', false, '{}', now())",
    ],
)
async def test_the_runtime_login_has_no_other_way(app: App, statement: str):
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement.encode())


@pytest.mark.parametrize("call", ["release_held_payment(now())", "cancel_held_payment('confirm_fraud', now())",
                                  "answer_alert('confirm_genuine', now())"])  # fmt: skip
async def test_what_needs_a_yes_happens_in_no_other_transaction(app: App, call: str):
    with pytest.raises(psycopg.Error) as refused:
        app.execute(f"select {call}".encode())
    assert refused.value.sqlstate == "TG012"


async def test_nobody_decides_about_somebody_elses_payment(desk: Desk, app: App):
    operation = await copy_of(desk, app)
    app.execute("select set_config('app.customer_id', %s, false)", [str(desk.blair)])
    with pytest.raises(psycopg.Error) as refused:
        app.execute("select record_decision(%s, %s, %s)", [operation, decision("allow"), desk.now])
    assert refused.value.sqlstate == "TG041"
    assert app.execute("select operation_facts(%s, %s)", [operation, desk.now]).fetchall() == [(None,)]


async def test_an_ordinary_payment_is_allowed_and_its_decision_is_kept(desk: Desk):
    proposed = await prepared(desk, "pay_payee", payee="Maria Lopez", amount="20", reference="dinner")
    assert proposed["step_up"] is False
    assert (await approve(desk, desk.alex, proposed)).status == "completed"
    row = decided(desk, proposed["operation_id"])
    assert (row["outcome"], row["hits"]) == ("allow", [])
    assert row["features"]["memo"] == "dinner"
    assert row["policy_version"]
    assert row["event_id"]
    assert alerts(desk) == []


async def test_many_proposals_are_counted_before_any_is_confirmed(desk: Desk):
    """Else each of many small ones would be looked at alone."""
    asked = [await prepared(desk, "pay_payee", payee="Maria Lopez", amount="2") for _ in range(9)]
    assert [each["step_up"] for each in asked] == [False] * 8 + [True]
    [hit] = decided(desk, asked[-1]["operation_id"])["hits"]
    assert (hit["rule"], hit["severity"]) == ("velocity", "caution")


async def test_a_proposal_that_ran_out_is_no_payment(desk: Desk):
    for _ in range(12):
        await prepared(desk, "pay_payee", payee="Maria Lopez", amount="2")
    ran_out = replace(desk, now=desk.now + PROPOSAL_TTL)
    asked = await prepared(ran_out, "pay_payee", payee="Maria Lopez", amount="2")
    assert asked["step_up"] is False
    assert decided(desk, asked["operation_id"])["features"]["recent"] == []


BUSY = """
    insert into banking_operations (customer_id, type, status, payload, payload_hash, summary, amount_minor, currency,
                                    idempotency_key, initiated_by, created_at, expires_at, completed_at)
    select %(who)s, type, status, '{}', '', type, amount, case when amount > 0 then 'GBP' end,
           type || status || n, 'chat', at, at + interval '10 minutes', at
      from (select o.*, n, %(now)s::timestamptz - interval '1 hour' * hours + interval '1 second' * n as at
              from (values %(rows)s) o (type, status, amount, hours, times), generate_series(1, times) n) o"""


def was_busy(desk: Desk, *rows: tuple[str, str, int | None, int, int]) -> None:
    """Operations of before: type, status, amount, hours ago, how many."""
    values = sql.SQL(", ").join(sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in rows)
    with psycopg.connect(desk.services.owner_url) as owner:
        owner.execute(BUSY.replace("%(rows)s", values.as_string()).encode(), {"who": desk.alex, "now": desk.now})


async def test_no_number_of_later_operations_hides_that_contact_details_changed(desk: Desk):
    """Who takes an account over is not let off for flooding it before the payment."""
    await meet_somebody(desk)
    was_busy(
        desk,
        ("change_contact_details", "completed", None, 5, 1),
        ("freeze_card", "completed", None, 4, 150),
        ("pay_payee", "cancelled", 200, 3, 150),
        ("change_contact_details", "failed", None, 2, 150),
    )
    asked = await prepared(desk, "pay_payee", amount="600", payee="Nora Quill", account="Rainy Day")
    row = decided(desk, asked["operation_id"])
    assert row["features"]["contact_change"] == 5 * 3600 - 1
    assert "takeover" in {hit["rule"] for hit in row["hits"]}


async def test_no_number_of_other_operations_hides_what_was_paid_before(desk: Desk):
    was_busy(desk, ("pay_payee", "completed", 300, 5, 20), ("freeze_card", "completed", None, 4, 150))
    asked = await prepared(desk, "pay_payee", payee="Maria Lopez", amount="2")
    row = decided(desk, asked["operation_id"])
    assert len(row["features"]["recent"]) == 20
    assert "velocity" in {hit["rule"] for hit in row["hits"]}


async def test_what_is_decided_against_is_refused_in_plain_words_and_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tools.operations.assess", _against)
    outcome = await desk.call(desk.alex, "pay_payee", payee="Maria Lopez", amount="20")
    assert outcome.error_code == "not_possible_now"
    assert outcome.error
    assert not any(word in outcome.error.lower() for word in ("fraud", "rule", "limit", "score", "threshold"))
    [row] = desk.owner("select id, status, error_code from banking_operations where type = 'pay_payee'")
    assert (row["status"], row["error_code"]) == ("failed", "not_possible_now")
    assert decided(desk, row["id"])["outcome"] == "block"
    assert [alert["operation_id"] for alert in alerts(desk)] == [row["id"]]
    assert (await decide(desk.context(desk.alex), row["id"], "approve")).status == "failed"


def _against(*_: object) -> "_Against":
    return _Against()


class _Against:
    def as_stored(self) -> dict[str, object]:
        return {"outcome": "block", "rules_version": "test", "features": {}, "hits": []}


async def test_a_first_large_payment_is_held_although_it_was_confirmed(desk: Desk):
    await meet_somebody(desk)
    proposed = await propose_large(desk)
    held = await approve(desk, desk.alex, proposed)
    assert (held.status, held.error_code) == ("held", None)
    assert desk.owner("select 1 from journal_entries where booked_at >= %(now)s", now=desk.now) == []
    assert {hit["rule"] for hit in decided(desk, held.id)["hits"]} == {"new_payee"}


async def test_confirming_twice_holds_once(desk: Desk):
    await meet_somebody(desk)
    proposed = await propose_large(desk)
    first = await approve(desk, desk.alex, proposed)
    again = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert first.status == again.status == "held"
    assert len(desk.owner("select 1 from payment_holds")) == 1


async def test_the_security_checks_know_the_new_tables(desk: Desk):
    assert [check for check in inspect_database(desk.services) if not check.passed] == []
