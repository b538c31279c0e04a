"""A rate held for minutes, and what so many turns leave behind: memory, threads, handles, connections, checkpoints.

    python -m evals.bench.endurance                                24,000 turns: 40 a second for ten minutes
    python -m evals.bench.endurance --rate 20 --minutes 1 --json

Turns begin on the clock, whatever has been answered. A customer talks with the offline model: questions of the bank, of
the help centre and small talk by turns, five in a conversation.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import orjson
import typer

from evals.bench.durability import as_superuser
from evals.bench.load import Job, Outcome
from evals.bench.measure import LoadGenerator, run_load_generator
from evals.bench.processes import BenchError, unwind_when_ended
from evals.bench.questions import BANKING, KNOWLEDGE, SMALL_TALK
from evals.bench.startup import sign_in
from evals.bench.systems import Ours, System, run_fake_model, run_ours
from evals.bench.usage import Usage, list_tree, measure

_QUESTIONS = tuple(chain(*zip(BANKING * 10, KNOWLEDGE, SMALL_TALK * 5, strict=True)))
_CLIENTS = 64
_WARM = 2
"""Steps after which memory has come to rest."""
_CONVERSATION = 5
_SETTLE_S = 5
"""Within which connections that the clients have closed are gone."""
_LOOKS = 5
_LEFT = """
    select (select count(*) from pg_stat_activity where backend_type = 'client backend') as connections,
           (select count(distinct thread_id) from checkpoints.checkpoints) as conversations,
           (select count(*) from checkpoints.checkpoints) as checkpoints,
           (select count(*) from checkpoints.checkpoint_blobs) + (select count(*) from checkpoints.checkpoint_writes)
               as parts
"""


@dataclass(frozen=True)
class Left:
    """What the server holds after so many turns."""

    turns: int
    rss_mib: float
    threads: int
    handles: int
    connections: int
    conversations: int
    checkpoints: int
    parts: int
    """Of checkpoints: values and writes of nodes."""


@dataclass(frozen=True)
class Step:
    turns: int
    errors: int
    wall_s: float
    late_s: float
    p50_ms: float
    p99_ms: float
    complaint: str | None


def main(
    rate: Annotated[float, typer.Option(min=1, help="Turns that begin in a second.")] = 40,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the server.")] = 2,
    steps: Annotated[int, typer.Option(min=4, help="How often it is looked at on the way.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Hold a rate and see what stays."""
    unwind_when_ended()
    with _serving(workers) as (load, system):
        before = _usage(system).cpu_s
        taken, left = _run(load, system, round(rate * minutes * 60 / steps), rate, steps)
        after = _usage(system).cpu_s
    turns = sum(step.turns for step in taken)
    found: dict[str, Any] = {
        "workers": workers,
        "asked_per_s": rate,
        "turns": turns,
        "errors": sum(step.errors for step in taken),
        "held_per_s": round(turns / sum(step.wall_s for step in taken), 2),
        "late_s": max(step.late_s for step in taken),
        "cpu_ms_per_turn": {part: round((after[part] - before[part]) * 1000 / turns, 2) for part in after},
        "rss_growth": round(left[-1].rss_mib / left[_WARM].rss_mib - 1, 4),
        "checkpoints_per_conversation": round(left[-1].checkpoints / left[-1].conversations, 2),
        "left": [asdict(each) for each in left],
        "steps": [asdict(step) for step in taken],
    }
    if as_json:
        typer.echo(orjson.dumps(found).decode())
        return
    rows = {name: found.pop(name) for name in ("left", "steps")}
    for name, value in found.items():
        typer.echo(f"{name:<30} {value}")
    for name, row in ((name, row) for name, each in rows.items() for row in each):
        typer.echo(f"{name:<30} {row}")


@contextmanager
def _serving(workers: int) -> Generator[tuple[LoadGenerator, System]]:
    with TemporaryDirectory(prefix="tgb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # One customer stands for all; what counting costs is told by evals.bench.door.
        ours = Ours(folder, {"TELLERGRAPH_STREAMS_PER_USER": str(_CLIENTS)}, ("--workers", str(workers)))
        with (
            run_fake_model(folder) as model,
            run_load_generator(folder, model) as load,
            run_ours(ours, "offline", "offline", model) as system,
        ):
            yield load, system


def _run(load: LoadGenerator, system: System, turns: int, rate: float, steps: int) -> tuple[list[Step], list[Left]]:
    taken: list[Step] = []
    left = [_look(system, 0)]
    for number in range(steps):
        # A token lasts a quarter of an hour.
        asked = system.asked("customer", _QUESTIONS, sign_in(system))
        job = Job(asked.target, asked.questions, turns, _CLIENTS, rate, _CONVERSATION)
        taken.append(_told(load.play(job)))
        if number == steps - 1:
            time.sleep(_SETTLE_S)
        left.append(_look(system, (number + 1) * turns))
    return taken, left


def _told(outcome: Outcome) -> Step:
    seconds = [turn.total_s for turn in outcome.turns]
    return Step(
        turns=len(outcome.turns),
        errors=sum(turn.error is not None for turn in outcome.turns),
        wall_s=round(outcome.wall_s, 2),
        late_s=round(outcome.late_s, 3),
        p50_ms=round(float(np.percentile(seconds, 50)) * 1000, 1),
        p99_ms=round(float(np.percentile(seconds, 99)) * 1000, 1),
        complaint=next((turn.error for turn in outcome.turns if turn.error), None),
    )


def _usage(system: System) -> Usage:
    """A backend of PostgreSQL may end just while it is looked at."""
    for _ in range(_LOOKS - 1):
        with suppress(BenchError):
            return measure(system.footprint)
    return measure(system.footprint)


def _look(system: System, turns: int) -> Left:
    usage = _usage(system)
    with as_superuser(system.data, "tellergraph") as connection:
        [row] = connection.execute(_LEFT).fetchall()
    others = set(system.footprint.values()) - {system.footprint["server"]}
    handles = sum(process.num_fds() for process in list_tree(system.footprint["server"], others))
    return Left(turns, round(usage.rss_mib["server"], 1), usage.threads["server"], handles, *row)


if __name__ == "__main__":
    typer.run(main)
