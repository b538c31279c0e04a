"""`care`: what customers let be known, on JSON lines `{"text", "concerns"}`: concerns separated by commas, or `none`.
What tells none is a hard negative: the same words, and nothing of the kind.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import cast

from agent.care.detector import CONCERNS, CareDetector
from core.errors import InvalidInput
from evals.classifying import p50_ms
from evals.reading import read_json_lines
from evals.results.figures import Metric, ratio, share
from evals.results.record import Record, Scored
from evals.suite import Options, Plan, Play, Suite, alone, name_cases, require
from evals.understanding import stopwatch
from knowledge.embed import Encoder

Row = dict[str, str]
Labels = frozenset[str]


def plan(options: Options) -> Plan[Row]:
    """Raises InvalidInput: the file cannot be used or has other labels."""
    path = require(options.data, "--data FILE")
    rows = read_json_lines(path, ("text", "concerns"))
    unknown = sorted({label for row in rows for label in _labels(row)} - set(CONCERNS))
    if unknown:
        raise InvalidInput(f"{path} has unknown concerns: {', '.join(unknown[:5])}.")
    cases = name_cases(rows, lambda row: f"{row['concerns']}\n{row['text']}")
    return Plan(cases=cases, opened=alone(_open_player), sources=[path], in_processes=True)


def _labels(row: Row) -> Labels:
    return frozenset(row["concerns"].split(",")) - {"none"}


@contextmanager
def _open_player(_number: int) -> Generator[Play[Row]]:
    detector, encoder = CareDetector.load(), Encoder.load()
    detect = stopwatch(lambda text: frozenset(detector.detect(text, encoder)))

    def play(row: Row) -> Scored:
        found, seconds = detect(row["text"])
        told = _labels(row)
        reasons = [
            *(f"missed {label}" for label in sorted(told - found)),
            *(f"wrongly {label}" for label in sorted(found - told)),
        ]
        return Scored(
            value=told == found,
            input=row["text"],
            expected=sorted(told),
            answer=sorted(found),
            reason=", ".join(reasons),
            seconds=seconds,
        )

    yield play


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    truth, found = _sets(records)
    return {
        "recall": _recall(truth, found),
        "recall_by_concern": {
            c: _recall([t & {c} for t in truth], found) for c in CONCERNS if any(c in t for t in truth)
        },
        "precision": _recall(found, truth),
        "false_alarm_rate": share(f for t, f in zip(truth, found, strict=True) if not t),
        "p50_ms": p50_ms(records),
    }


def _sets(records: Sequence[Record]) -> tuple[list[Labels], list[Labels]]:
    return (
        [frozenset(cast("list[str]", record.expected)) for record in records],
        [frozenset(cast("list[str]", record.answer)) for record in records],
    )


def _recall(wanted: Sequence[Labels], given: Sequence[Labels]) -> float:
    """Share of the wanted that were given."""
    return ratio(label in g for w, g in zip(wanted, given, strict=True) for label in w)


def _describe(records: Sequence[Record]) -> dict[str, object]:
    wrong = [
        {"text": record.input, "missed": sorted(t - f), "wrongly": sorted(f - t)}
        for record, t, f in zip(records, *_sets(records), strict=True)
        if t != f
    ]
    return {"wrong": wrong}


SUITE = Suite(plan=plan, measure=measure, describe=_describe)
