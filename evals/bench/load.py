"""The load generator, a process of its own: reads one job per line from standard input, writes one result per line.

Each of ``concurrency`` clients asks the next question as soon as its last answer has ended, until ``turns`` are done
or it has failed too often.

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


@dataclass(frozen=True)
class Outcome:
    """All turns of a job and how long they took together, in seconds."""

    turns: list[Turn]
    wall_s: float


async def run_job(job: Job) -> Outcome:
    bodies = iter([_body(job.questions[index % len(job.questions)]) for index in range(job.turns)])
    turns: list[Turn] = []
    start = time.perf_counter()
    await asyncio.gather(*(_client(job.target, bodies, turns) for _ in range(job.concurrency)))
    return Outcome(turns, time.perf_counter() - start)


async def _client(target: Target, bodies: Iterator[bytes], turns: list[Turn]) -> None:
    connection, failures = Connection(target), 0
    for body in bodies:
        turns.append(await connection.ask(body))
        failures = failures + 1 if turns[-1].error else 0
        if failures == _PATIENCE:
            break
    connection.close()


def _body(question: str) -> bytes:
    return orjson.dumps({"message": question})


def main() -> None:
    jobs = TypeAdapter(Job)
    for line in sys.stdin:
        outcome = uvloop.run(run_job(jobs.validate_json(line)))
        sys.stdout.write(orjson.dumps(outcome).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
