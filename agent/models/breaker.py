"""A circuit breaker: a provider that failed several times in a row is left alone, then tried by one request."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from time import monotonic
from typing import Literal

from agent.models.counts import PAUSED, PAUSES
from agent.models.faults import ALIVE, LASTING, NOT_ASKED, Fault, ModelFailed, fault_of, wait_of
from core.errors import ProviderFailed
from core.logging import get_logger

_log = get_logger(__name__)

FAILURES = 3
"""In a row, after which it opens."""
FIRST_PAUSE = timedelta(seconds=15)
"""Each further pause is twice as long as the one before."""
LONGEST_PAUSE = timedelta(minutes=10)

BreakerState = Literal["closed", "open", "half_open"]


class Breaker:
    """Of one provider in one process. ``now`` gives seconds of a clock that never goes back."""

    def __init__(self, name: str = "", now: Callable[[], float] = monotonic) -> None:
        self._name = name
        self._now = now
        self._failures = 0
        self._pauses = 0
        self._open_until: float | None = None
        self._is_probing = False
        self.reason: str | None = None
        """Of the last failure, while it is not closed."""

    @property
    def state(self) -> BreakerState:
        if self._open_until is None:
            return "closed"
        return "open" if self._now() < self._open_until else "half_open"

    @property
    def retry_in(self) -> timedelta:
        """Until it may be asked again; zero when it may be now."""
        return timedelta(seconds=max(0.0, (self._open_until or 0.0) - self._now()))

    @contextmanager
    def trial(self) -> Generator[None]:
        """Around one request to the provider, which decides what becomes of the next ones.

        Raises:
            ModelFailed: it is paused, or half open and being tried by another request.
        """
        is_probe = self._admit()
        try:
            yield
        except ProviderFailed as error:
            self._judge(error)
            raise
        else:
            self._close()
        finally:
            # Also where a cancelled request leaves it undecided: the next one may try.
            self._is_probing = self._is_probing and not is_probe

    def _admit(self) -> bool:
        """Whether it is a probe."""
        match self.state:
            case "closed":
                return False
            case "half_open" if not self._is_probing:
                self._is_probing = True
                return True
            case _:
                wait = ceil(self.retry_in.total_seconds())
                raise ModelFailed(f"It is left alone for {wait} s: {self.reason}", Fault.PAUSED, self.retry_in)

    def _judge(self, error: ProviderFailed) -> None:
        fault = fault_of(error)
        if fault in NOT_ASKED:
            return
        if fault in ALIVE:
            self._close()
            return
        self._failures += 1
        if fault in LASTING:
            self._open(error.message, LONGEST_PAUSE)
        elif wait := wait_of(error):
            self._open(error.message, wait)
        elif self._failures >= FAILURES or self._open_until is not None:
            self._open(error.message, FIRST_PAUSE * 2**self._pauses)

    def _open(self, reason: str, pause: timedelta) -> None:
        pause = min(pause, LONGEST_PAUSE)
        self._pauses = min(self._pauses + 1, 10)
        self._open_until = self._now() + pause.total_seconds()
        self.reason = reason
        PAUSES.add(self._name)
        PAUSED.set(self._name, to=1)
        _log.warning("model_paused", model=self._name, reason=reason, seconds=pause.total_seconds())

    def _close(self) -> None:
        if self._open_until is not None:
            PAUSED.set(self._name, to=0)
            _log.info("model_back", model=self._name)
        self._failures = self._pauses = 0
        self._open_until = self.reason = None
