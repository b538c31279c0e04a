"""Was this you? A no does everything at once, a yes closes the question, and an answer stays."""

from typing import Any

import psycopg
import pytest

from tests.tools.bookkeeping import approve, ask, done, faults
from tests.tools.conftest import Desk
from tests.tools.fraud.payments import account, alerts, hold


def alert_of(desk: Desk) -> dict[str, Any]:
    """The demo bank's own."""
    [row] = desk.owner("select * from fraud_alerts where customer_id = %(who)s and decision_id is null", who=desk.alex)
    return row


def cards(desk: Desk, last4: str = "4821") -> list[str]:
    """The state of a card, and of what was ordered in its place."""
    rows = desk.owner(
        """select c.status, n.status as replaced from cards c left join cards n on n.replaces_id = c.id
            where c.customer_id = %(who)s and c.last4 = %(last4)s""",
        who=desk.alex,
        last4=last4,
    )
    return [state for row in rows for state in (row["status"], row["replaced"]) if state]


async def test_it_was_not_me_freezes_the_card_disputes_and_orders_a_new_one_in_one_operation(desk: Desk):
    asked = await ask(desk, desk.alex, "answer_fraud_alert", answer="fraud")
    assert asked["summary"] == (
        "Report that £249.99 at Voltline Electronics was not you: freeze the card ending 4821, dispute £249.99 and "
        "order a replacement"
    )
    assert asked["step_up"] is False
    assert cards(desk) == ["active"]
    operation = await approve(desk, desk.alex, asked)
    assert operation.status == "completed"
    assert cards(desk) == ["frozen", "pending_activation"]
    answered = alert_of(desk)
    assert (answered["status"], answered["answer"]) == ("confirmed_fraud", "fraud")
    [dispute] = desk.owner("select reason, operation_id, transaction_id from disputes")
    assert (dispute["reason"], dispute["operation_id"]) == ("unauthorised", operation.id)
    assert dispute["transaction_id"] == answered["transaction_id"]
    assert len(desk.owner("select 1 from banking_operations where status = 'completed'")) == 1
    assert faults(desk) == []


async def test_a_card_that_was_unfrozen_meanwhile_is_frozen_again(desk: Desk):
    await done(desk, desk.alex, "freeze_card", card="4821")
    asked = await ask(desk, desk.alex, "answer_fraud_alert", answer="fraud")
    assert "freeze the card" not in asked["summary"]
    await done(desk, desk.alex, "unfreeze_card", card="4821")

    assert (await approve(desk, desk.alex, asked)).status == "completed"
    assert cards(desk) == ["frozen", "pending_activation"]


async def test_what_the_customer_disputes_already_is_not_disputed_twice(desk: Desk):
    await done(desk, desk.alex, "open_dispute", merchant="Voltline", amount="249.99", reason="unauthorised")
    asked = await ask(desk, desk.alex, "answer_fraud_alert", answer="fraud")
    assert (await approve(desk, desk.alex, asked)).status == "completed"
    assert len(desk.owner("select 1 from disputes")) == 1
    assert cards(desk) == ["frozen", "pending_activation"]


@pytest.mark.parametrize("named", [{"merchant": "voltline"}, {"amount": "249.99"}])
async def test_the_payment_is_named_by_merchant_or_amount(desk: Desk, named: dict[str, Any]):
    assert (await ask(desk, desk.alex, "answer_fraud_alert", answer="fraud", **named))["type"] == "confirm_fraud"


async def test_it_was_me_changes_nothing_but_the_alert(desk: Desk):
    ended = await done(desk, desk.alex, "answer_fraud_alert", answer="genuine", merchant="voltline")
    assert ended.status == "completed"
    assert cards(desk) == ["active"]
    assert alert_of(desk)["status"] == "confirmed_genuine"
    assert (await desk.ask(desk.alex, "list_fraud_alerts"))["alerts"] == []
    assert (await ask(desk, desk.alex, "answer_fraud_alert", answer="fraud"))["status"] == "no_alert"


async def test_without_an_answer_the_bank_asks(desk: Desk):
    asked = await ask(desk, desk.alex, "answer_fraud_alert")
    assert (asked["status"], asked["message"]) == ("answer_unclear", "Was this you?")
    assert (await ask(desk, desk.alex, "answer_fraud_alert", merchant="Tesco"))["status"] == "merchant_unclear"
    other = await ask(desk, desk.alex, "answer_fraud_alert", merchant="Tesco", answer="fraud")
    assert other["status"] == "no_alert"
    assert (await ask(desk, desk.blair, "answer_fraud_alert", answer="fraud"))["status"] == "no_alert"


async def test_of_two_answers_the_first_counts(desk: Desk):
    no, yes = [await ask(desk, desk.alex, "answer_fraud_alert", answer=answer) for answer in ("fraud", "genuine")]
    assert (await approve(desk, desk.alex, yes)).status == "completed"
    late = await approve(desk, desk.alex, no)
    assert (late.status, late.error_code) == ("failed", "alert_answered")
    assert cards(desk) == ["active"]


async def test_a_held_payment_that_was_not_me_is_cancelled(desk: Desk):
    held = await hold(desk)
    [alert] = alerts(desk)
    asked = await ask(desk, desk.alex, "answer_fraud_alert", answer="fraud", reference=str(alert["id"]))
    assert "cancel the held payment" in asked["summary"]
    assert (await approve(desk, desk.alex, asked)).status == "completed"
    assert desk.owner("select status from banking_operations where id = %(id)s", id=held.id) == [
        {"status": "cancelled"}
    ]
    assert account(desk) == (1_025_000, 0)
    [label] = desk.owner("select event_id from fraud_labels where withdrawn_at is null")
    [decision] = desk.owner("select event_id from fraud_decisions where operation_id = %(id)s", id=held.id)
    assert label["event_id"] == decision["event_id"]


async def test_that_it_was_me_does_not_let_a_held_payment_go(desk: Desk):
    """That needs a code."""
    await hold(desk)
    [alert] = alerts(desk)
    await done(desk, desk.alex, "answer_fraud_alert", answer="genuine", reference=str(alert["id"]))
    assert account(desk) == (1_025_000, 300_000)


async def test_a_new_card_is_not_ordered_twice(desk: Desk):
    await done(desk, desk.alex, "replace_card", card="4821", reason="damaged")
    asked = await ask(desk, desk.alex, "answer_fraud_alert", answer="fraud")
    assert "replacement" not in asked["summary"]
    assert (await approve(desk, desk.alex, asked)).status == "completed"
    assert cards(desk) == ["frozen", "pending_activation"]


@pytest.mark.parametrize(
    "change",
    [
        "update fraud_alerts set status = 'open', answer = null, answered_at = null where answer is not null",
        "update fraud_alerts set status = 'confirmed_fraud', answer = 'fraud' where answer is not null",
        "update fraud_alerts set reason = 'another' where answer is not null",
        "update fraud_alerts set created_at = now() where answer is not null",
        "update fraud_alerts set status = 'closed' where answer is not null",
    ],
)
async def test_what_was_answered_stays_answered_for_the_tables_owner_too(desk: Desk, change: str):
    await done(desk, desk.alex, "answer_fraud_alert", answer="genuine")
    with psycopg.connect(desk.services.owner_url) as owner, pytest.raises(psycopg.Error) as refused:
        owner.execute(change.encode())
    assert refused.value.sqlstate in ("TG042", "23514")
