"""What the audit log's chains cost, beside the same entries in a table without them, in one run.

    python -m evals.bench.audit --json

For each side 50 clients commit transactions of one entry each, as fast as they can. Figures: milliseconds of a commit
(p50, p99, most), CPU milliseconds of PostgreSQL for each entry, and seconds in which 10,000 entries are verified. The
plain side is a table with the same columns, indexes and trigger that fills them, and no link. Rounds are interleaved.

On a machine with fewer cores than clients a commit mostly waits for a core; ``lock_wait_ms`` is what it waited for
another transaction, counted by looking at pg_stat_activity all the time; ``waits_ms`` are the single waits, each as
long as it was seen, of which one look is the least.
"""

import os
import statistics
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import Annotated, Any, LiteralString

import numpy as np
import orjson
import psycopg
import typer

from core.audit.checkpoints import Journal
from core.audit.verify import verify_log
from core.db.migrate import migrate
from core.services import Services, running_services
from core.settings import Settings

_MOST_WAIT_MS = 5.0
VERIFIED = 10_000
"""Entries of the log that is verified."""
_PREPARE: LiteralString = """
    create table plain_log (like audit_log including all);
    create trigger complete before insert on plain_log for each row execute function complete_audit_entry()"""
_INSERT: dict[str, LiteralString] = {
    "plain": """insert into plain_log (actor, action, resource, detail, at)
                values ('bench', 'card.frozen', 'card:1', '{"n": 1}', now())""",
    "chained": """insert into audit_log (actor, action, resource, detail, at)
                  values ('bench', 'card.frozen', 'card:1', '{"n": 1}', now())""",
}

app = typer.Typer(add_completion=False)


_WAITING: LiteralString = """
    select coalesce(array_agg(pid), '{}') from pg_stat_activity where wait_event_type = 'Lock' and pid = any(%s)"""


@dataclass
class Side:
    commits: list[float] = field(default_factory=list[float])
    """Milliseconds."""
    cpu: list[float] = field(default_factory=list[float])
    """Milliseconds of the backends for each entry, by round."""
    lock_wait: list[float] = field(default_factory=list[float])
    """Milliseconds that an entry waited for other transactions on average, by round."""
    waits: list[float] = field(default_factory=list[float])
    """Milliseconds of the single waits that a look saw."""
    looks: list[float] = field(default_factory=list[float])
    """Milliseconds between two looks."""


@app.command()
def audit(
    clients: Annotated[int, typer.Option(min=1, max=80)] = 50,
    entries: Annotated[int, typer.Option(min=100, help="Of each side in each round.")] = 2_500,
    rounds: Annotated[int, typer.Option(min=1)] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the chained audit log with a plain one."""
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            with psycopg.connect(services.owner_url, autocommit=True) as owner:
                owner.execute(_PREPARE)
            result = _measure(services, clients, entries, rounds)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


def _measure(services: Services, clients: int, entries: int, rounds: int) -> dict[str, Any]:
    sides = {"plain": Side(), "chained": Side()}
    for number in range(rounds):
        for name in sorted(sides, reverse=number % 2 == 1):
            _load(services, _INSERT[name], sides[name], clients, entries)
    _fill(services)
    started = perf_counter()
    verdict = verify_log(services.owner_url, Journal((), ()))
    seconds = perf_counter() - started
    return {
        "clients": clients,
        "entries_each": entries * rounds,
        "sides": {name: _figures(side) for name, side in sides.items()},
        "added_cpu_ms_per_entry": round(_cpu(sides["chained"]) - _cpu(sides["plain"]), 4),
        "added_p99_ms": round(_quantile(sides["chained"], 99) - _quantile(sides["plain"], 99), 2),
        "verify": {
            "entries": verdict.entries,
            "seconds": round(seconds, 3),
            "seconds_for_10000": round(seconds / verdict.entries * VERIFIED, 3),
            "whole": verdict.is_whole,
            "chains": verdict.chains,
        },
    }


def _load(services: Services, insert: LiteralString, side: Side, clients: int, entries: int) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(psycopg.connect(services.owner_url)) for _ in range(clients)]
        backends = [connection.info.backend_pid for connection in connections]
        before = _cpu_seconds(backends)

        def work(connection: psycopg.Connection[Any]) -> list[float]:
            return [_commit(connection, insert) for _ in range(entries // clients)]

        with _watching(services, backends, side), ThreadPoolExecutor(clients) as pool:
            seen = len(side.waits)
            taken = [milliseconds for commits in pool.map(work, connections) for milliseconds in commits]
        side.commits += taken
        side.lock_wait.append(sum(side.waits[seen:]) / len(taken))
        side.cpu.append((_cpu_seconds(backends) - before) * 1000 / len(taken))


@contextmanager
def _watching(services: Services, backends: list[int], side: Side) -> Generator[None]:
    """How long the backends wait for each other's locks: from the look that sees it to the one that does not."""
    over = Event()

    def look() -> None:
        with psycopg.connect(services.admin_url, autocommit=True) as connection:
            last, waiting = perf_counter(), dict[int, float]()
            while not over.is_set():
                row = connection.execute(_WAITING, [backends], prepare=True).fetchone()
                now = perf_counter()
                side.looks.append((now - last) * 1000)
                seen = set(row[0] if row else ())
                side.waits += [(now - waiting.pop(pid)) * 1000 for pid in waiting.keys() - seen]
                waiting |= dict.fromkeys(seen - waiting.keys(), last)
                last = now
            side.waits += [(last - since) * 1000 for since in waiting.values()]

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _commit(connection: psycopg.Connection[Any], insert: LiteralString) -> float:
    connection.execute(insert, prepare=True)
    started = perf_counter()
    connection.commit()
    return (perf_counter() - started) * 1000


def _cpu_seconds(pids: list[int]) -> float:
    """User and system time (proc_pid_stat(5))."""
    tick = os.sysconf("SC_CLK_TCK")
    times = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids)
    return sum(int(user) + int(system) for user, system in times) / tick


def _fill(services: Services) -> None:
    """As many entries as are verified, at least."""
    with psycopg.connect(services.owner_url, autocommit=True) as owner:
        row = owner.execute("select greatest(0, %s - count(*)) from audit_log", [VERIFIED]).fetchone()
        for _ in range(row[0] if row else 0):
            owner.execute(_INSERT["chained"], prepare=True)


def _figures(side: Side) -> dict[str, Any]:
    entries = len(side.commits)
    return {
        "waits_ms": {
            "seen": len(side.waits),
            "p99_of_all_entries": round(float(np.quantile(_with_none(side.waits, entries), 0.99)), 3),
            "most": round(max(side.waits, default=0.0), 3),
            "over_5": sum(wait > _MOST_WAIT_MS for wait in side.waits),
            "between_looks_p50": round(statistics.median(side.looks), 3),
            "between_looks_p99": round(float(np.quantile(side.looks, 0.99)), 3),
        },
        "commit_p50_ms": round(statistics.median(side.commits), 2),
        "commit_p99_ms": round(_quantile(side, 99), 2),
        "commit_most_ms": round(max(side.commits), 2),
        "cpu_ms_per_entry": round(_cpu(side), 4),
        "lock_wait_ms": round(statistics.median(side.lock_wait), 4),
    }


def _with_none(waits: list[float], entries: int) -> list[float]:
    """With the entries that no look saw waiting."""
    return waits + [0.0] * max(0, entries - len(waits))


def _quantile(side: Side, percent: int) -> float:
    return statistics.quantiles(side.commits, n=100)[percent - 1]


def _cpu(side: Side) -> float:
    return statistics.median(side.cpu)


if __name__ == "__main__":
    app()
