"""Waiting for what another process or thread is about to do, never longer than a bound."""

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


def eventually(attempt: Callable[[], T], *errors: type[Exception], within: float = 20.0) -> T:
    """The first true result, trying again while it is false or one of these errors."""
    deadline = monotonic() + within
    pause = Event()
    while True:
        try:
            if result := attempt():
                return result
        except errors:
            if monotonic() > deadline:
                raise
        assert monotonic() < deadline, "it did not come to be"
        pause.wait(0.02)
