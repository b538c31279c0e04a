"""`routing`: the route on JSON lines `{"text", "route"}`.

The label `banking` stands for any of knowledge, operation, fraud and handoff. In a file that uses it, these four count
as one and their probabilities are added; a row with one of the six routes still wants exactly that route.
"""

from agent.understanding.heads import Understanding
from agent.understanding.intents import Route
from core.errors import InvalidInput
from evals.metrics import accuracy, accuracy_error, expected_calibration_error, recall_by_label
from evals.reading import read_json_lines
from evals.suite import Options, Outcome, require
from evals.understanding import load_heads, predict_timed

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
    heads, notes = load_heads(options.heads)
    timed = predict_timed([row["text"] for row in rows], heads.predict)
    correct = [_is_right(t, u.route) for t, u in zip(truth, timed.predictions, strict=True)]
    coarse = BANKING in truth
    confidences = [_confidence(understood, coarse) for understood in timed.predictions]
    metrics = {
        "accuracy": accuracy(correct),
        "recall": recall_by_label(truth, correct),
        "ece": expected_calibration_error(correct, confidences),
    }
    return Outcome(len(rows), metrics, notes | {"accuracy_se": accuracy_error(correct), "p50_ms": timed.p50_ms})


def _is_right(truth: str, predicted: Route) -> bool:
    return predicted in BANKING_ROUTES if truth == BANKING else predicted == truth


def _confidence(understood: Understanding, coarse: bool) -> float:
    if coarse and understood.route in BANKING_ROUTES:
        return min(1.0, sum(probability for route, probability in understood.routes if route in BANKING_ROUTES))
    return understood.route_confidence
