"""`--fail-under METRIC=VALUE`: whether a run was good enough."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import InvalidInput
from evals.results.figures import flatten


def parse_floors(given: Sequence[str]) -> dict[str, float]:
    """`METRIC=VALUE` texts as numbers by metric; "recall.operation" means one figure of several.

    Raises:
        InvalidInput: one has another form.
    """
    floors: dict[str, float] = {}
    for text in given:
        name, equals, value = text.partition("=")
        try:
            floors[name.strip()] = float(value)
        except ValueError as error:
            raise InvalidInput(f"--fail-under needs METRIC=VALUE, not {text!r}.") from error
        if not equals or not name.strip():
            raise InvalidInput(f"--fail-under needs METRIC=VALUE, not {text!r}.")
    return floors


def find_missed(metrics: Mapping[str, Any], floors: Mapping[str, float]) -> list[str]:
    """One line per metric below its floor.

    Raises:
        InvalidInput: the suite has no such metric.
    """
    found = flatten(metrics)
    if unknown := [name for name in floors if name not in found]:
        raise InvalidInput(f"This suite has no metric {unknown[0]}; it has {', '.join(found)}.")
    return [f"{name} is {found[name]}, under {floor}" for name, floor in floors.items() if not found[name] >= floor]
