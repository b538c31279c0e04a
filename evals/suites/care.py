"""`care`: what customers let be known, on JSON lines `{"text", "concerns"}`: concerns separated by commas, or `none`.
What tells none is a hard negative: the same words, and nothing of the kind.
"""

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from agent.care.detector import CONCERNS, CareDetector
from core.errors import InvalidInput
from evals.reading import read_json_lines
from evals.suite import Options, Outcome, require
from knowledge.embed import Encoder


def run(options: Options) -> Outcome:
    """Measures the committed detector on `--data`.

    Raises:
        InvalidInput: the file cannot be used or has other labels.
    """
    path = require(options.data, "--data FILE")
    rows = read_json_lines(path, ("text", "concerns"))
    truth = [frozenset(row["concerns"].split(",")) - {"none"} for row in rows]
    unknown = sorted({label for labels in truth for label in labels} - set(CONCERNS))
    if unknown:
        raise InvalidInput(f"{path} has unknown concerns: {', '.join(unknown[:5])}.")
    detector, encoder = CareDetector.load(), Encoder.load()
    found: list[frozenset[str]] = []
    milliseconds: list[float] = []
    for row in rows:
        started = perf_counter()
        found.append(frozenset(detector.detect(row["text"], encoder)))
        milliseconds.append((perf_counter() - started) * 1000)
    metrics = {
        "recall": _recall(truth, found),
        "recall_by_concern": {
            c: _recall([t & {c} for t in truth], found) for c in CONCERNS if any(c in t for t in truth)
        },
        "precision": _recall(found, truth),
        "false_alarm_rate": _share([bool(f) for t, f in zip(truth, found, strict=True) if not t]),
        "p50_ms": float(np.median(milliseconds)),
    }
    wrong = [
        {"text": row["text"], "missed": sorted(t - f), "wrongly": sorted(f - t)}
        for row, t, f in zip(rows, truth, found, strict=True)
        if t != f
    ]
    return Outcome(len(rows), metrics, {"wrong": wrong})


def _recall(wanted: Sequence[frozenset[str]], given: Sequence[frozenset[str]]) -> float:
    """Share of the wanted that were given."""
    return _share([label in g for w, g in zip(wanted, given, strict=True) for label in w])


def _share(hits: Sequence[bool]) -> float:
    return float(np.mean(hits)) if hits else 1.0
