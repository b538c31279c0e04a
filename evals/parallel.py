"""Plays items against several banks at once, each in a thread of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def play_all(
    items: Sequence[Item],
    open_player: Callable[[int], AbstractContextManager[Callable[[Item], Result]]],
    *,
    banks: int,
    on_end: Callable[[], None],
) -> list[Result]:
    """The results in the order of the items.

    Args:
        open_player: a bank of this number, and what plays one item against it.
        on_end: called after each item, from the thread of its bank.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    for place in range(len(items)):
        waiting.put(place)
    results: dict[int, Result] = {}

    def work(number: int) -> None:
        with open_player(number) as play:
            while (place := _next(waiting)) is not None:
                results[place] = play(items[place])
                on_end()

    with ThreadPoolExecutor(banks) as pool:
        try:
            for done in [pool.submit(work, number) for number in range(banks)]:
                done.result()
        finally:
            # After Ctrl-C, or a bank that failed, the others end with the item that they are at.
            while _next(waiting) is not None:
                pass
    return [results[place] for place in sorted(results)]


def _next(waiting: SimpleQueue[int]) -> int | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None
