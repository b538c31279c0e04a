"""`slots`: NLU++ JSON ({text, intents, slots: {name: {text, span, value or values}}}, ...), or a folder of fold*.json.

A slot that was found counts when name and value are the data's. ``span_f1`` asks for the words instead of the value.
The data's own conventions are in `evals.nlupp`, and so is the moment at which they were written.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, cast

from agent.understanding.slots import find_mentions
from evals.classifying import p50_ms
from evals.nlupp import WRITTEN_AT, Slot, read_cases, slots_of
from evals.nlupp import Case as Talk
from evals.results.figures import Metric
from evals.results.record import Record, Scored
from evals.suite import Options, Plan, Play, Suite, alone, name_cases, require
from evals.understanding import stopwatch

_GROUPS = {
    "amounts": ("amount_of_money",),
    "dates": ("date", "date_from", "date_to", "date_period"),
    "times": ("time", "time_from", "time_to", "time_period"),
}
_WANTED = tuple(name for names in _GROUPS.values() for name in names)
"""Amounts, dates and times: what ``core_f1`` counts."""


def plan(options: Options) -> Plan[Talk]:
    """Raises InvalidInput: the file or folder cannot be used."""
    path = require(options.data, "--data FILE|DIR")
    cases = name_cases(read_cases(path), lambda case: f"{case.text}\n{_as_json(case.slots)}")
    return Plan(cases=cases, opened=alone(_open_player), sources=[path], in_processes=True)


@contextmanager
def _open_player(_number: int) -> Generator[Play[Talk]]:
    find = stopwatch(lambda text: find_mentions(text, now=WRITTEN_AT, tense="future"))

    def play(case: Talk) -> Scored:
        mentions, seconds = find(case.text)
        found = slots_of(case.text, mentions)
        told, said = _by_value(case.slots), _by_value(found)
        reasons = [
            *(f"missed {name} {value}" for name, value in (told - said).elements()),
            *(f"wrongly {name} {value}" for name, value in (said - told).elements()),
        ]
        return Scored(
            value=told == said,
            input=case.text,
            expected=_as_json(case.slots),
            answer=_as_json(found),
            reason="; ".join(reasons),
            seconds=seconds,
            details={
                "hits": [name for name, _ in (told & said).elements()],
                "span_hits": [name for name, _ in (_by_span(case.slots) & _by_span(found)).elements()],
            },
        )

    yield play


def _as_json(slots: Iterable[Slot]) -> list[Any]:
    """[name, value, span] of each."""
    return [[slot.name, str(slot.value), list(slot.span)] for slot in slots]


def _by_value(slots: Iterable[Slot]) -> Counter[tuple[str, Any]]:
    return Counter((slot.name, slot.value) for slot in slots)


def _by_span(slots: Iterable[Slot]) -> Counter[tuple[str, Any]]:
    return Counter((slot.name, slot.span) for slot in slots)


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    names = sorted({name for record in records for name in _names(record.expected)})
    values, spans = _count(records, "hits"), _count(records, "span_hits")
    return {
        "f1": {name: _f1(values, [name]) for name in names},
        "group_f1": {group: _f1(values, members) for group, members in _GROUPS.items()},
        "core_f1": _f1(values, _WANTED),
        "micro_f1": _f1(values, names),
        "span_f1": {name: _f1(spans, [name]) for name in names},
        "micro_span_f1": _f1(spans, names),
        "p50_ms": p50_ms(records),
    }


def _names(side: object) -> list[str]:
    return [slot[0] for slot in cast("list[list[Any]]", side)]


def _count(records: Sequence[Record], what: str) -> dict[str, tuple[int, int]]:
    """Slot -> (hits, how many there are on both sides together)."""
    hits, total = Counter[str](), Counter[str]()
    for record in records:
        hits.update(cast("list[str]", record.details[what]))
        total.update(_names(record.expected))
        total.update(_names(record.answer))
    return {name: (hits[name], total[name]) for name in total}


def _f1(counts: dict[str, tuple[int, int]], names: Iterable[str]) -> float:
    """F1 of the pairs with these names; 1.0 where there are none on either side."""
    found = [counts.get(name, (0, 0)) for name in names]
    hits, total = sum(each[0] for each in found), sum(each[1] for each in found)
    return 2 * hits / total if total else 1.0


def _describe(records: Sequence[Record]) -> dict[str, object]:
    counts = Counter(name for record in records for name in _names(record.expected))
    return {"written_at": WRITTEN_AT.isoformat(), "slots": dict(sorted(counts.items()))}


SUITE = Suite(plan=plan, measure=measure, describe=_describe)
