"""A turn's events are the same for whoever reads them, in the process that writes them and in any other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.event_log import EventLog, LoggedEvent, Publisher, follow
from agent.events import Event, Failed, Token, TurnStarted
from core.errors import Unavailable
from core.services import Services

LONG = timedelta(seconds=30)
ENDING = Failed(code="busy", message="Please ask again.")


@pytest.fixture
async def redis(full_bank: Services) -> AsyncIterator[Redis]:
    async with aclosing(Redis.from_url(full_bank.redis_url)) as client:
        yield client


async def read(log: EventLog, turn_id, after: int = 0) -> list[LoggedEvent]:
    return [event async for event in follow(log, turn_id, after, LONG) if event is not None]


async def test_a_reader_here_and_one_elsewhere_get_the_same(redis):
    here, elsewhere, turn_id = EventLog(redis, LONG), EventLog(redis, LONG), uuid4()
    publisher = Publisher(here, turn_id, "turn")
    readers = asyncio.gather(read(here, turn_id), read(elsewhere, turn_id), read(here, turn_id))
    said: list[Event] = [
        TurnStarted(turn_id=str(turn_id), session_id="s"),
        Token(text="Hi "),
        Token(text="there"),
        ENDING,
    ]
    for event in said:
        await publisher.emit(event)
        # The writer's turn, so that there are several batches.
        await asyncio.sleep(0)
    await publisher.finish()

    first, other, second = await readers

    assert first == other == second
    assert [event.id for event in first] == list(range(1, len(first) + 1))
    assert (first[0].name, first[-1].name) == ("turn", "error")
    assert await read(here, turn_id, after=1) == first[1:]


async def test_a_reader_here_asks_redis_for_nothing_while_the_turn_runs(redis):
    """Each reader who waits in Redis holds a connection there."""
    here, turn_id = EventLog(redis, LONG), uuid4()
    publisher = Publisher(here, turn_id, "turn")
    before = await reads_of(redis)
    reader = asyncio.create_task(read(here, turn_id))
    await publisher.emit(Token(text="Hi"))
    await publisher.emit(ENDING)
    await publisher.finish()

    assert [event.name for event in await reader] == ["token", "error"]
    assert await reads_of(redis) == before


async def test_a_reader_here_is_told_when_the_events_cannot_be_kept(full_bank):
    """What was not written cannot be read again after a break: it is not handed out as if it could."""
    async with aclosing(Redis.from_url(full_bank.redis_url.replace("redis.sock", "nobody.sock"))) as away:
        here, turn_id = EventLog(away, LONG), uuid4()
        publisher = Publisher(here, turn_id, "turn")
        reader = asyncio.create_task(read(here, turn_id))
        await publisher.emit(ENDING)
        await publisher.finish()

        with pytest.raises(RedisError):
            await reader


async def test_a_reader_is_told_of_an_event_that_was_lost_and_never_shown_the_next(redis):
    """An answer without its middle says something else."""
    log, turn_id = EventLog(redis, LONG), uuid4()
    await log.append(turn_id, 1, [Token(text="You owe nothing")])
    await log.append(turn_id, 3, [Token(text=" in March."), ENDING])
    reader = follow(log, turn_id, 0, LONG)

    assert await anext(reader) == LoggedEvent.of(1, Token(text="You owe nothing"))
    with pytest.raises(Unavailable):
        await anext(reader)


async def reads_of(redis: Redis) -> int:
    return (await redis.info("commandstats")).get("cmdstat_xread", {}).get("calls", 0)
