"""Work that several threads take from one queue."""

from collections.abc import Iterator
from queue import Empty, SimpleQueue


def drain(waiting: SimpleQueue[int]) -> Iterator[int]:
    """What waits, one after the other, until nothing is left for anybody."""
    try:
        while True:
            yield waiting.get_nowait()
    except Empty:
        return
