"""How reliably cases pass that were played several times."""

from collections.abc import Sequence
from math import comb

from evals.results.record import Record
from evals.statistics.estimates import cluster


def pass_hat(records: Sequence[Record]) -> dict[str, float]:
    """pass^k by k: the chance that k trials of a case all pass, in the mean over the cases.

    Of n trials with c passes it is comb(c, k) / comb(n, k), which is unbiased (tau-bench, Yao et al. 2024). Trials that
    could not be scored do not count; a case with fewer than k that could is left out.
    """
    counts = [_count(trials) for trials in cluster(records)]
    most = max((tried for _, tried in counts), default=0)
    return {str(k): _mean([comb(passed, k) / comb(tried, k) for passed, tried in counts if tried >= k])
            for k in range(1, most + 1)}  # fmt: skip


def _count(trials: Sequence[Record]) -> tuple[int, int]:
    """(passed, scored)."""
    scored = [record for record in trials if record.value is not None]
    return sum(record.passed for record in scored), len(scored)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
