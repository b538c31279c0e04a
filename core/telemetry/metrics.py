"""Figures for Prometheus, and their one switch.

A figure is made when its module is imported, beside where it arises: ``HITS = Count("cache_hits", "...", "kb")`` is
``tellergraph_cache_hits_total{kb}``. Names follow Prometheus's own rules: base units, ``_total`` for what only grows,
``_seconds`` for durations. Each has a label: one without would be written where processes count together as soon as it
is imported, and that folder is made later.

A label's values come from a closed set of ours, or are names that the operator gave: routes, codes, models. Never a
text, an id or an address: each value is a series that Prometheus keeps, and what it keeps is not masked.

Where nobody may read the figures (``TELLERGRAPH_METRICS_FROM`` is empty), nothing is counted.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Literal

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# When a series began: processes that count together do not tell it, and nothing here asks for it.
disable_created_metrics()

PREFIX = "tellergraph_"
FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
"""Seconds: what databases and searches take. The limits of alerts, 500 ms and 2 s, are edges of each of these."""
USUAL = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
"""Seconds: what requests and offline turns take."""
SLOW = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 80)
"""Seconds: what language models take."""

_is_on = True
FIGURES: "list[Figure]" = []
"""All that were made, for those who write about them."""


def switch_metrics(*, on: bool) -> None:
    """At the start of a process."""
    global _is_on  # noqa: PLW0603 - the process has one registry, as it has one log
    _is_on = on


class Figure:
    """A family of series, by its labels' values. A series is kept as what adds to its value: the library's own methods
    ask each time whether they may, and cost three times as much."""

    kind: Literal["counter", "histogram", "gauge"]

    def __init__(self, metric: Any, name: str, labels: tuple[str, ...]) -> None:
        """``name``: as it is exported, without the endings that a histogram adds."""
        self.name = name
        self.labels = labels
        self._metric = metric
        self._series: dict[tuple[str, ...], Callable[[float], None]] = {}
        FIGURES.append(self)

    def _add(self, values: tuple[str, ...], amount: float) -> None:
        add = self._series.get(values)
        if add is None:
            add = self._series[values] = self._adder(self._metric.labels(*values))
        add(amount)

    def _adder(self, series: Any) -> Callable[[float], None]:
        return series._value.inc


class Count(Figure):
    """What only grows."""

    kind = "counter"

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        super().__init__(Counter(PREFIX + name, meaning, labels), f"{PREFIX}{name}_total", labels)

    def add(self, *values: str, n: float = 1) -> None:
        if _is_on:
            self._add(values, n)


class Timing(Figure):
    """How long something takes, in seconds. ``name`` has its unit."""

    kind = "histogram"

    def __init__(self, name: str, meaning: str, *labels: str, buckets: tuple[float, ...]) -> None:
        super().__init__(Histogram(PREFIX + name, meaning, labels, buckets=buckets), PREFIX + name, labels)

    def add(self, *values: str, seconds: float) -> None:
        if _is_on:
            self._add(values, seconds)

    def _adder(self, series: Any) -> Callable[[float], None]:
        edges, counts, total = series._upper_bounds, [each.inc for each in series._buckets], series._sum.inc

        def add(seconds: float) -> None:
            total(seconds)
            counts[bisect_left(edges, seconds)](1)

        return add


class Level(Figure):
    """What goes up and down. Of several processes that live the page gives the sum, or the greatest."""

    kind = "gauge"

    def __init__(self, name: str, meaning: str, *labels: str, together: Literal["livesum", "livemax"]) -> None:
        super().__init__(Gauge(PREFIX + name, meaning, labels, multiprocess_mode=together), PREFIX + name, labels)

    def add(self, *values: str, n: float) -> None:
        if _is_on:
            self._add(values, n)

    def set(self, *values: str, to: float) -> None:
        if _is_on:
            self._metric.labels(*values).set(to)
