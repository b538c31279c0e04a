"""What a server's processes have used, read from their clocks and /proc: CPU seconds, resident memory, threads.

A system has up to three parts: ``server`` (everything it runs in Python), ``postgres`` and ``redis``. Each part is a
root process with its descendants. CPU time counts children that have already ended and were waited for.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from evals.bench.processes import BenchError

Footprint = dict[str, int]
"""Part name to the id of its root process."""

PARTS = ("server", "postgres", "redis")
_MIB = 1 << 20


@dataclass(frozen=True)
class Usage:
    """Per part: CPU seconds since start, MiB resident (shared pages counted once per process), threads."""

    cpu_s: dict[str, float]
    rss_mib: dict[str, float]
    threads: dict[str, int]


def measure(footprint: Footprint) -> Usage:
    """Read every part.

    Raises:
        BenchError: one of its processes has ended.
    """
    roots = set(footprint.values())
    try:
        trees = {part: list(list_tree(pid, roots - {pid})) for part, pid in footprint.items()}
        return Usage(
            cpu_s={part: sum(_cpu_s(process) for process in tree) for part, tree in trees.items()},
            rss_mib={part: sum(process.memory_info().rss for process in tree) / _MIB for part, tree in trees.items()},
            threads={part: sum(process.num_threads() for process in tree) for part, tree in trees.items()},
        )
    except psutil.NoSuchProcess as error:
        raise BenchError(f"A process under test has ended: {error}") from error


def read_clock_ms(pid: int) -> float:
    """CPU of a process, with all of its threads. Linux's clock of another process, clock_getcpuclockid(3): exact, where
    /proc counts ticks of ten milliseconds."""
    return time.clock_gettime_ns(~pid << 3 | 2) / 1e6


def _cpu_s(process: psutil.Process) -> float:
    """Raises NoSuchProcess."""
    ended = sum(process.cpu_times()[2:4])
    try:
        return read_clock_ms(process.pid) / 1e3 + ended
    except OSError as error:
        raise psutil.NoSuchProcess(process.pid) from error


def list_tree(pid: int, others: set[int]) -> Iterator[psutil.Process]:
    process = psutil.Process(pid)
    yield process
    for child in process.children():
        if child.pid not in others:
            yield from list_tree(child.pid, others)


def find_footprint(server: int, folder: Path) -> Footprint:
    """The parts of a server whose databases live under ``folder``."""
    footprint = {"server": server}
    if postgres := next(iter(list_postgres(folder)), None):
        footprint["postgres"] = postgres
    if redis := next(iter(list_redis(folder)), None):
        footprint["redis"] = redis
    return footprint


def list_postgres(folder: Path) -> list[int]:
    """Ids of live PostgreSQL servers with their data under ``folder``."""
    ids = [int(path.read_text().splitlines()[0]) for path in folder.rglob("postmaster.pid")]
    return [pid for pid in ids if psutil.pid_exists(pid)]


def list_redis(folder: Path) -> list[int]:
    """Ids of live Redis servers that work or listen under ``folder``."""
    servers = (process for process in psutil.process_iter(["name"]) if "redis-server" in process.info["name"])
    return [process.pid for process in servers if _belongs(process, folder)]


def _belongs(process: psutil.Process, folder: Path) -> bool:
    try:
        return str(folder) in process.cwd() or str(folder) in " ".join(process.cmdline())
    except psutil.Error:
        return False
