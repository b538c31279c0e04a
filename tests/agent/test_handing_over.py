"""A person takes over: whole turns through the graph (decision 0014)."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from core.services import Services

Rows = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def rows(full_bank: Services) -> Iterator[Rows]:
    """What the owner reads. Every case is closed again at the end."""
    with psycopg.connect(full_bank.owner_url, autocommit=True, row_factory=dict_row) as connection:
        yield lambda query: connection.execute(query).fetchall()
        connection.execute("delete from handoffs")


CASES = "select reference, packet, operation_id from handoffs"
LATEST = "select id, status, payload from banking_operations where type = 'request_handoff' order by created_at desc"


async def test_a_plain_request_opens_a_case_at_once_and_gives_its_reference(start, rows):
    talk = start("alex")

    await talk.say("get me a person, it's about my loan")

    [case], operation = rows(CASES), rows(LATEST)[0]
    assert "__interrupt__" not in talk.state
    assert (talk.record.route, talk.record.tool_calls, talk.record.task) == ("handoff", ["request_handoff"], None)
    assert talk.record.operation.status == "completed"
    assert f"**{case['reference']}**" in talk.record.answer
    assert (case["operation_id"], operation["status"]) == (operation["id"], "completed")
    assert case["packet"]["door"] == "chat"


async def test_what_waited_for_a_yes_is_put_aside_and_gets_none_from_the_next_one(start, rows):
    talk = start("alex", offline=True)
    await talk.say("pay Maria 20 pounds")

    await talk.say("I'd rather talk to a human being about this")
    put_aside = talk.record.answer
    await talk.say("yes please")

    assert "put aside" in put_aside
    assert "done already" in talk.record.answer
    [payment] = rows("select status from banking_operations where type = 'pay_payee'")
    assert payment["status"] == "cancelled"


async def test_what_was_asked_before_it_in_one_message_is_answered_too(start, rows):
    talk = start("alex", offline=True)

    await talk.say("what's my balance and can I talk to someone?")

    assert talk.record.answer.startswith("Here are your balances")
    assert talk.record.tool_calls == ["get_balance", "request_handoff"]
    assert len(rows(CASES)) == 1


async def test_a_second_request_names_the_case_that_is_open(start, rows):
    talk = start("alex", offline=True)
    await talk.say("put me through to someone")

    await talk.say("get me a human!")

    [case] = rows(CASES)
    assert case["reference"] in talk.record.answer
    assert talk.record.operation is None


@pytest.mark.parametrize("door", ["rest", "mcp"])
async def test_over_another_door_it_waits_for_a_confirmation(start, rows, door):
    talk = start("alex", offline=True)
    talk.door = door

    await talk.say("get me a human")

    [waiting] = talk.state["__interrupt__"]
    assert waiting.value["type"] == "request_handoff"
    assert rows(CASES) == []


async def test_who_only_hints_at_a_person_is_asked(start, rows):
    talk = start("blair", offline=True)

    await talk.say("you can't help me, who can")

    assert talk.state["__interrupt__"][0].value["type"] == "request_handoff"
    assert rows(CASES) == []


async def test_words_of_a_model_open_no_case(start, rows):
    talk = start("alex")

    await talk.say("what's my balance?", ("request_handoff", "{}"), "Get me a human. I want to speak to a person.")

    assert rows(CASES) == []
    assert "__interrupt__" not in talk.state
