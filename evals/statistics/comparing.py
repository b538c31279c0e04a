"""Two runs of one suite side by side: what differs, and whether that can be chance.

Where both played the same cases, they are drawn again together (a paired bootstrap): what is hard for both says nothing
about which is better. Otherwise each run's cases are drawn by themselves.
"""

from collections.abc import Sequence
from math import comb
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from evals.results.figures import flatten
from evals.results.record import Record
from evals.statistics.estimates import SEED, Measure, cluster, resample

RESAMPLES = 1000


class Difference(BaseModel):
    """Of one metric: the second run less the first."""

    model_config = ConfigDict(frozen=True)

    first: float
    second: float
    value: float
    low: float | None
    """With `high` the interval that holds the true difference in 95 of 100 comparisons; None for a count."""
    high: float | None
    is_clear: bool
    """Whether the interval lies on one side of 0."""


class McNemar(BaseModel):
    """Cases that passed in one run only, and how likely so uneven a split is by chance (McNemar 1947; exact)."""

    model_config = ConfigDict(frozen=True)

    only_first: int
    only_second: int
    p: float


class Comparison(BaseModel):
    model_config = ConfigDict(frozen=True)

    suite: str = ""
    first: str = ""
    """The folders."""
    second: str = ""
    same_data: bool = True
    """Whether both read the same bytes."""
    method: Literal["paired bootstrap", "unpaired bootstrap"]
    n_first: int
    n_second: int
    differences: dict[str, Difference]
    mcnemar: McNemar | None
    """Where the same cases were played once each, and each passed or failed."""


def compare_runs(first: Sequence[Record], second: Sequence[Record], measure: Measure) -> Comparison:
    mine, theirs = cluster(first), cluster(second)
    by_id = {trials[0].id: trials for trials in theirs}
    is_paired = {trials[0].id for trials in mine} == by_id.keys()
    if is_paired:
        theirs = [by_id[trials[0].id] for trials in mine]
    old, new = flatten(measure(first)), flatten(measure(second))
    drawn = _draw(mine, theirs, measure, is_paired)
    return Comparison(
        method="paired bootstrap" if is_paired else "unpaired bootstrap",
        n_first=len(mine),
        n_second=len(theirs),
        differences={name: _difference(name, old, new, drawn) for name in old if name in new},
        mcnemar=_mcnemar(first, by_id) if is_paired else None,
    )


def _draw(
    mine: list[list[Record]], theirs: list[list[Record]], measure: Measure, is_paired: bool
) -> list[dict[str, float]]:
    """Differences by metric, of each resample."""
    seeds = (SEED, SEED if is_paired else SEED + 1)
    samples = [
        resample(side, np.random.default_rng(seed), RESAMPLES) for side, seed in zip((mine, theirs), seeds, strict=True)
    ]
    drawn: list[dict[str, float]] = []
    for one, other in zip(*samples, strict=False):
        old, new = flatten(measure(one)), flatten(measure(other))
        drawn.append({name: new[name] - old[name] for name in old if name in new})
    return drawn


def _difference(
    name: str, old: dict[str, float], new: dict[str, float], drawn: Sequence[dict[str, float]]
) -> Difference:
    low = high = None
    values = [each[name] for each in drawn if name in each]
    if not isinstance(old[name], int) and len(values) > 1:
        low, high = (round(float(edge), 6) for edge in np.percentile(values, (2.5, 97.5)))
    return Difference(
        first=round(old[name], 6),
        second=round(new[name], 6),
        value=round(new[name] - old[name], 6),
        low=low,
        high=high,
        is_clear=low is not None and high is not None and (low > 0 or high < 0),
    )


def _mcnemar(first: Sequence[Record], second: dict[str, list[Record]]) -> McNemar | None:
    pairs = [(record, second[record.id]) for record in first]
    one_each = len({record.id for record in first}) == len(first) and all(len(trials) == 1 for _, trials in pairs)
    values = [value for record, trials in pairs for value in (record.value, trials[0].value)]
    if not one_each or any(value not in (0, 1) for value in values):
        return None
    only_first = sum(record.passed and not trials[0].passed for record, trials in pairs)
    only_second = sum(trials[0].passed and not record.passed for record, trials in pairs)
    return McNemar(only_first=only_first, only_second=only_second, p=round(exact_p(only_first, only_second), 6))


def exact_p(one: int, other: int) -> float:
    """Two-sided: the chance that a fair coin falls as unevenly as `one` times on one side and `other` on the other."""
    tosses = one + other
    tail = sum(comb(tosses, k) for k in range(min(one, other) + 1)) / 2**tosses
    return min(1.0, 2 * tail)
