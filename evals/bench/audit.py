"""What the audit log's chains cost, beside the same entries in a table without them, in one run.

    python -m evals.bench.audit --json

For each side 50 clients commit transactions of one entry each, as fast as they can. Figures: milliseconds of a commit
(p50, p99, most), CPU milliseconds of PostgreSQL for each entry, and seconds in which 10,000 entries are verified. The
plain side is a table with the same columns, indexes and trigger that fills them, and no link. Rounds are interleaved;
one of each comes before and counts nowhere, as 50 connections that have just begun want a page of the table at once.

``waits_ms`` are all waits of a millisecond and more for a lock that another transaction held, as PostgreSQL itself
writes them down (``log_lock_waits``, with the ``deadlock_timeout`` of a millisecond, which is the least), by what was
waited for: ``transaction`` is a row that another one changed, such as the end of a chain; ``extension`` a table or an
index that is made longer. The clients do nothing that concerns another, so each of them is an unrelated request.

``control_ms`` is such a wait, made on purpose before, as it was written down.

A chain is taken by the trigger that the commit begins with, and given back at its end: ``commit_ms`` is the most that
it is held for. On a machine with fewer cores than clients that is mostly waiting for a core.
"""

import os
import re
import statistics
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Annotated, Any, LiteralString

import orjson
import psycopg
import typer

from core.audit.checkpoints import Journal
from core.audit.verify import verify_log
from core.db.migrate import migrate
from core.services import Services, running_services
from core.services.embedded_postgres import EmbeddedPostgres
from core.settings import Settings
from evals.bench.processes import BenchError

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

_LOG_WAITS: tuple[LiteralString, ...] = (
    "alter role tellergraph_owner set log_lock_waits = on",
    "alter role tellergraph_owner set deadlock_timeout = '1ms'",
)
_TAKE_FIRST_CHAIN: LiteralString = "select 1 from audit_heads where chain = 0 for update"
_CONTROL_S = 0.1
_WAITED = re.compile(r"process \d+ acquired \w+ on (\w+) .*after ([\d.]+) ms")

app = typer.Typer(add_completion=False)
Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Wait:
    what: str
    milliseconds: float


@dataclass
class Side:
    commits: list[float] = field(default_factory=list[float])
    """Milliseconds."""
    cpu: list[float] = field(default_factory=list[float])
    """Milliseconds of the backends for each entry, by round."""
    waits: list[Wait] = field(default_factory=list[Wait])


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
        log = EmbeddedPostgres(settings.data_dir).log
        with running_services(settings) as services:
            migrate(services)
            with psycopg.connect(services.owner_url, autocommit=True) as owner:
                owner.execute(_PREPARE)
            with psycopg.connect(services.admin_url, autocommit=True) as admin:
                for statement in _LOG_WAITS:
                    admin.execute(statement)
            result = _measure(services, log, clients, entries, rounds)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


def _measure(services: Services, log: Path, clients: int, entries: int, rounds: int) -> dict[str, Any]:
    control = _wait_on_purpose(services, log)
    sides = {"plain": Side(), "chained": Side()}
    with ExitStack() as stack:
        connections = [stack.enter_context(psycopg.connect(services.owner_url)) for _ in range(clients)]
        for insert in _INSERT.values():
            _load(connections, insert, Side(), entries)  # what each of them does but once
        for number in range(rounds):
            for name in sorted(sides, reverse=number % 2 == 1):
                written = log.stat().st_size
                _load(connections, _INSERT[name], sides[name], entries)
                sides[name].waits += _read_waits(log, written)
    _fill(services)
    started = perf_counter()
    verdict = verify_log(services.owner_url, Journal((), ()))
    seconds = perf_counter() - started
    return {
        "clients": clients,
        "entries_each": entries * rounds,
        "control_ms": control,
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


def _load(connections: list[Connection], insert: LiteralString, side: Side, entries: int) -> None:
    backends = [connection.info.backend_pid for connection in connections]
    before = _cpu_seconds(backends)

    def work(connection: Connection) -> list[float]:
        return [_commit(connection, insert) for _ in range(entries // len(connections))]

    with ThreadPoolExecutor(len(connections)) as pool:
        taken = [milliseconds for commits in pool.map(work, connections) for milliseconds in commits]
    side.commits += taken
    side.cpu.append((_cpu_seconds(backends) - before) * 1000 / len(taken))


def _wait_on_purpose(services: Services, log: Path) -> float:
    """Milliseconds, as the log has them. Were nothing written down, no wait would be found either."""
    written = log.stat().st_size
    with psycopg.connect(services.owner_url) as holder, psycopg.connect(services.owner_url) as other:
        holder.execute(_TAKE_FIRST_CHAIN)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(other.execute, _TAKE_FIRST_CHAIN)
            sleep(_CONTROL_S)
            holder.rollback()
            waiting.result()
    [wait] = _read_waits(log, written)
    if wait.what != "transaction" or wait.milliseconds < _CONTROL_S * 500:
        raise BenchError(f"PostgreSQL wrote down {wait} for a wait of {_CONTROL_S} s")
    return wait.milliseconds


def _read_waits(log: Path, since: int) -> list[Wait]:
    with log.open(encoding="utf-8") as lines:
        lines.seek(since)
        return [Wait(found[1], float(found[2])) for line in lines if (found := _WAITED.search(line))]


def _commit(connection: Connection, insert: LiteralString) -> float:
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
    return {
        "waits_ms": {what: _waits(side, what) for what in sorted({wait.what for wait in side.waits} | {"transaction"})},
        "commit_p50_ms": round(statistics.median(side.commits), 2),
        "commit_p99_ms": round(_quantile(side, 99), 2),
        "commit_most_ms": round(max(side.commits), 2),
        "cpu_ms_per_entry": round(_cpu(side), 4),
    }


def _waits(side: Side, what: str) -> dict[str, float]:
    taken = [wait.milliseconds for wait in side.waits if wait.what == what]
    over = sum(each > _MOST_WAIT_MS for each in taken)
    return {"over_1": len(taken), f"over_{_MOST_WAIT_MS:.0f}": over, "most": max(taken, default=0.0)}


def _quantile(side: Side, percent: int) -> float:
    return statistics.quantiles(side.commits, n=100)[percent - 1]


def _cpu(side: Side) -> float:
    return statistics.median(side.cpu)


if __name__ == "__main__":
    app()
