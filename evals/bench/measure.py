"""One measurement: a number of turns of one system at one concurrency, and what they cost."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, cast

import numpy as np
import orjson
from pydantic import TypeAdapter

from evals.bench.cells import Cell
from evals.bench.client import Turn
from evals.bench.load import Job, Outcome
from evals.bench.processes import HTTP, ROOT, BenchError, python
from evals.bench.systems import System
from evals.bench.usage import PARTS, Usage, measure

_SETTLE_S = 0.3
"""What a server still does after its last answer is part of what the answers cost."""


class LoadGenerator:
    """The load generator's process, by its standard input and output, and the model whose calls are counted."""

    def __init__(self, jobs: IO[str], results: IO[str], model: str) -> None:
        self._jobs = jobs
        self._results = results
        self._model = model
        self._outcomes = TypeAdapter(Outcome)

    def run(self, system: System, turns: int, concurrency: int) -> Outcome:
        """Ask ``turns`` questions.

        Raises:
            BenchError: the load generator ended.
        """
        return self.play(Job(system.target, system.questions, turns, concurrency))

    def play(self, job: Job) -> Outcome:
        """Do a job.

        Raises:
            BenchError: the load generator ended.
        """
        self._jobs.write(orjson.dumps(asdict(job)).decode() + "\n")
        self._jobs.flush()
        line = self._results.readline()
        if not line:
            raise BenchError("The load generator ended.")
        return self._outcomes.validate_json(line)

    def take_cell(self, system: System, turns: int, concurrency: int, number: int) -> Cell:
        """Ask ``turns`` questions and measure them as round ``number``."""
        calls, before = self._model_calls(), measure(system.footprint)
        outcome = self.run(system, turns, concurrency)
        time.sleep(_SETTLE_S)
        metrics = _speed(outcome) | _cost(before, measure(system.footprint), len(outcome.turns))
        metrics["model_calls"] = (self._model_calls() - calls) / len(outcome.turns)
        complaint = next((turn.error for turn in outcome.turns if turn.error), None)
        return Cell(system.name, concurrency, number, metrics, complaint)

    def _model_calls(self) -> int:
        return HTTP.get(f"{self._model}/stats").json()["completions"]


@contextmanager
def run_load_generator(folder: Path, model: str) -> Generator[LoadGenerator]:
    """Args: model: the fake model's address; its count of completions tells whether a system really asked it."""
    pipe = subprocess.PIPE
    with (folder / "load.log").open("ab") as log:
        process = subprocess.Popen(
            python("evals.bench.load"), cwd=ROOT, stdin=pipe, stdout=pipe, stderr=log, text=True, start_new_session=True
        )
    with process:
        try:
            yield LoadGenerator(cast(IO[str], process.stdin), cast(IO[str], process.stdout), model)
        finally:
            process.kill()


def _speed(outcome: Outcome) -> dict[str, float]:
    good = [turn for turn in outcome.turns if turn.error is None]
    first_tokens = [turn.first_token_s for turn in good if turn.first_token_s is not None]
    metrics = {
        "turns": float(len(outcome.turns)),
        "errors": float(len(outcome.turns) - len(good)),
        "turns_per_s": len(good) / outcome.wall_s,
    }
    metrics |= _percentiles("first_token", first_tokens) | _percentiles("total", [turn.total_s for turn in good])
    return metrics | _sizes(good)


def _percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    return {f"{name}_p{rank}_ms": float(np.percentile(seconds, rank)) * 1000 for rank in (50, 95, 99)}


def _sizes(turns: list[Turn]) -> dict[str, float]:
    sizes = [turn.size for turn in turns]
    return {"bytes": float(np.median(sizes)), "bytes_max": float(max(sizes))} if sizes else {}


def _cost(before: Usage, after: Usage, turns: int) -> dict[str, float]:
    metrics = {"cpu_ms": (sum(after.cpu_s.values()) - sum(before.cpu_s.values())) * 1000 / turns}
    for part in PARTS:
        if part in after.cpu_s:
            metrics[f"cpu_{part}_ms"] = (after.cpu_s[part] - before.cpu_s[part]) * 1000 / turns
            metrics[f"rss_{part}_mib"] = after.rss_mib[part]
            metrics[f"threads_{part}"] = float(after.threads[part])
    return metrics
