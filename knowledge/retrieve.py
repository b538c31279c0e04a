"""Finds the passages that answer a question: meaning and words and the intent, fused by PostgreSQL in one statement.
The graph may fill the places that are left.

Who may read what is not decided here: the transaction names the reader's audiences and row-level security does the
rest. A question about nothing in the knowledge base gets an empty list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Required, TypedDict, Unpack
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector

from core.db.database import NOBODY, Database, Scope
from knowledge.graph.filling import fill_up
from knowledge.graph.graph import Answer, Graph
from knowledge.graph.shapes import Keywords
from knowledge.graph.source import GraphQuestion
from knowledge.graph.statements import STATEMENTS as GRAPH_STATEMENTS
from knowledge.rank.index import EXACT_UP_TO
from knowledge.rank.selection import count_covered, drop_repeated, keep_within
from knowledge.rank.statements import STATEMENTS
from knowledge.rank.weights import ANSWER, BROAD, Weights

_MAX_QUERY = 1_000
"""Characters whose words are looked up; about as much as the encoder reads."""
_CANDIDATES = 100
"""Passages that are judged together, at least; about those of forty documents."""
_PROBES = 80
"""Passages of a large base that its index, the rare words and the articles of an intent bring in each, at least."""
_RARE_UP_TO = 2_000
"""Passages that a word may stand in and still find some in a large base. Others only order what is found."""
_TOPIC_FROM = 0.5
"""Chance from which an intent is a topic that the graph is asked for."""
_NAMED = 20
"""Passages that the graph is asked for, at least: most of them are found without it as well."""
_SPARE = 5
"""Passages asked for beyond twice the limit, in place of those that say the same as a better one."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, with what spoke for it."""

    id: str
    kb: str
    document_id: str
    title: str
    heading: str
    anchor: str
    text: str
    """Markdown, without the heading."""
    score: float
    """What it was ranked by: the evidence below, weighted."""
    cosine: float
    """Of question and passage, -1 to 1."""
    coverage: float
    """BM25 as a share of what the question's words could earn at most, from 0."""
    likeness: float
    """To the best passages of the two best documents, -1 to 1; adds to the score of a broad search."""
    trust: float
    """Chance that one of the intents that the article names is meant."""
    intents: list[str]
    """Those that the article names, if one of them may be meant."""
    words: list[str]
    """The question's words (their stems) that stand in it, those first that counted most."""
    graph: int = 0
    """The place that the graph gave it, from 1; 0 if it was found without."""

    @property
    def url(self) -> str:
        base = "" if self.kb == "help" else f"?kb={self.kb}"
        return f"/help/{quote(self.document_id, safe='')}{base}#{self.anchor}"

    @property
    def why(self) -> str:
        """Why it was chosen, for people who look into an answer."""
        reasons = [f"meaning {self.cosine:.2f}"]
        if self.words:
            reasons.append(f"words {self.coverage:.2f} ({', '.join(self.words)})")
        if self.trust:
            reasons.append(f"intent {self.trust:.2f}")
        if self.graph:
            reasons.append(f"graph, place {self.graph}")
        return "; ".join(reasons)


@dataclass(frozen=True, slots=True)
class Retrieved:
    passages: list[Passage] = field(default_factory=list[Passage])
    """Best first."""
    is_complete: bool = True
    """False: the graph could not be waited for."""


class Wanted(TypedDict, total=False):
    """As ``Retriever.look_up`` takes it; all but the day may be left out."""

    today: Required[date]
    scope: Scope
    kb: str
    languages: Sequence[str] | None
    intents: Sequence[tuple[str, float]]
    ours: float | None
    limit: int
    per_document: int
    tokens: int | None
    broad: bool


