"""Runs one suite: plays what is not on the disk yet, takes the figures of all records, and says what they are of."""

import os
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import InvalidInput
from core.provenance import DIRTY, find_revision, find_versions
from evals.judging.graded import judge_records
from evals.known_suites import find_suite
from evals.parallel import play_all, play_in_processes
from evals.progress import shown_progress
from evals.results.figures import rounded
from evals.results.folder import RunFolder
from evals.results.provenance import PACKAGES, describe_models, describe_settings, digest_of_data
from evals.results.record import Record, Scored
from evals.results.result import Result, Run
from evals.resuming import write_options
from evals.statistics.estimates import SEED, Measure, estimate_errors
from evals.statistics.repeats import pass_hat
from evals.suite import Case, Options, Plan, Suite

Trial = tuple[Case[Any], int]


class Finished(NamedTuple):
    result: Result
    records: list[Record]


def run_suite(name: str, options: Options, out: Path | None = None) -> Finished:
    """Plays the cases of `options` and, with `out`, leaves a run's folder there, or goes on with the one that is there.

    Raises:
        InvalidInput: no such suite, its input cannot be used, or `out` holds something else.
    """
    suite = find_suite(name)
    if options.repeat > 1 and not suite.passes:
        raise InvalidInput(f"--repeat is for suites whose cases pass or fail, not for {name}.")
    if options.judge and not suite.judged:
        raise InvalidInput(f"--judge is for suites whose answers are texts, not for {name}.")
    if (options.labels or options.rubric) and not options.judge:
        raise InvalidInput("--labels and --rubric are for a judge: name one with --judge.")
    clock = Clock()
    plan = suite.plan(options)
    folder = RunFolder(out) if out is not None else None
    begun = _describe(name, options, plan, clock)
    begun, there = folder.begin(begun) if folder else (begun, [])
    trials = [(case, trial) for trial in range(options.repeat) for case in plan.cases]
    left = _list_left(trials, there)
    records = _sort([*there, *_play(name, plan, left, options, folder)], trials)
    result = _measure(begun, suite, options, records, len(there))
    if options.judge:
        result = _judge(result, options, records, out)
    result = result.model_copy(update={"run": result.run.model_copy(update=clock.read())})
    if folder:
        folder.write(result)
    return Finished(result, records)


class Clock:
    """Since it was made, with the children that have ended."""

    def __init__(self) -> None:
        self.started_at = datetime.now(UTC)
        self._wall, self._cpu = time.perf_counter(), self._used()

    def read(self) -> dict[str, Any]:
        now = datetime.now(UTC)
        seconds, cpu = time.perf_counter() - self._wall, self._used() - self._cpu
        return {"ended_at": now, "seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2)}

    @staticmethod
    def _used() -> float:
        return sum(os.times()[:4])


def _describe(name: str, options: Options, plan: Plan[Any], clock: Clock) -> Result:
    """Of a run that begins."""
    revision = find_revision()
    models = describe_models(plan.settings) if plan.settings else {}
    run = {
        "started_at": clock.started_at,
        "ended_at": None,
        "seconds": 0,
        "cpu_seconds": 0,
        "revision": revision,
        "dirty": revision.endswith(DIRTY),
        "data_sha256": digest_of_data(plan.sources),
        "versions": find_versions(PACKAGES),
        "seeds": {"bootstrap": SEED},
        "models": list(models),
        "model_digests": models,
        "settings": describe_settings(plan.settings) if plan.settings else {},
        "options": write_options(options),
    }
    data = ", ".join(map(str, plan.sources)) or "nothing"
    return Result(
        suite=name,
        data=data,
        n=len(plan.cases),
        trials=options.repeat,
        metrics={},
        errors={},
        run=Run.model_validate(run | dict(plan.notes)),
    )


def _list_left(trials: Sequence[Trial], there: Sequence[Record]) -> list[Trial]:
    done = {record.key for record in there}
    return [(case, trial) for case, trial in trials if (case.id, trial) not in done]


def _play(
    name: str, plan: Plan[Any], left: Sequence[Trial], options: Options, folder: RunFolder | None
) -> list[Record]:
    if not left:
        return []
    workers = min(options.parallel or plan.workers, len(left))
    inputs = [case.input for case, _ in left]

    def keep(trial: Trial, scored: Scored) -> Record:
        record = Record.of(trial[0].id, trial[1], scored)
        if folder:
            folder.add(record)
        return record

    with plan.opened(inputs) as open_player, shown_progress(name, len(left)) as on_end:
        if plan.in_processes and workers > 1:
            records: list[Record] = []
            for trial, scored in zip(left, play_in_processes(inputs, open_player, workers), strict=True):
                records.append(keep(trial, scored))
                on_end()
            return records

        @contextmanager
        def open_recorder(number: int) -> Generator[Callable[[Trial], Record]]:
            with open_player(number) as play:
                yield lambda trial: keep(trial, play(trial[0].input))

        return play_all(left, open_recorder, banks=workers, on_end=on_end)


def _sort(records: Sequence[Record], trials: Sequence[Trial]) -> list[Record]:
    by_key = {record.key: record for record in records}
    return [by_key[case.id, trial] for case, trial in trials]


def _measure(begun: Result, suite: Suite, options: Options, records: Sequence[Record], resumed: int) -> Result:
    measure = figures_of(suite, options.repeat)
    notes = {**suite.describe(records), **(suite.finish(options, records) if suite.finish else {})}
    metrics, errors = rounded(measure(records)), estimate_errors(records, measure)
    run = begun.run.model_copy(update={"resumed": resumed, **notes})
    return begun.model_copy(update={"metrics": metrics, "errors": errors, "run": run})


def _judge(result: Result, options: Options, records: Sequence[Record], out: Path | None) -> Result:
    judged = judge_records(records, options, out)
    return result.model_copy(
        update={
            "metrics": result.metrics | rounded(judged.metrics),
            "errors": result.errors | judged.errors,
            "run": result.run.model_copy(update=judged.notes),
        }
    )


def figures_of(suite: Suite, trials: int) -> Measure:
    """The suite's own, and pass^k where each case was played several times."""
    if trials == 1:
        return suite.measure
    return lambda records: {**suite.measure(records), "pass^k": pass_hat(records)}
