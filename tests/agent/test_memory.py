"""What a conversation leaves in its checkpoint."""

import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg import sql

from agent.checkpoints import Checkpoints
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
async def postgres(full_bank: Services) -> AsyncIterator[Checkpoints]:
    pool = make_pool(full_bank.checkpoint_url, name="test", min_size=1, max_size=2)
    await pool.open()
    yield Checkpoints(pool)
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
    assert (values["vector"], values["passages"], values["returns"], values["message"]) == (None, [], [], "")
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

    after = start("alex", checkpoints=Checkpoints(postgres._pool), offline=True)
    after.session_id = before.session_id
    await after.press("approve")

    assert active_cards()["4821"] == "frozen"
    assert after.record.operation.status == "completed"
    assert len(after.state["history"]) == 7
    assert "unregistered" not in caplog.text


async def test_a_conversation_leaves_one_checkpoint_however_long_it_was(start, postgres, full_bank):
    talk = start("alex", checkpoints=postgres, offline=True)

    for question in (*QUESTIONS, "freeze my card ending 4821", "no"):
        await talk.say(question)

    assert rows_of(full_bank, talk.session_id) == {"checkpoints": 1, "checkpoint_blobs": 0, "checkpoint_writes": 0}


async def test_langgraphs_own_saver_reads_ours(start, postgres, full_bank):
    talk = start("alex", checkpoints=postgres, offline=True)
    await talk.say("freeze my card ending 4821")

    ours = await postgres.aget_tuple(talk.config)
    with PostgresSaver.from_conn_string(full_bank.checkpoint_url) as library:
        theirs = library.get_tuple(talk.config)

    assert theirs.checkpoint["channel_values"] == ours.checkpoint["channel_values"]
    assert [channel for _, channel, _ in theirs.pending_writes] == ["__interrupt__"]
    assert theirs.pending_writes == ours.pending_writes


async def test_a_conversation_that_langgraphs_own_saver_kept_goes_on(start, postgres, full_bank, active_cards):
    async with AsyncPostgresSaver.from_conn_string(full_bank.checkpoint_url) as library:
        before = start("alex", checkpoints=library, offline=True)
        await before.say("what's my balance?")
        await before.say("freeze my card ending 4821")

    after = start("alex", checkpoints=postgres, offline=True)
    after.session_id = before.session_id
    await after.press("approve")

    assert active_cards()["4821"] == "frozen"
    assert len(after.state["history"]) == 5
    assert rows_of(full_bank, after.session_id) == {"checkpoints": 1, "checkpoint_blobs": 0, "checkpoint_writes": 0}


async def test_what_json_would_change_comes_back_as_it_was(postgres, full_bank):
    odd = {"bytes": b"\0\1", "nul": "a\0b", "number": 2**63, "tree of bytes": {"a": [b"\0"]}, "id": UUID(int=1)}
    plain = {"text": "\u00a3 \U0001f600", "none": None, "numbers": [1, -2.5, True], "tree": {"a": [{"b": ""}]}}
    config = await keep(postgres, odd | plain)

    kept = await postgres.aget_tuple(config)

    assert kept.checkpoint["channel_values"] == odd | plain
    assert rows_of(full_bank, "odd")["checkpoint_blobs"] == len(odd)
    await postgres.adelete_thread("odd")
    assert rows_of(full_bank, "odd") == {"checkpoints": 0, "checkpoint_blobs": 0, "checkpoint_writes": 0}


async def test_a_run_that_lost_its_conversation_takes_nothing_from_the_later_one(postgres):
    slow, later = empty_checkpoint(), empty_checkpoint()
    assert slow["id"] < later["id"]
    config = await keep(postgres, {"answer": b"later"}, later, version=7)

    await keep(postgres, {"answer": b"slow"}, slow, version=6)

    kept = await postgres.aget_tuple(config)
    assert (kept.checkpoint["id"], kept.checkpoint["channel_values"]) == (later["id"], {"answer": b"later"})
    await postgres.adelete_thread("odd")


async def keep(
    checkpoints: Checkpoints, values: dict[str, Any], checkpoint: Checkpoint | None = None, version: int = 1
) -> RunnableConfig:
    config: RunnableConfig = {"configurable": {"thread_id": "odd", "checkpoint_ns": ""}}
    checkpoint = checkpoint or empty_checkpoint()
    checkpoint |= {"channel_values": values, "channel_versions": dict.fromkeys(values, version)}
    await checkpoints.aput(config, checkpoint, {"step": 1}, {})
    return config


def rows_of(services: Services, thread: object) -> dict[str, int]:
    tables = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
    count = sql.SQL("select count(*) from {} where thread_id = %s")
    with psycopg.connect(services.checkpoint_url) as connection:
        rows = [connection.execute(count.format(sql.Identifier(each)), (str(thread),)).fetchone() for each in tables]
    return {table: row[0] for table, row in zip(tables, rows, strict=True) if row}


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
