"""The rankers that the `retrieval` suite compares: our search with several weights, and LightRAG's modes alone."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from core.clock import BANK_TIME_ZONE, system_clock
from core.db.database import Database, Scope
from core.errors import InvalidInput
from core.services import Services
from evals.graph_ranking import GRAPH_MODES, list_owners, opened_graph, rank_by_graph
from knowledge.embed import Encoder, Vectors
from knowledge.graph.graph import Graph
from knowledge.graph.local import LocalGraph
from knowledge.graph.shapes import Mode
from knowledge.rank.weights import BROAD, Weights
from knowledge.retrieve import Retriever

METHODS: dict[str, Weights] = {
    "fused": replace(BROAD, threshold=-2, floor=-2),
    "feedback": replace(BROAD, threshold=-2, floor=-2, likeness=0.5),
    "hybrid": replace(BROAD, threshold=-2, floor=-2, procedure=0),
    "dense": Weights(dense=1, lexical=0, procedure=0, threshold=-2, floor=-2),
    "full_text": Weights(dense=0, lexical=1, procedure=0, threshold=1e-9, floor=1e-9),
}
GRAPH_METHODS = ("search_graph", *GRAPH_MODES)
_MORE = ("search", *GRAPH_METHODS)
"""Measured where one of them, or ``_ALL``, is asked for."""
_ALL = "all"
_GRAPH_PATIENCE = timedelta(minutes=1)
_DEPTH = 20
"""Documents ranked for each question."""
_EVERYBODY = Scope(audiences="public,customer,staff")

Ranker = Callable[[str, Vectors], Awaitable[list[str]]]
"""A question and its unit vector in, document ids out, best first."""


@dataclass(frozen=True, slots=True)
class Ranking:
    ranked: list[str]
    """Document ids, best first."""
    encoding_s: float
    search_s: float


def list_methods(method: str | None) -> list[str]:
    """Raises InvalidInput."""
    if method is None:
        return list(METHODS)
    if method == _ALL:
        return [*METHODS, *_MORE]
    if method not in {*METHODS, *_MORE}:
        raise InvalidInput(f"There is no method {method}; there are {', '.join((*METHODS, *_MORE))}, and {_ALL}.")
    return [method]


def need_graph(methods: Sequence[str]) -> bool:
    return not set(GRAPH_METHODS).isdisjoint(methods)


@asynccontextmanager
async def opened_rankers(
    services: Services, kb: str, methods: Sequence[str]
) -> AsyncGenerator[Callable[[str], Awaitable[dict[str, Ranking]]]]:
    """Ranks the documents of `kb` for a question by each of the methods."""
    encoder = Encoder.load()
    async with AsyncExitStack() as stack:
        database = Database(services.app_url, pool_size=2)
        await database.open()
        stack.push_async_callback(database.close)
        rankers = {method: _search(Retriever(database, METHODS[method]), kb) for method in METHODS}
        rankers["search"] = _search(Retriever(database), kb)
        if need_graph(methods):
            graph = await stack.enter_async_context(opened_graph(services, encoder))
            rankers |= _by_graph(graph, list_owners(services.owner_url, kb), kb)
            rankers["search_graph"] = _search(Retriever(database, graph=Graph(graph, _GRAPH_PATIENCE)), kb)

        async def rank(text: str) -> dict[str, Ranking]:
            return {method: await _rank_one(rankers[method], encoder, text) for method in methods}

        yield rank


def _search(retriever: Retriever, kb: str) -> Ranker:
    today = system_clock().astimezone(BANK_TIME_ZONE).date()

    async def rank(text: str, vector: Vectors) -> list[str]:
        passages = await retriever.retrieve(
            text, vector, today=today, scope=_EVERYBODY, kb=kb, limit=_DEPTH, per_document=1, broad=True
        )
        return [passage.document_id for passage in passages]

    return rank


def _by_graph(graph: LocalGraph, owners: dict[str, str], kb: str) -> dict[str, Ranker]:
    def ranker(mode: Mode) -> Ranker:
        async def rank(text: str, vector: Vectors) -> list[str]:
            return await rank_by_graph(graph, kb, text, vector, mode, owners, _DEPTH)

        return rank

    return {method: ranker(mode) for method, mode in GRAPH_MODES.items()}


async def _rank_one(rank: Ranker, encoder: Encoder, text: str) -> Ranking:
    start = time.perf_counter()
    (vector,) = encoder.encode([text])
    encoded = time.perf_counter()
    ranked = await rank(text, vector)
    return Ranking(ranked, encoded - start, time.perf_counter() - encoded)
