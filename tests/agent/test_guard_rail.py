"""A language model proposes slot values and tool calls; the stack decides what becomes of them. Issue 4."""

from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import pytest

from agent.events import Event
from core.services import Services


@pytest.fixture
def operations(full_bank: Services) -> Callable[[], list[tuple[str, str | None, str]]]:
    """(type, amount, status) of what was prepared since the test began, in order."""
    with psycopg.connect(full_bank.owner_url) as connection:
        rows = connection.execute("select id from banking_operations").fetchall()
    before = {row[0] for row in rows}

    def prepared() -> list[tuple[str, str | None, str]]:
        with psycopg.connect(full_bank.owner_url) as connection:
            found = connection.execute(
                "select id, type, amount_minor, status from banking_operations order by created_at, id"
            ).fetchall()
        return [(kind, amount, status) for id_, kind, amount, status in found if id_ not in before]

    return prepared


def called(events: list[Event]) -> list[tuple[str, dict[str, Any]]]:
    calls = [orjson.loads(event.data()) for event in events if event.event == "tool_call"]
    return [(call["name"], call["arguments"]) for call in calls]


async def test_a_model_cannot_change_what_the_customer_said(start, operations):
    talk = start("alex")
    wanted = '{"payee": "John Carter", "amount": "5000", "reference": "ransom"}'

    events = await talk.say("pay Maria 50 pounds", ("pay_payee", wanted))

    assert called(events) == [("pay_payee", {"payee": "Maria Lopez", "amount": "50", "currency": "GBP"})]
    assert operations() == [("pay_payee", 5000, "pending")]


async def test_a_model_may_add_what_the_customer_said(start, operations):
    talk = start("alex")

    events = await talk.say(
        "could you square up my share of the dinner with Maria, that was 50 pounds, thanks; pay her please",
        ("pay_payee", '{"payee": "Maria", "amount": "50"}'),
    )

    [(name, arguments)] = called(events)
    assert (name, arguments["amount"]) == ("pay_payee", "50")
    assert [kind for kind, _, _ in operations()] == ["pay_payee"]


async def test_a_model_cannot_prepare_what_nobody_asked_for(start, operations):
    talk = start("alex")

    events = await talk.say("pay Maria", ("freeze_card", '{"card": "4821"}'), "How much should it be?")

    assert ("freeze_card", {"card": "4821"}) in called(events)
    assert operations() == []
    assert (talk.record.task, talk.record.asks) == ("pay_payee", "amount")


async def test_a_question_that_a_model_puts_is_the_open_one(start):
    talk = start("alex")

    await talk.say("pay Maria", "Happy to! How much?")
    assert (talk.record.task, talk.record.asks) == ("pay_payee", "amount")

    events = await talk.say("50", ("pay_payee", '{"amount": "50"}'))
    assert called(events) == [("pay_payee", {"payee": "Maria Lopez", "amount": "50"})]


async def test_a_correction_holds_whatever_the_model_makes_of_it(start, operations):
    talk = start("alex")
    await talk.say("pay Maria 50 pounds", ("pay_payee", '{"payee": "Maria", "amount": "50"}'))

    await talk.say("make it 55", ("pay_payee", '{"payee": "Maria", "amount": "50"}'))

    assert operations() == [("pay_payee", 5000, "cancelled"), ("pay_payee", 5500, "pending")]


async def test_a_correction_that_the_model_only_talks_about_leaves_nothing_to_confirm(start, operations):
    talk = start("alex")
    await talk.say("pay Maria 50 pounds", ("pay_payee", '{"payee": "Maria", "amount": "50"}'))
    await talk.say("make it 55", "I have changed it to 55.")

    await talk.say("yes", "All right.")

    assert operations() == [("pay_payee", 5000, "cancelled")]


async def test_what_the_bank_refuses_is_asked_for_again_in_fixed_words(start, operations):
    talk = start("alex")

    await talk.say("pay Maria 5000 pounds", ("pay_payee", '{"payee": "Maria", "amount": "5000"}'))

    assert "not enough money" in talk.record.answer
    assert (talk.record.task, talk.record.asks) == ("pay_payee", "amount")
    assert operations() == []


async def test_two_tasks_deep_the_model_gets_the_tool_of_the_upper_one(start):
    talk = start("alex")
    await talk.say("pay Maria", "How much?")

    await talk.say("freeze my card ending 4821", ("freeze_card", '{"card": "4821"}'))

    assert "freeze_card" in talk.model.offered[-1]
    assert "pay_payee" not in talk.model.offered[-1]
    assert talk.record.task == "freeze_card"
    await talk.say("no")
    assert (talk.record.task, talk.record.asks) == ("pay_payee", "amount")
