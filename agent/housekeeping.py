"""What a process does beside its turns: renews leases, prunes checkpoints of idle threads."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg_pool import PoolTimeout

from agent.service import Assistant
from core.errors import Unavailable
from core.logging import get_logger

_log = get_logger(__name__)

_LEASE_RHYTHM = timedelta(seconds=2)
_PRUNE_RHYTHM = timedelta(seconds=30)


@asynccontextmanager
async def housekeeping(assistant: Assistant, checkpoints: AsyncPostgresSaver) -> AsyncGenerator[None]:
    async def prune() -> None:
        await _prune(assistant, checkpoints)

    tasks = [
        asyncio.create_task(_every(_LEASE_RHYTHM, assistant.keep_house), name="leases"),
        asyncio.create_task(_every(_PRUNE_RHYTHM, prune), name="prune checkpoints"),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(rhythm: timedelta, work: Callable[[], Awaitable[None]]) -> None:
    """The database may be away for a while: that ends one round, not the rounds."""
    while True:
        await asyncio.sleep(rhythm.total_seconds())
        try:
            await work()
        except (Unavailable, psycopg.Error, PoolTimeout) as error:
            _log.warning("housekeeping_failed", work=work.__name__, reason=type(error).__name__)


async def _prune(assistant: Assistant, checkpoints: AsyncPostgresSaver) -> None:
    """Only the latest checkpoint of a thread is ever read. A thread that a turn changes meanwhile refuses to be pruned;
    that turn has put it on the list again."""
    while session := assistant.take_grown_session():
        try:
            await checkpoints.aprune([str(session)])
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            continue
        except psycopg.Error:
            assistant.put_back_grown_session(session)
            raise
