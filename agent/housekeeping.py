"""What a process does beside its turns: renews leases."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
from psycopg_pool import PoolTimeout

from agent.service import Assistant
from core.errors import Unavailable
from core.logging import get_logger

_log = get_logger(__name__)

_LEASE_RHYTHM = timedelta(seconds=2)


@asynccontextmanager
async def housekeeping(assistant: Assistant) -> AsyncGenerator[None]:
    task = asyncio.create_task(_every(_LEASE_RHYTHM, assistant.keep_house), name="leases")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _every(rhythm: timedelta, work: Callable[[], Awaitable[None]]) -> None:
    """The database may be away for a while: that ends one round, not the rounds."""
    while True:
        await asyncio.sleep(rhythm.total_seconds())
        try:
            await work()
        except (Unavailable, psycopg.Error, PoolTimeout) as error:
            _log.warning("housekeeping_failed", work=work.__name__, reason=type(error).__name__)
