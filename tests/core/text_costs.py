"""Whether the work on a text grows as its length does."""

from collections.abc import Callable
from time import thread_time

TIMES_LONGER = 8
_MOST_TIMES_DEARER = 4 * TIMES_LONGER
"""Between what is linear and what is squared, which costs 64 times as much: a busy machine decides nothing."""
_SMALLEST = 0.001
"""CPU seconds below which nothing is compared."""
_TRIES = 3


def grows_as_its_length(work: Callable[[str], object], short: str, long: str) -> bool:
    """Whether ``work`` on a text that is eight times as long costs less than 32 times the CPU of this thread. Tried
    again when it does not: what is squared is squared every time.

    Args:
        short: the text.
        long: the same, ``TIMES_LONGER`` times as long."""
    return any(
        _cost(work, long + " " * tried) < _MOST_TIMES_DEARER * max(_cost(work, short + " " * tried), _SMALLEST)
        for tried in range(_TRIES)
    )


def _cost(work: Callable[[str], object], text: str) -> float:
    started = thread_time()
    work(text)
    return thread_time() - started
