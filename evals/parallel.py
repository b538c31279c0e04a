"""Plays items with several players at once: in threads, for banks that wait, or in processes, for what computes."""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from multiprocessing import connection, get_context, parent_process
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
OpenPlayer = Callable[[int], AbstractContextManager[Callable[[Item], Result]]]


def play_all(
    items: Sequence[Item], open_player: OpenPlayer[Item, Result], *, banks: int, on_end: Callable[[], None]
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


_CHUNKS = 16
"""Parts of each process's share: what is on its way when a run is killed is computed again."""
_play: Callable[[Any], Any]
"""Of this process, once it has been opened."""
_open = ExitStack()


def play_in_processes(
    items: Sequence[Item], open_player: OpenPlayer[Item, Result], processes: int
) -> Generator[Result]:
    """The results in the order of the items, as they come.

    Args:
        open_player: is pickled, as are items and results; the number is always 0.
    """
    size = max(1, len(items) // (processes * _CHUNKS))
    with ProcessPoolExecutor(processes, get_context("spawn"), _open_here, (open_player,)) as pool:
        yield from pool.map(_play_here, items, chunksize=size)


def _open_here(open_player: OpenPlayer[Any, Any]) -> None:
    global _play  # noqa: PLW0603
    Thread(target=_end_with_parent, daemon=True).start()
    _play = _open.enter_context(open_player(0))


def _play_here(item: Any) -> Any:
    return _play(item)


def _end_with_parent() -> None:
    """A parent that was killed tells nobody, and a worker of a pool would wait for it for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
