"""The monitor beside the worker: once a day, after the day that it looks at is over."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta

import psycopg

from core.clock import BANK_TIME_ZONE, Clock
from core.errors import TellergraphError
from core.logging import get_logger
from tools.compliance.aml.monitor import monitor

_log = get_logger(__name__)
_HOUR = 2
"""In the morning, London time: nothing of yesterday is booked any more, and few are awake."""
_PAUSE = timedelta(minutes=10)
"""Between looks at the clock."""


def day_to_monitor(now: datetime, last: date | None) -> date | None:
    """Yesterday, once it is over for two hours and unless it was looked at."""
    yesterday = (now - timedelta(hours=_HOUR)).astimezone(BANK_TIME_ZONE).date() - timedelta(days=1)
    return None if last is not None and last >= yesterday else yesterday


@asynccontextmanager
async def background_monitor(compliance_url: str, clock: Clock) -> AsyncGenerator[None]:
    """Leaving waits for the run that is under way."""
    stopped = asyncio.Event()
    task = asyncio.create_task(_watch(compliance_url, clock, stopped), name="compliance-monitor")
    try:
        yield
    finally:
        stopped.set()
        await task


async def _watch(compliance_url: str, clock: Clock, stopped: asyncio.Event) -> None:
    done: date | None = None
    while not stopped.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _PAUSE.total_seconds())
        day = day_to_monitor(clock(), done)
        if day is None or stopped.is_set():
            continue
        try:
            await asyncio.to_thread(run_once, compliance_url, clock(), day)
            done = day
        except (TellergraphError, psycopg.Error):
            # The next look at the clock tries again; what stands in the error may be about customers.
            _log.error("compliance_monitor_failed")


def run_once(compliance_url: str, now: datetime, day: date) -> None:
    """Everything up to a day, unless another process has done it."""
    monitor(compliance_url, now, to_day=day, unless_done=True)
