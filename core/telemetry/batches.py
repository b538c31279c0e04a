"""What waits to be sent, and the thread that sends it: when there is enough for a batch, and what has waited for a
while. Who gives something never waits; what does not fit pushes out the oldest."""

from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from typing import Generic, TypeVar

from core.telemetry.seldom import Seldom

T = TypeVar("T")

_failed = Seldom("batch_failed")
_lost = Seldom("too_much_to_send")


class Batches(Generic[T]):
    def __init__(self, send: Callable[[list[T]], object], name: str, *, size: int, waiting: int, pause: float) -> None:
        """Args:
        name: of the thread.
        size: of a batch, at most.
        waiting: as many wait, at most.
        pause: seconds between two batches that are not full.
        """
        self._send = send
        self._size = size
        self._pause = pause
        self._waiting: deque[T] = deque(maxlen=waiting)
        self._awake = Event()
        self._is_over = False
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def put(self, one: T) -> None:
        if len(self._waiting) == self._waiting.maxlen:
            _lost.warn()
        self._waiting.append(one)
        if len(self._waiting) >= self._size and not self._awake.is_set():
            self._awake.set()

    def end(self, patience: float | None = None) -> bool:
        """Whether what waited was sent within ``patience``, in seconds; None: as long as that takes."""
        self._is_over = True
        self._awake.set()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._is_over:
            is_full = self._awake.wait(self._pause)
            self._awake.clear()
            self._send_down_to(self._size if is_full else 1)
        self._send_down_to(1)

    def _send_down_to(self, fewest: int) -> None:
        """Batches of so many at least."""
        while len(self._waiting) >= fewest:
            batch = [self._waiting.popleft() for _ in range(min(self._size, len(self._waiting)))]
            try:
                self._send(batch)
            # Any error: whoever gave it is not told, and what comes after it is sent.
            except Exception as error:
                _failed.warn(exc_info=error)
