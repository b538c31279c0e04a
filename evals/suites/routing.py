"""`routing`: the route on JSON lines `{"text", "route"}`.

What is measured is the whole understanding of a message, as in service: clauses, forms of questions, and the heads.
A message that the assistant would ask about counts with its best guess; the report's `run` says how many they are.

The label `banking` stands for any of knowledge, operation, fraud and handoff. In a file that uses it, these four count
as one and their probabilities are added; a row with one of the six routes still wants exactly that route.

A row may name its `intent`, too: `intent_accuracy` is the share of these whose intent was the likeliest.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from agent.understanding.intents import Route
from agent.understanding.reader import Reader, Understanding
from core.errors import InvalidInput
from evals.classifying import draw_for, p50_ms, predictions
from evals.metrics import (
    accuracy,
    accuracy_error,
    coverage_at_precision,
    expected_calibration_error,
    macro_f1,
    recall_by_label,
)
from evals.reading import read_json_lines
from evals.results.figures import Metric
from evals.results.record import Record, Scored
from evals.suite import Options, Plan, Play, Suite, alone, name_cases, require
from evals.understanding import describe_understander, load_understander, stopwatch

BANKING = "banking"
BANKING_ROUTES = frozenset({Route.KNOWLEDGE, Route.OPERATION, Route.FRAUD, Route.HANDOFF})
Row = dict[str, str]


def plan(options: Options) -> Plan[Row]:
    """Raises InvalidInput: the file cannot be used or has other labels."""
    path = require(options.data, "--data FILE")
    rows = read_json_lines(path, ("text", "route"), optional=("intent",))
    truth = {row["route"] for row in rows}
    unknown = sorted(truth - {*Route, BANKING})
    if unknown:
        raise InvalidInput(f"{path} has unknown routes: {', '.join(unknown[:5])}.")
    return Plan(
        cases=name_cases(rows, lambda row: f"{row['route']}\n{row['text']}"),
        opened=alone(partial(_open_player, options.heads, BANKING in truth)),
        sources=[path],
        in_processes=True,
        notes=describe_understander(options.heads),
    )


@contextmanager
def _open_player(heads: Path | None, coarse: bool, _number: int) -> Generator[Play[Row]]:
    measured = load_understander(heads)
    understand = stopwatch(Reader(measured.encoder, measured.heads).understand)

    def play(row: Row) -> Scored:
        understood, seconds = understand(row["text"])
        is_right = _is_right(row["route"], understood.route)
        return Scored(
            value=is_right,
            input=row["text"],
            expected=row["route"],
            answer=row["route"] if is_right else _name(understood.route, coarse),
            confidence=_confidence(understood, coarse),
            seconds=seconds,
            details={"asked_back": not understood.is_clear}
            | ({"intent_is_right": understood.intent == row["intent"]} if "intent" in row else {}),
        )

    yield play


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    truth, predicted, correct, confidences = predictions(records)
    return {
        "accuracy": accuracy(correct),
        "macro_f1": macro_f1(truth, predicted),
        "recall": recall_by_label(truth, correct),
        "ece": expected_calibration_error(correct, confidences),
        "coverage_at_99_precision": coverage_at_precision(correct, confidences, 0.99),
        "p50_ms": p50_ms(records),
    } | _intent_accuracy(records)


def _intent_accuracy(records: Sequence[Record]) -> dict[str, Metric]:
    right = [bool(record.details["intent_is_right"]) for record in records if "intent_is_right" in record.details]
    return {"intent_accuracy": accuracy(right)} if right else {}


def _describe(records: Sequence[Record]) -> dict[str, object]:
    truth, predicted, correct, _ = predictions(records)
    return {
        "accuracy_se": accuracy_error(correct),
        "asked_back": float(np.mean([bool(record.details["asked_back"]) for record in records])),
        "confusion": _count(truth, predicted),
    }


def _name(route: Route, coarse: bool) -> str:
    return BANKING if coarse and route in BANKING_ROUTES else route.value


def _count(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, dict[str, int]]:
    """Label -> what its cases were taken for, the most frequent first."""
    return {
        label: dict(Counter(p for t, p in zip(truth, predicted, strict=True) if t == label).most_common())
        for label in sorted(set(truth))
    }


def _is_right(truth: str, predicted: Route) -> bool:
    return predicted in BANKING_ROUTES if truth == BANKING else predicted == truth


def _confidence(understood: Understanding, coarse: bool) -> float:
    meant = BANKING_ROUTES if coarse and understood.route in BANKING_ROUTES else {understood.route}
    return min(1.0, sum(probability for route, probability in understood.routes if route in meant))


SUITE = Suite(plan=plan, measure=measure, describe=_describe, finish=partial(draw_for, "routing"), classifies=True)
