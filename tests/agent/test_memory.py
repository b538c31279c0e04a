"""What a conversation leaves in its checkpoint."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg.rows import dict_row

from agent.state import HISTORY_LIMIT
from core.db.pool import make_pool
from core.services import Services

MOST_BYTES = 16 * 1024
PLAIN = (str, int, float, bool, bytes, type(None))

QUESTIONS = (
    "How do I activate my new card?",
    "what's my balance?",
    "show my last 10 transactions",
    "how much did I spend on groceries last month?",
    "list my cards",
    "hi",
    "What is the weather in Paris?",
)


@pytest.fixture
async def postgres(full_bank: Services) -> AsyncIterator[AsyncPostgresSaver]:
    options = {"row_factory": dict_row, "prepare_threshold": 0}
    pool = make_pool(full_bank.checkpoint_url, name="test", min_size=1, max_size=2, options=options)
    await pool.open()
    yield AsyncPostgresSaver(pool)
    await pool.close()


def assert_plain(value: Any, path: str = "state") -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            assert isinstance(key, str), path
            assert_plain(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for item in value:
            assert_plain(item, f"{path}[]")
    else:
        assert isinstance(value, PLAIN), f"{path} is a {type(value).__name__}"


async def test_a_long_conversation_stays_small_and_plain(start):
    talk = start("alex", offline=True)

    for turn in range(30):
        await talk.say(QUESTIONS[turn % len(QUESTIONS)])

    saved = await talk.checkpoints.aget_tuple(talk.config)
    values = saved.checkpoint["channel_values"]
    assert_plain({name: value for name, value in values.items() if not name.startswith("branch:")})
    assert len(values["history"]) == HISTORY_LIMIT
    assert (values["vector"], values["passages"], values["returns"], values["message"]) == (b"", [], [], "")
    kind, blob = JsonPlusSerializer().dumps_typed(values)
    assert kind == "msgpack"
    assert len(blob) < MOST_BYTES


async def test_a_conversation_goes_on_from_postgres_after_a_restart(start, postgres, active_cards, caplog):
    """Also from the middle of a confirmation; and langgraph finds no type in it that it does not know."""
    caplog.set_level(logging.DEBUG, logger="langgraph")
    before = start("alex", checkpoints=postgres, offline=True)
    await before.say("what's my balance?")
    await before.say("and my savings?")
    await before.say("freeze my card ending 4821")

    after = start("alex", checkpoints=AsyncPostgresSaver(postgres.conn), offline=True)
    after.session_id = before.session_id
    await after.press("approve")

    assert active_cards()["4821"] == "frozen"
    assert after.record.operation.status == "completed"
    assert len(after.state["history"]) == 7
    assert "unregistered" not in caplog.text


async def test_a_turn_costs_one_checkpoint(start):
    """Each is the whole conversation: durability="exit" saves one where other modes save one for each node."""
    checkpoints = InMemorySaver()
    talk = start(checkpoints=checkpoints, offline=True)

    for _ in range(3):
        await talk.say("How do I activate my new card?")

    assert len([saved async for saved in checkpoints.alist(talk.config)]) == 3


async def test_what_a_task_needs_of_personal_data_is_kept_sealed_until_it_is_over(start):
    talk = start("alex", offline=True)
    await talk.say("add Anna Berg as a payee")
    await talk.say("the sort code is 20-45-67")
    saved = await talk.checkpoints.aget_tuple(talk.config)
    assert "20-45-67" not in repr(saved.checkpoint["channel_values"])
    assert list(talk.state["sealed"]) == ["[SORT_CODE_1]"]

    await talk.say("and the account number is 12345678")
    [waiting] = talk.state["__interrupt__"]
    assert waiting.value["summary"].startswith("Add Anna Berg (account ending 5678, GBP)")

    await talk.say("no")
    assert talk.state["sealed"] == {}
