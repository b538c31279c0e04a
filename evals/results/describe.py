"""A run as its command prints it: for a reader, or as one JSON object."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from evals.results.figures import flatten
from evals.results.record import Record
from evals.results.result import Result

TURNS = "turns"
"""Of a record's details, where a conversation was held: what was said in each turn and what differs."""


def as_json(result: Result, records: Sequence[Record]) -> dict[str, Any]:
    """Of conversations also `cases`: `name`, `group`, `passed`, `turns`."""
    cases = [
        {"name": record.id, "group": record.group, "passed": record.passed, **record.details}
        for record in records
        if TURNS in record.details
    ]
    return result.model_dump(mode="json") | ({"cases": cases} if cases else {})


def describe_run(result: Result, records: Sequence[Record]) -> str:
    """The report as lines for a reader."""
    lines = [line for record in records if TURNS in record.details for line in _describe_case(record)]
    lines.append(f"{result.suite} on {result.data}, {result.n} cases")
    for name, value in flatten(result.metrics).items():
        error = result.errors.get(name)
        figure = f"{value}" if isinstance(value, int) else f"{value:.4f}"
        lines.append(f"  {name:<28} {figure}" + (f" ± {error.standard_error:.4f}" if error else ""))
    return "\n".join(lines)


def _describe_case(record: Record) -> Iterator[str]:
    """One line for what passed; every turn of what did not, with what differs."""
    yield f"{'passed' if record.passed else 'FAILED'}  {record.group}: {record.id}"
    if not record.passed:
        for turn in cast("list[Mapping[str, Any]]", record.details[TURNS]):
            yield f"  {'ok    ' if turn['passed'] else 'FAILED'} {turn['turn']}. {turn['user']}"
            yield from (
                f"         {each['key']}: expected {each['expected']}, got {each['got']}"
                for each in turn["differences"]
            )
