"""`intents`: the 77 BANKING77 labels on a CSV `text,category`. Only these labels compete."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agent.understanding.intents import BANKING77_INTENTS
from core.errors import InvalidInput
from evals.classifying import draw_for, p50_ms, predictions
from evals.metrics import accuracy, accuracy_error, coverage_at_precision, expected_calibration_error, macro_f1
from evals.reading import read_csv
from evals.results.figures import Metric
from evals.results.record import Record, Scored
from evals.suite import Options, Plan, Play, Suite, alone, name_cases, require
from evals.understanding import describe_understander, load_understander, stopwatch

Row = dict[str, str]


def plan(options: Options) -> Plan[Row]:
    """Raises InvalidInput: the file cannot be used or has other labels."""
    path = require(options.data, "--data FILE")
    rows = read_csv(path, ("text", "category"))
    unknown = sorted({row["category"] for row in rows} - set(BANKING77_INTENTS))
    if unknown:
        raise InvalidInput(f"{path} has categories that are not BANKING77's: {', '.join(unknown[:5])}.")
    return Plan(
        cases=name_cases(rows, lambda row: f"{row['category']}\n{row['text']}"),
        opened=alone(partial(_open_player, options.heads)),
        sources=[path],
        in_processes=True,
        notes=describe_understander(options.heads),
    )


@contextmanager
def _open_player(heads: Path | None, _number: int) -> Generator[Play[Row]]:
    measured = load_understander(heads)
    label = stopwatch(lambda text: measured.heads.predict_banking77(measured.encoder.read(text).views))

    def play(row: Row) -> Scored:
        (found, confidence), seconds = label(row["text"])
        return Scored(
            value=found == row["category"],
            input=row["text"],
            expected=row["category"],
            answer=found,
            confidence=confidence,
            seconds=seconds,
        )

    yield play


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    truth, predicted, correct, confidences = predictions(records)
    return {
        "accuracy": accuracy(correct),
        "macro_f1": macro_f1(truth, predicted),
        "ece": expected_calibration_error(correct, confidences),
        "coverage_at_99_precision": coverage_at_precision(correct, confidences, 0.99),
        "p50_ms": p50_ms(records),
    }


def _describe(records: Sequence[Record]) -> dict[str, object]:
    return {"accuracy_se": accuracy_error([record.passed for record in records])}


SUITE = Suite(plan=plan, measure=measure, describe=_describe, finish=partial(draw_for, "intents"), classifies=True)
