"""Standard errors of a run's figures: of shares from their size, of all others by drawing the cases again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import sqrt

import numpy as np

from evals.results.figures import Metric, Share, flatten
from evals.results.record import Record
from evals.results.result import Estimate

Measure = Callable[[Sequence[Record]], Mapping[str, Metric]]

SEED = 20261122
RESAMPLES = 400
_FEWEST = 50
_MOST_DRAWN = 1_000_000
"""Records drawn in all: of very many cases fewer resamples are as good."""
_Z = 1.959964
"""Of a normal distribution 95 % lie within so many standard deviations."""


def estimate_errors(records: Sequence[Record], measure: Measure) -> dict[str, Estimate]:
    """By dotted name. Counts have none, nor has anything where there are fewer than two cases."""
    figures = flatten(measure(records))
    clusters = cluster(records)
    if len(clusters) < 2:
        return {}
    # Trials of one case are no cases of their own.
    plain = len(clusters) == len(records)
    shares = {name: value for name, value in figures.items() if plain and isinstance(value, Share) and value.of}
    found = {name: binomial(value, value.of) for name, value in shares.items()}
    rest = [name for name, value in figures.items() if name not in found and _is_measured(value)]
    if rest:
        found |= _bootstrap(clusters, measure, rest)
    return {name: found[name] for name in figures if name in found}


def _is_measured(value: float) -> bool:
    return not isinstance(value, int) and not (isinstance(value, Share) and not value.of)


def binomial(share: float, of: int) -> Estimate:
    """The standard error of a share, and Wilson's interval, which is none of 0 width where all are so."""
    middle = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z / (1 + _Z**2 / of) * sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return Estimate(
        standard_error=round(sqrt(share * (1 - share) / of), 6),
        low=round(max(0.0, middle - half), 6),
        high=round(min(1.0, middle + half), 6),
        method="binomial",
    )


def _bootstrap(clusters: Sequence[Sequence[Record]], measure: Measure, names: Sequence[str]) -> dict[str, Estimate]:
    drawn = [flatten(measure(records)) for records in resample(clusters, np.random.default_rng(SEED))]
    # A label that a resample has no case of has no figure there.
    values = {name: [figures[name] for figures in drawn if name in figures] for name in names}
    return {name: _summarise(found) for name, found in values.items() if len(found) > 1}


def _summarise(values: Sequence[float]) -> Estimate:
    low, high = (float(edge) for edge in np.percentile(values, (2.5, 97.5)))
    return Estimate(
        standard_error=round(float(np.std(values, ddof=1)), 6),
        low=round(low, 6),
        high=round(high, 6),
        method="bootstrap",
    )


def cluster(records: Sequence[Record]) -> list[list[Record]]:
    """All trials of a case together."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.id, []).append(record)
    return list(found.values())


def resample(
    clusters: Sequence[Sequence[Record]], random: "np.random.Generator", resamples: int = RESAMPLES
) -> Iterator[list[Record]]:
    """As many cases as there are, drawn with replacement, again and again."""
    size = len(clusters)
    for _ in range(max(_FEWEST, min(resamples, _MOST_DRAWN // size))):
        chosen: list[int] = random.integers(size, size=size).tolist()
        yield [record for place in chosen for record in clusters[place]]
