"""How the shadow did: the shadow log summed up, for the two adapters that it compared last."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.models.local.shadow_log import Comparison, read_comparisons
from core.errors import InvalidInput


@dataclass(frozen=True)
class ShadowReport:
    served: str
    """Digest of the adapter that answered; empty: the base alone."""
    shadow: str
    answers: int
    same_tools: float
    """Share of the answers with the same tools, or none, in the same order."""
    same_arguments: float
    """Of all calls; share of the answers in which both called the same tools."""
    overlap: float
    """Mean F1 of the words, where both answered in words."""
    served_failed: float
    shadow_failed: float
    served_p50_s: float
    shadow_p50_s: float


def compare_shadow(folder: Path) -> ShadowReport:
    """Raises InvalidInput when nothing was compared yet."""
    comparisons = list(read_comparisons(folder))
    if not comparisons:
        raise InvalidInput(f"{folder} has no shadow log yet: let an adapter answer in the shadow first.")
    last = comparisons[-1]
    return _sum_up([each for each in comparisons if (each.served, each.shadow) == (last.served, last.shadow)])


def _sum_up(rows: Sequence[Comparison]) -> ShadowReport:
    called = [row.same_arguments for row in rows if row.same_tools and row.served_kind == "call"]
    words = [row.overlap for row in rows if row.served_kind == row.shadow_kind == "text"]
    return ShadowReport(
        served=rows[0].served,
        shadow=rows[0].shadow,
        answers=len(rows),
        same_tools=_mean([row.same_tools for row in rows]),
        same_arguments=_mean(called),
        overlap=_mean(words),
        served_failed=_mean([row.served_kind == "failed" for row in rows]),
        shadow_failed=_mean([row.shadow_kind == "failed" for row in rows]),
        served_p50_s=float(np.median([row.served_seconds for row in rows])),
        shadow_p50_s=float(np.median([row.shadow_seconds for row in rows])),
    )


def _mean(values: Sequence[float]) -> float:
    """1 of none: nothing differed."""
    return float(np.mean(values)) if values else 1.0
