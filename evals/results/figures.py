"""Metrics as suites give them, and as they are written down: rounded, and flat by dotted name."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

Metric = float | Mapping[str, "Metric"]
"""A figure, or figures by name ("recall" by route). An `int` is a count, a `Share` knows of how many it is one."""


class Share(float):
    """Of `of` things the share that are so."""

    of: int

    def __new__(cls, value: float, of: int) -> "Share":
        made = super().__new__(cls, value)
        made.of = of
        return made

    def __getnewargs__(self) -> tuple[float, int]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """How it is copied and pickled."""
        return float(self), self.of


def share(hits: Iterable[object], of_none: float = 1.0) -> Share:
    """How many of `hits` are true; `of_none` where there are none at all."""
    found = [bool(hit) for hit in hits]
    return Share(sum(found) / len(found) if found else of_none, len(found))


def ratio(hits: Iterable[object], of_none: float = 1.0) -> float:
    """Likewise, of things of which one case has several: they are not independent, and their number says nothing."""
    return float(share(hits, of_none))


def rounded(metrics: Mapping[str, Metric]) -> dict[str, Any]:
    """Counts stay whole numbers."""
    return {
        name: rounded(value) if isinstance(value, Mapping) else value if isinstance(value, int) else round(value, 6)
        for name, value in metrics.items()
    }


def flatten(metrics: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """ "recall.operation" for the figure `operation` of `recall`."""
    found: dict[str, float] = {}
    for name, value in metrics.items():
        found |= (
            flatten(cast("Mapping[str, Any]", value), f"{prefix}{name}.")
            if isinstance(value, Mapping)
            else {prefix + name: value}
        )
    return found
