"""The command log: proposed by a tool, decided by its customer, done once."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from core.errors import NotFound
from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operations import PROPOSAL_TTL, Decision, Operation, decide
from tools.registry import ToolContext

FIXED_IN_AN_OPERATION = (
    *("id", "customer_id", "type", "payload", "payload_hash", "summary", "idempotency_key", "initiated_by"),
    *("turn_id", "created_at", "expires_at"),
)
FIXED_IN_A_CARD = ("id", "customer_id", "account_id", "last4", "kind", "expires_on")


def status_of(desk: Desk, last4: str) -> str:
    [card] = desk.owner("select status from cards where last4 = %(last4)s", last4=last4)
    return card["status"]


def operations(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from banking_operations order by created_at, id")


def audits(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from audit_log where action like 'operation.%%' order by id")


async def propose(context: ToolContext, tool: str, card: str) -> dict[str, Any]:
    outcome = await CATALOGUE.call(tool, {"card": card}, context=context, scopes=CUSTOMER_SCOPES)
    assert outcome.result is not None, outcome.error
    return outcome.result.model_dump()


async def decided(desk: Desk, operation_id: str, decision: Decision, **context: Any) -> Operation:
    return await decide(desk.context(desk.alex, **context), UUID(operation_id), decision)


async def test_a_proposal_changes_nothing_and_says_what_it_would_do(desk: Desk):
    turn_id = uuid4()

    proposed = await propose(desk.context(desk.alex, turn_id), "freeze_card", "4821")

    [stored] = operations(desk)
    assert proposed == {
        "status": "confirmation_needed",
        "operation_id": str(stored["id"]),
        "type": "freeze_card",
        "summary": "Freeze the debit card ending 4821",
        "card": "4821",
        "expires_at": (desk.now + PROPOSAL_TTL).isoformat(timespec="seconds"),
        "step_up": False,
        **dict.fromkeys(("amount", "currency", "payee", "account", "to_account", "date", "fee")),
    }
    assert (stored["status"], stored["initiated_by"], stored["turn_id"]) == ("pending", "chat", turn_id)
    assert stored["customer_id"] == desk.alex
    assert status_of(desk, "4821") == "active"
    assert audits(desk) == []


async def test_the_same_proposal_in_a_turn_is_one_and_in_the_next_turn_another(desk: Desk):
    first = desk.context(desk.alex)
    again = await propose(first, "freeze_card", "4821"), await propose(first, "freeze_card", "debit")
    other_card = await propose(first, "freeze_card", "9034")
    next_turn = await propose(desk.context(desk.alex), "freeze_card", "4821")

    assert again[0] == again[1]
    assert len({again[0]["operation_id"], other_card["operation_id"], next_turn["operation_id"]}) == 3
    assert len(operations(desk)) == 3


async def test_one_turn_that_proposes_the_same_many_times_at_once_proposes_it_once(desk: Desk):
    context = desk.context(desk.alex)

    proposed = await asyncio.gather(*(propose(context, "freeze_card", "4821") for _ in range(8)))

    assert len({each["operation_id"] for each in proposed}) == len(operations(desk)) == 1


@pytest.mark.parametrize(
    ("who", "tool", "arguments", "result"),
    [
        ("alex", "freeze_card", {"card": "0000"}, "card_unclear"),
        ("alex", "freeze_card", {}, "card_unclear"),
        ("alex", "freeze_card", {"card": ""}, "card_unclear"),
        ("alex", "freeze_card", {"card": "card"}, "card_unclear"),
        ("alex", "freeze_card", {"card": "1107"}, "card_unclear"),
        ("alex", "unfreeze_card", {"card": "4821"}, "nothing_to_do"),
        ("blair", "freeze_card", {}, "nothing_to_do"),
        ("blair", "unfreeze_card", {}, "confirmation_needed"),
        ("blair", "unfreeze_card", {"card": "Debit Card"}, "confirmation_needed"),
        ("alex", "freeze_card", {"card": "platinum"}, "confirmation_needed"),
        ("alex", "freeze_card", {"card": "virtual card"}, "confirmation_needed"),
    ],
)
async def test_which_card_is_meant(desk: Desk, who: str, tool: str, arguments: dict[str, str], result: str):
    customer_id = {"alex": desk.alex, "blair": desk.blair}[who]

    answer = await desk.ask(customer_id, tool, **arguments)

    assert answer["status"] == result
    assert len(operations(desk)) == (result == "confirmation_needed")
    if result == "card_unclear":
        assert answer["choices"] == [
            "debit card ending 4821",
            "Platinum credit card ending 7733",
            "virtual card ending 9034",
        ]


async def test_without_a_name_the_one_card_that_can_be_unfrozen_is_meant(desk: Desk):
    desk.owner("update cards set status = 'frozen' where last4 = '9034' returning id")

    assert (await desk.ask(desk.alex, "unfreeze_card"))["card"] == "9034"


async def test_an_approval_does_it_and_writes_one_audit_line(desk: Desk):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")
    turn_id = uuid4()

    ended = await decided(desk, proposed["operation_id"], "approve", turn_id=turn_id)

    assert (ended.status, ended.type, ended.error) == ("completed", "freeze_card", None)
    assert status_of(desk, "4821") == "frozen"
    [stored], [audit] = operations(desk), audits(desk)
    assert (stored["status"], stored["completed_at"]) == ("completed", desk.now)
    assert (audit["actor"], audit["action"], audit["resource"]) == (
        f"customer:{desk.alex}",
        "operation.completed",
        f"operation:{stored['id']}",
    )
    assert (audit["customer_id"], audit["turn_id"], audit["at"]) == (desk.alex, turn_id, desk.now)


async def test_a_refusal_changes_nothing_and_stands(desk: Desk):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")

    denied = await decided(desk, proposed["operation_id"], "deny")
    approved_later = await decided(desk, proposed["operation_id"], "approve")

    assert (denied.status, approved_later.status) == ("cancelled", "cancelled")
    assert status_of(desk, "4821") == "active"
    assert [audit["action"] for audit in audits(desk)] == ["operation.cancelled"]


async def test_thirty_two_approvals_at_once_do_it_once(desk: Desk):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")

    ended = await asyncio.gather(*(decided(desk, proposed["operation_id"], "approve") for _ in range(32)))

    assert Counter(operation.status for operation in ended) == {"completed": 32}
    assert [audit["action"] for audit in audits(desk)] == ["operation.completed"]
    assert status_of(desk, "4821") == "frozen"


async def test_of_approvals_and_refusals_at_once_one_wins(desk: Desk):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")
    decisions: list[Decision] = ["approve", "deny"] * 8

    ended = await asyncio.gather(*(decided(desk, proposed["operation_id"], decision) for decision in decisions))

    [status] = {operation.status for operation in ended}
    assert [audit["action"] for audit in audits(desk)] == [f"operation.{status}"]
    assert status_of(desk, "4821") == {"completed": "frozen", "cancelled": "active"}[status]


async def test_an_approval_that_comes_too_late_changes_nothing(desk: Desk):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")
    last_moment, too_late = desk.now + PROPOSAL_TTL - timedelta(microseconds=1), desk.now + PROPOSAL_TTL

    expired = await decided(desk, proposed["operation_id"], "approve", now=too_late)
    again = await decided(desk, proposed["operation_id"], "approve", now=last_moment)

    assert (expired.status, again.status) == ("expired", "expired")
    assert status_of(desk, "4821") == "active"
    assert [audit["action"] for audit in audits(desk)] == ["operation.expired"]


async def test_an_approval_at_the_last_moment_counts(desk: Desk):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")

    ended = await decided(
        desk, proposed["operation_id"], "approve", now=desk.now + PROPOSAL_TTL - timedelta(microseconds=1)
    )

    assert ended.status == "completed"


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_somebody_elses_operation_is_not_there(desk: Desk, decision: Decision):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")

    with pytest.raises(NotFound) as foreign:
        await decide(desk.context(desk.blair), UUID(proposed["operation_id"]), decision)
    with pytest.raises(NotFound) as missing:
        await decide(desk.context(desk.blair), uuid4(), decision)

    assert foreign.value.message == missing.value.message
    assert operations(desk)[0]["status"] == "pending"
    assert audits(desk) == []


@pytest.mark.parametrize("meanwhile", ["frozen", "blocked", "closed"])
async def test_a_card_that_changed_meanwhile_stays_as_it_is(desk: Desk, meanwhile: str):
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")
    desk.owner("update cards set status = %(status)s where last4 = '4821' returning id", status=meanwhile)

    ended = await decided(desk, proposed["operation_id"], "approve")

    assert (ended.status, ended.error_code) == ("failed", "card_changed")
    assert ended.error
    assert status_of(desk, "4821") == meanwhile
    assert [audit["action"] for audit in audits(desk)] == ["operation.failed"]


async def test_when_the_audit_cannot_be_written_nothing_is_done(desk: Desk):
    """Claim, effect, end and audit are one transaction."""
    proposed = await propose(desk.context(desk.alex), "freeze_card", "4821")
    desk.owner("alter table audit_log add constraint refuses check (action not like 'operation.%%')")

    with pytest.raises(Exception, match="rules do not allow"):
        await decided(desk, proposed["operation_id"], "approve")

    assert status_of(desk, "4821") == "active"
    assert operations(desk)[0]["status"] == "pending"


@pytest.mark.parametrize(
    "statement",
    [
        *(f"update banking_operations set {column} = {column}" for column in FIXED_IN_AN_OPERATION),  # noqa: S608
        *(f"update cards set {column} = {column}" for column in FIXED_IN_A_CARD),  # noqa: S608
        "delete from banking_operations",
        "delete from cards",
        "insert into cards select * from cards",
        "update audit_log set action = 'x'",
        "delete from audit_log",
        "select action from audit_log",
        "update fraud_alerts set status = 'confirmed_genuine'",
        "update banking_operations set status = 'completed'",
        "insert into postings (entry_id, account_id, amount_minor, currency, booked_at) "
        "select 1, id, 1, 'GBP', now() from accounts",
        "insert into journal_entries (kind, description, booked_at) values ('x', 'x', now())",
        "update accounts set balance_minor = 0",
        "insert into confirmation_slips select * from confirmation_slips",
        "select post_entry(o, now()) from banking_operations o",
        "select reverse_entry(1, 'x', now())",
    ],
)
async def test_the_runtime_role_may_change_a_state_and_nothing_else(reading_desk: Desk, statement: str):
    with psycopg.connect(reading_desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


async def test_nobody_files_an_operation_for_somebody_else(desk: Desk):
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.blair)])
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(
                """insert into banking_operations (customer_id, type, payload, payload_hash, summary, idempotency_key,
                       initiated_by, created_at, expires_at)
                   values (%s, 'freeze_card', '{}', '', '', 'k', 'chat', now(), now())""",
                [desk.alex],
            )


@pytest.mark.parametrize(
    "statement",
    [
        "update cards set status = 'active'",
        "update standing_orders set amount_minor = 1",
        "insert into payees (customer_id, name, iban, created_at) values (app_customer_id(), 'x', 'y', now())",
    ],
)
async def test_without_an_operation_that_is_being_executed_nothing_changes(reading_desk: Desk, statement: str):
    """Also if the code forgot to ask the customer."""
    with psycopg.connect(reading_desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(statement.encode())
    assert caught.value.sqlstate == "TG012"
