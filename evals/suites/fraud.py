"""`fraud`: the model on a test that comes after a history, files of `transaction_id, occurred_at, customer_id,
terminal_id, amount_cents, is_fraud`, through the same measure as `tellergraph fraud evaluate`.

A record is a payment: its answer is the probability that it is a fraud, its value how near that is to the truth.
Features and probabilities come for all payments at once, so a run that is resumed computes them again.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from evals.results.figures import Metric
from evals.results.record import Record, Scored
from evals.suite import OpenPlayer, Options, Plan, Play, Suite, name_cases, require
from tools.fraud.features.dataset import Dataset, read_dataset
from tools.fraud.model.evaluation import Evaluation, Protocol, evaluate
from tools.fraud.model.metrics import all_metrics
from tools.fraud.model.versions import read_promoted


def plan(options: Options) -> Plan[int]:
    """Raises InvalidInput: a file cannot be used; once it is played, also where there is nothing to measure."""
    history = require(options.history, "--history FILE")
    path = require(options.data, "--data FILE")
    test = read_dataset(path)
    protocol = Protocol(delay_days=options.delay_days, train=options.train)
    return Plan(
        cases=name_cases(range(len(test)), partial(_describe_payment, test)),
        opened=partial(_opened, read_dataset(history), test, protocol),
        sources=[path, history],
        notes={
            "model": "trained on the history" if options.train else read_promoted(protocol.models),
            "frauds": int(test.is_fraud.sum()),
        },
    )


def _describe_payment(test: Dataset, place: int) -> str:
    moment, amount = test.occurred_at[place], test.amount_cents[place]
    return f"{amount / 100:.2f} by {test.customer[place]} at {test.terminal[place]}, {moment}"


@contextmanager
def _opened(history: Dataset, test: Dataset, protocol: Protocol, _places: Sequence[int]) -> Generator[OpenPlayer[int]]:
    found = evaluate(history, test, protocol)

    @contextmanager
    def open_player(_number: int) -> Generator[Play[int]]:
        yield partial(_look_up, found, test)

    yield open_player


def _look_up(found: Evaluation, test: Dataset, place: int) -> Scored:
    truth, probability = bool(found.truth[place]), float(found.probability[place])
    return Scored(
        value=1 - abs(truth - probability),
        input=_describe_payment(test, place),
        expected="fraud" if truth else "genuine",
        answer=probability,
        confidence=probability,
        details={
            "customer": str(found.customer[place]),
            "day": int(found.day[place]),
            "scenario": None if found.scenario is None else str(found.scenario[place]),
        },
    )


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    scenarios = [record.details["scenario"] for record in records]
    truth = np.array([record.expected == "fraud" for record in records])
    if not truth.any() or truth.all():
        # A sample of few cases may have no fraud at all: it says nothing.
        return {}
    found: Any = all_metrics(
        truth,
        np.array([record.answer for record in records], dtype=np.float64),
        np.array([record.details["customer"] for record in records]),
        np.array([record.details["day"] for record in records], dtype=np.int64),
        None if None in scenarios else np.array(scenarios),
    )
    return found


def _is_fraud(record: Record) -> bool:
    return record.expected == "fraud"


SUITE = Suite(plan=plan, measure=measure, holds=_is_fraud)
