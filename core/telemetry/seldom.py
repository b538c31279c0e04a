"""A warning that does not flood the log: what happens with every turn while a collector is away is told once a minute,
with how often it happened."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from core.logging import get_logger

_PAUSE = 60.0
"""Seconds."""

_log = get_logger(__name__)


class Seldom:
    """One event of the log."""

    def __init__(self, event: str, now: Callable[[], float] = monotonic) -> None:
        """``now``: seconds of a clock that never goes back."""
        self._event = event
        self._now = now
        self._next = 0.0
        self._untold = 0

    def warn(self, **fields: Any) -> None:
        self._untold += 1
        if self._now() < self._next:
            return
        times, self._untold = self._untold, 0
        self._next = self._now() + _PAUSE
        _log.warning(self._event, times=times, **fields)
