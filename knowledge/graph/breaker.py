"""Leaves something alone for a while that has failed several times.

Our own, for its thirty lines: of the maintained libraries none is typed, asynchronous and takes a clock.
"""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic


class CircuitBreaker:
    def __init__(
        self,
        *,
        failures: int = 3,
        pause: timedelta = timedelta(seconds=30),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Args:
        failures: in a row, after which nothing is tried for the pause; then one try decides.
        clock: seconds.
        """
        self._most = failures
        self._pause = pause.total_seconds()
        self._clock = clock
        self._failures = 0
        self._tried_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._most

    def allows(self) -> bool:
        """Whether to try now. While it is open, one a pause."""
        if self.is_open and self._clock() < self._tried_at + self._pause:
            return False
        self._tried_at = self._clock()
        return True

    def note(self, *, succeeded: bool) -> None:
        self._failures = 0 if succeeded else self._failures + 1
