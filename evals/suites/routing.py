"""`routing`: the route on JSON lines `{"text", "route"}`.

What is measured is the whole understanding of a message, as in service: clauses, forms of questions, and the heads.
A message that the assistant would ask about counts with its best guess; the report's `run` says how many they are.

The label `banking` stands for any of knowledge, operation, fraud and handoff. In a file that uses it, these four count
as one and their probabilities are added; a row with one of the six routes still wants exactly that route.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from agent.understanding.intents import Route
from agent.understanding.reader import Reader, Understanding
from core.errors import InvalidInput
from evals.metrics import (
    accuracy,
    accuracy_error,
    coverage_at_precision,
    expected_calibration_error,
    macro_f1,
    recall_by_label,
)
from evals.plots import draw_confusion
from evals.reading import read_json_lines
from evals.suite import Options, Outcome, require
from evals.understanding import load_understander, time_each

BANKING = "banking"
BANKING_ROUTES = frozenset({Route.KNOWLEDGE, Route.OPERATION, Route.FRAUD, Route.HANDOFF})


def run(options: Options) -> Outcome:
    """Measures the heads on `--data`.

    Raises:
        InvalidInput: the file cannot be used or has other labels.
    """
    path = require(options.data, "--data FILE")
    rows = read_json_lines(path, ("text", "route"))
    truth = [row["route"] for row in rows]
    unknown = sorted(set(truth) - {*Route, BANKING})
    if unknown:
        raise InvalidInput(f"{path} has unknown routes: {', '.join(unknown[:5])}.")
    measured = load_understander(options.heads)
    timed = time_each([row["text"] for row in rows], Reader(measured.encoder, measured.heads).understand)
    coarse = BANKING in truth
    correct = [_is_right(t, u.route) for t, u in zip(truth, timed.answers, strict=True)]
    predicted = [
        t if right else _name(u.route, coarse) for t, right, u in zip(truth, correct, timed.answers, strict=True)
    ]
    confidences = [_confidence(understood, coarse) for understood in timed.answers]
    metrics = {
        "accuracy": accuracy(correct),
        "macro_f1": macro_f1(truth, predicted),
        "recall": recall_by_label(truth, correct),
        "ece": expected_calibration_error(correct, confidences),
        "coverage_at_99_precision": coverage_at_precision(correct, confidences, 0.99),
        "p50_ms": timed.p50_ms,
    }
    notes = measured.notes | {
        "accuracy_se": accuracy_error(correct),
        "asked_back": float(np.mean([not understood.is_clear for understood in timed.answers])),
        "confusion": _count(truth, predicted),
    }
    if options.plots is not None:
        notes |= {"plots": [str(draw_confusion(truth, predicted, options.plots / "routing_confusion.png"))]}
    return Outcome(len(rows), metrics, notes)


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
