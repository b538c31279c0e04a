"""The load generator, a process of its own: reads one job per line from standard input, writes one result per line.

Each of ``concurrency`` clients asks the next question as soon as its last answer has ended, or when the clock says so,
until ``turns`` are done or it has failed too often.

    python -m evals.bench.load
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import uvloop
from pydantic import TypeAdapter

from evals.bench.client import Connection, Target, Turn

_PATIENCE = 5
"""Failures in a row after which a client gives up, so that a server that hangs cannot hold the benchmark."""


@dataclass(frozen=True)
class Job:
    target: Target
    questions: tuple[str, ...]
    turns: int
    concurrency: int
    rate: float = 0
    """Turns that begin in a second, whatever has been answered; 0: as many as are answered."""
    conversation: int = 1
    """Turns of a client before it begins another conversation."""


@dataclass(frozen=True)
class Outcome:
    """All turns of a job and how long they took together, in seconds."""

    turns: list[Turn]
    wall_s: float
    late_s: float
    """How long after its time the latest turn began, since no client was free."""


async def run_job(job: Job) -> Outcome:
    turns: list[Turn] = []
    late = [0.0]
    start = time.perf_counter()
    due = iter([(start + index / job.rate if job.rate else 0, _question(job, index)) for index in range(job.turns)])
    await asyncio.gather(*(_client(job, due, turns, late) for _ in range(job.concurrency)))
    return Outcome(turns, time.perf_counter() - start, max(late))


async def _client(job: Job, due: Iterator[tuple[float, str]], turns: list[Turn], late: list[float]) -> None:
    connection, failures = Connection(job.target), 0
    for asked, (at, question) in enumerate(due):
        if at:
            early = at - time.perf_counter()
            await asyncio.sleep(max(0.0, early))
            late.append(-early)
        session = connection.session if asked % job.conversation else None
        turns.append(await connection.ask(_body(question, session)))
        failures = failures + 1 if turns[-1].error else 0
        if failures == _PATIENCE:
            break
    connection.close()


def _question(job: Job, index: int) -> str:
    return job.questions[index % len(job.questions)]


def _body(question: str, session: str | None) -> bytes:
    return orjson.dumps({"message": question} | ({"session_id": session} if session else {}))


def main() -> None:
    jobs = TypeAdapter(Job)
    for line in sys.stdin:
        outcome = uvloop.run(run_job(jobs.validate_json(line)))
        sys.stdout.write(orjson.dumps(outcome).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
