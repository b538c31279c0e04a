"""Figures of merit of one ranking against the documents that are relevant, each 0 to 1."""

from collections.abc import Sequence
from math import log2


def recall_at(k: int, ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Share of the relevant documents among the first ``k``."""
    return len(relevant.intersection(ranked[:k])) / len(relevant)


def ndcg_at(k: int, ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Discounted gain of the first ``k``, every relevant document gaining 1, as a share of the best possible
    (Järvelin and Kekäläinen 2002)."""
    gained = sum(1 / log2(place + 1) for place, document in enumerate(ranked[:k], 1) if document in relevant)
    return gained / sum(1 / log2(place + 1) for place in range(1, min(k, len(relevant)) + 1))


def reciprocal_rank(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """1 over the place of the first relevant document; 0 if none was found."""
    return next((1 / place for place, document in enumerate(ranked, 1) if document in relevant), 0.0)
