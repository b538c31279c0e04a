"""`slots`: NLU++ JSON ({text, intents, slots: {name: {text, span, value or values}}}, ...), or a folder of fold*.json.

A slot that was found counts when name and value are the data's. ``span_f1`` asks for the words instead of the value.
The data's own conventions are in `evals.nlupp`, and so is the moment at which they were written.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from agent.understanding.slots import find_mentions
from evals.nlupp import WRITTEN_AT, Case, Slot, read_cases, slots_of
from evals.suite import Options, Outcome, require

_GROUPS = {
    "amounts": ("amount_of_money",),
    "dates": ("date", "date_from", "date_to", "date_period"),
    "times": ("time", "time_from", "time_to", "time_period"),
}
_WANTED = tuple(name for names in _GROUPS.values() for name in names)
"""Amounts, dates and times: what ``core_f1`` counts."""


def run(options: Options) -> Outcome:
    """Measures `agent.understanding.slots` on `--data`.

    Raises:
        InvalidInput: the file or folder cannot be used.
    """
    cases = read_cases(require(options.data, "--data FILE|DIR"))
    predictions, seconds = _predict(cases)
    truth = [case.slots for case in cases]
    names = sorted({slot.name for slots in truth for slot in slots})
    by_value = (
        [[(slot.name, slot.value) for slot in slots] for slots in truth],
        [[(slot.name, slot.value) for slot in slots] for slots in predictions],
    )
    by_span = (
        [[(slot.name, slot.span) for slot in slots] for slots in truth],
        [[(slot.name, slot.span) for slot in slots] for slots in predictions],
    )
    metrics = {
        "f1": {name: _f1(*by_value, [name]) for name in names},
        "group_f1": {group: _f1(*by_value, members) for group, members in _GROUPS.items()},
        "core_f1": _f1(*by_value, _WANTED),
        "micro_f1": _f1(*by_value, names),
        "span_f1": {name: _f1(*by_span, [name]) for name in names},
        "micro_span_f1": _f1(*by_span, names),
        "p50_ms": float(np.median(seconds)) * 1000,
    }
    counts = Counter(slot.name for slots in truth for slot in slots)
    return Outcome(len(cases), metrics, {"written_at": WRITTEN_AT.isoformat(), "slots": dict(sorted(counts.items()))})


def _predict(cases: Sequence[Case]) -> tuple[list[list[Slot]], list[float]]:
    predictions: list[list[Slot]] = []
    seconds: list[float] = []
    for case in cases:
        start = time.perf_counter()
        mentions = find_mentions(case.text, now=WRITTEN_AT, tense="future")
        seconds.append(time.perf_counter() - start)
        predictions.append(slots_of(case.text, mentions))
    return predictions, seconds


def _f1(
    truth: Sequence[Iterable[tuple[str, object]]],
    predicted: Sequence[Iterable[tuple[str, object]]],
    names: Iterable[str],
) -> float:
    """F1 of the (name, value) pairs with these names; 1.0 where there are none on either side."""
    wanted = frozenset(names)
    hits = total = 0
    for known, found in zip(truth, predicted, strict=True):
        right = Counter(pair for pair in known if pair[0] in wanted)
        said = Counter(pair for pair in found if pair[0] in wanted)
        hits += (right & said).total()
        total += right.total() + said.total()
    return 2 * hits / total if total else 1.0
