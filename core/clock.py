"""Time as an argument: the one place that reads the wall clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Gives the present moment, aware."""

BANK_TIME_ZONE = ZoneInfo("Europe/London")
"""Days begin and end here: "today", "last month"."""


def system_clock() -> datetime:
    return datetime.now(UTC)
