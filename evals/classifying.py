"""What suites that compare labels share: a record's `expected` is the right label, its `answer` the one given."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from evals.plots import draw_confusion
from evals.results.record import Record
from evals.suite import Options


def predictions(records: Sequence[Record]) -> tuple[list[str], list[str], list[bool], list[float]]:
    """(right labels, given labels, whether they are the same, confidences)."""
    truth = [cast(str, record.expected) for record in records]
    given = [cast(str, record.answer) for record in records]
    return truth, given, [record.passed for record in records], [record.confidence or 0.0 for record in records]


def p50_ms(records: Sequence[Record]) -> float:
    """Median time of one case."""
    return float(np.median([record.seconds or 0.0 for record in records])) * 1000


def draw_for(suite: str, options: Options, records: Sequence[Record]) -> dict[str, object]:
    """The confusion matrix, where `--plots` asks for it."""
    if options.plots is None:
        return {}
    truth, predicted, _, _ = predictions(records)
    return {"plots": [str(draw_confusion(truth, predicted, options.plots / f"{suite}_confusion.png"))]}
