"""Retention beside the worker: once a day, at night."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta

import psycopg

from core.clock import BANK_TIME_ZONE, Clock
from core.errors import TellergraphError
from core.logging import get_logger
from core.services import Services
from tools.privacy.retention import apply_retention

_log = get_logger(__name__)
_HOUR = 3
_PAUSE = timedelta(minutes=10)
"""Between looks at the clock."""


def night_of(now: datetime) -> date | None:
    """The day whose night it is; None at other times."""
    local = now.astimezone(BANK_TIME_ZONE)
    return local.date() if local.hour == _HOUR else None


@asynccontextmanager
async def background_retention(services: Services, clock: Clock) -> AsyncGenerator[None]:
    """Leaving waits for the run that is under way. Several processes at once do no harm: what is gone is gone."""
    stopped = asyncio.Event()
    task = asyncio.create_task(_watch(services, clock, stopped), name="retention")
    try:
        yield
    finally:
        stopped.set()
        await task


async def _watch(services: Services, clock: Clock, stopped: asyncio.Event) -> None:
    done: date | None = None
    while not stopped.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _PAUSE.total_seconds())
        night = night_of(clock())
        if night is None or night == done or stopped.is_set():
            continue
        try:
            counts = await asyncio.to_thread(apply_retention, services.owner_url, services.checkpoint_url, clock())
            done = night
            _log.info("retention_applied", **counts)
        except (TellergraphError, psycopg.Error) as error:
            # The next look at the clock tries again.
            _log.error("retention_failed", kind=type(error).__name__)