class Retriever:
    def __init__(
        self,
        database: Database,
        weights: Weights | None = None,
        *,
        exact_up_to: int = EXACT_UP_TO,
        graph: Graph | None = None,
        graph_for_answers: bool = False,
    ) -> None:
        """Args:
        weights: instead of those for answers and those for broad searches, in evaluations.
        graph: asked in broad searches that found something and fewer passages than wanted.
        graph_for_answers: and in others.
        """
        self._database = database
        self._weights = weights
        self._exact_up_to = exact_up_to
        self._graph = graph
        self._graph_for_answers = graph_for_answers

    async def retrieve(
        self, query_text: str, vector: npt.NDArray[np.float32], **wanted: Unpack[Wanted]
    ) -> list[Passage]:
        """The passages of ``look_up``."""
        return (await self.look_up(query_text, vector, **wanted)).passages

    async def look_up(
        self,
        query_text: str,
        vector: npt.NDArray[np.float32],
        *,
        today: date,
        scope: Scope = NOBODY,
        kb: str = "help",
        languages: Sequence[str] | None = None,
        intents: Sequence[tuple[str, float]] = (),
        ours: float | None = None,
        limit: int = 5,
        per_document: int = 2,
        tokens: int | None = None,
        broad: bool = False,
    ) -> Retrieved:
        """The passages for a question, best first; none if nothing is about it.

        Args:
            vector: the question's unit vector, float32 [384].
            today: articles that do not hold on this day are left out.
            languages: of the articles; all by default.
            intents: what may be meant, with the chance of each.
            ours: probability that the question is the bank's business at all, if that is known: what is hardly
                relevant answers one that surely is, and nothing but the very words one that is not.
            per_document: passages of one document at most.
            tokens: about how many the passages may have together; the best is there in any case.
            broad: for whoever wants all documents that a matter needs, not the answer to a question: being like the
                best ones counts, and what says the same as a better passage is not dropped.
        """
        weights = self._weights or (BROAD if broad else ANSWER)
        threshold, floor = weights.least(ours)
        wanted = limit if broad else 2 * limit + _SPARE
        params: dict[str, Any] = {
            "kb": kb,
            "text": query_text[:_MAX_QUERY],
            "vector": HalfVector(vector),
            "today": today,
            "languages": None if languages is None else list(languages),
            "intents": [intent for intent, _ in intents],
            "trusts": [trust for _, trust in intents],
            "intent_weight": weights.intent,
            "dense_weight": weights.dense,
            "lexical_weight": weights.lexical,
            "procedure_weight": weights.procedure,
            "likeness_weight": weights.likeness,
            "threshold": threshold,
            "floor": floor,
            "exact_up_to": self._exact_up_to,
            "rare_up_to": _RARE_UP_TO,
            "candidates": max(_CANDIDATES, 8 * limit),
            "probes": max(_PROBES, 4 * limit),
            "limit": wanted,
            "per_document": per_document,
        }
        found = await self._database.fetch(Passage, STATEMENTS["search"], params, scope=scope)
        distinct = found if broad else drop_repeated(_spread(found, intents, weights.intent))
        passages = distinct[:limit]
        answer = Answer()
        # Where nothing is about the question, the graph knows nothing better: it always names something.
        if 0 < len(passages) < limit and self._graph is not None and (broad or self._graph_for_answers):
            keywords = _keywords(query_text, intents)
            question = GraphQuestion(kb, query_text[:_MAX_QUERY], vector, keywords, limit=max(_NAMED, 2 * limit))
            answer = await self._graph.ask(question)
        if answer.named:
            least = {"least": -1.0 if broad else floor}
            named = (
                params
                | least
                | {
                    "passages": [each.passage for each in answer.named if each.passage is not None],
                    "documents": [each.document for each in answer.named if each.document is not None],
                }
            )
            read = await self._database.fetch(Passage, GRAPH_STATEMENTS["read_found"], named, scope=scope)
            passages = fill_up(passages, answer.named, read, limit=limit, per_document=per_document)
        return Retrieved(keep_within(passages, tokens), answer.is_complete)


def _keywords(query_text: str, intents: Sequence[tuple[str, float]]) -> Keywords:
    """What a question is about, without asking a model: its own words, with what it names, and its topics."""
    text = query_text[:_MAX_QUERY]
    topics = [intent.replace("_", " ") for intent, trust in intents if trust >= _TOPIC_FROM]
    return Keywords(high=[text, *topics], low=[text])


def _spread(passages: Sequence[Passage], intents: Sequence[tuple[str, float]], weight: float) -> list[Passage]:
    """Best first again, without credit for an intent that a better article answers."""
    covered = count_covered(passages, dict(intents), weight)
    scored = [replace(each, score=each.score - weight * covered[each.document_id]) for each in passages]
    return sorted(scored, key=lambda passage: -passage.score)
