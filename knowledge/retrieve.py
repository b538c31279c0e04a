"""Finds the passages that answer a question: meaning and words and the intent, fused by PostgreSQL in one statement.

Who may read what is not decided here: the transaction names the reader's audiences and row-level security does the
rest. A question about nothing in the knowledge base gets an empty list.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector

from core.db.database import NOBODY, Database, Scope
from knowledge.sql import QUERIES

LEXICAL_WEIGHT = 0.1
"""What full coverage of the question's words adds to a cosine."""
INTENT_WEIGHT = 0.4
"""What a certain intent adds to the passages of its articles."""
RELEVANT_FROM = 0.45
"""Least cosine plus weighted coverage of a passage that says something about the question."""

EXACT_UP_TO = 5_000
"""Passages that a search compares one by one, in about 1 ms for a thousand; of more it asks the HNSW index."""

_MAX_QUERY = 1_000
"""Characters whose words are looked up; about as much as the encoder reads."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, with what spoke for it."""

    id: str
    document_id: str
    title: str
    heading: str
    anchor: str
    text: str
    """Markdown, without the heading."""
    score: float
    """cosine + LEXICAL_WEIGHT * coverage, + INTENT_WEIGHT * confidence where the intent matches."""
    cosine: float
    """Of question and passage, -1 to 1."""
    coverage: float
    """BM25 as a share of what the question's words could earn at most, from 0."""
    intent_match: bool
    """The article names the predicted intent."""

    @property
    def url(self) -> str:
        return f"/help/{quote(self.document_id, safe='')}#{self.anchor}"


@dataclass(frozen=True, slots=True)
class Weights:
    """How the evidence adds up, for evaluations that take it apart."""

    dense: float = 1.0
    lexical: float = LEXICAL_WEIGHT
    intent: float = INTENT_WEIGHT
    threshold: float = RELEVANT_FROM


DEFAULT_WEIGHTS = Weights()


class Retriever:
    def __init__(
        self, database: Database, weights: Weights = DEFAULT_WEIGHTS, *, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self._database = database
        self._weights = weights
        self._exact_up_to = exact_up_to

    async def retrieve(
        self,
        query_text: str,
        vector: npt.NDArray[np.float32],
        *,
        today: date,
        scope: Scope = NOBODY,
        kb: str = "help",
        intent: str | None = None,
        intent_confidence: float = 0.0,
        limit: int = 5,
        per_document: int = 2,
    ) -> list[Passage]:
        """The passages for a question, best first; none if nothing is about it.

        Args:
            vector: the question's unit vector, float32 [384].
            today: articles that do not hold on this day are left out.
            intent_confidence: 0 to 1; how far ``intent`` is to be trusted.
            per_document: passages of one document at most.
        """
        params: dict[str, Any] = {
            "kb": kb,
            "text": query_text[:_MAX_QUERY],
            "vector": HalfVector(vector),
            "today": today,
            "intent": intent,
            "prior": self._weights.intent * intent_confidence,
            "dense_weight": self._weights.dense,
            "lexical_weight": self._weights.lexical,
            "threshold": self._weights.threshold,
            "exact_up_to": self._exact_up_to,
            "limit": limit,
            "per_document": per_document,
        }
        return await self._database.fetch(Passage, QUERIES["search"], params, scope=scope)
