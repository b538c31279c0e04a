"""`retrieval`: rankings of `--corpus` for the questions of `--queries`, JSON lines `{"query", "relevant", "qid"?}`.

The corpus (`evals.corpus`) goes into a knowledge base of its own that is deleted at the end. Each document ranks by its
best passage, and no threshold cuts the ranking. `dense` ranks by the vectors, `full_text` by the words (BM25), `hybrid`
by their sum, `fused` as a broad search does; `feedback` adds the likeness to the best two documents. The first figures
are those of the method asked for, or of `fused`. `p50_ms` is of encoding and search, `search_p50_ms` and
`search_p99_ms` of the search alone.

The graph has to be built first, which takes minutes for hundreds of documents, so its methods are measured when one is
asked for, or `all`: `lightrag_naive`, `lightrag_local`, `lightrag_global` and `lightrag_mix` rank by it alone;
`search_graph` is a broad search as a user has it, with its threshold and what the graph adds, `search` one without.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import numpy as np

from core.clock import BANK_TIME_ZONE, system_clock
from core.db.database import Database, Scope
from core.db.migrate import migrate
from core.errors import InvalidInput
from core.services import Services, running_services
from core.settings import load_settings
from evals.corpus import Corpus, opened_corpus
from evals.graph_ranking import (
    GRAPH_MODES,
    build_graph,
    list_owners,
    opened_graph,
    rank_by_graph,
    remove_graph,
)
from evals.ranking import ndcg_at, recall_at, reciprocal_rank
from evals.suite import Metric, Options, Outcome, require
from knowledge.embed import Encoder, Vectors
from knowledge.graph.graph import Graph
from knowledge.graph.local import LocalGraph
from knowledge.graph.shapes import Mode
from knowledge.ingest import FailedFile, ingest_folder
from knowledge.rank.weights import BROAD, Weights
from knowledge.retrieve import Retriever
from knowledge.store import open_store

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
_MOST_NAMED = 20
_EVERYBODY = Scope(audiences="public,customer,staff")

Ranker = Callable[[str, Vectors], Awaitable[list[str]]]
"""A question and its unit vector in, document ids out, best first."""


@dataclass(frozen=True, slots=True)
class Query:
    qid: str
    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Indexed:
    documents: frozenset[str]
    """The user's ids of what can be found."""
    left_out: list[str]
    """Why others cannot."""


@dataclass(frozen=True, slots=True)
class Ranking:
    ranked: list[str]
    """Document ids, best first."""
    encoding_s: float
    search_s: float


def run(options: Options) -> Outcome:
    """Measures retrieval on the user's corpus.

    Raises:
        InvalidInput: corpus or queries cannot be used, or there is no such method.
    """
    path = require(options.corpus, "--corpus PATH")
    queries = read_queries(require(options.queries, "--queries FILE"))
    wanted = _list_methods(options.method)
    with opened_corpus(path) as corpus, running_services(load_settings()) as services:
        migrate(services)
        indexed, rankings = _rank_all(services, corpus, queries, wanted)
    figures = {method: _measure(queries, rankings[method]) for method in wanted}
    if options.run is not None:
        _write_run(options.run, queries, rankings[wanted[0]])
    notes: dict[str, object] = {"documents": len(indexed.documents), "method": wanted[0]}
    if indexed.left_out:
        notes["documents_left_out"] = indexed.left_out
    if missing := sorted({name for query in queries for name in query.relevant} - indexed.documents):
        notes["relevant_not_in_corpus"] = missing[:_MOST_NAMED]
    return Outcome(len(queries), figures[wanted[0]] | figures, notes)


def _list_methods(method: str | None) -> list[str]:
    """Raises InvalidInput."""
    if method is None:
        return list(METHODS)
    if method == _ALL:
        return [*METHODS, *_MORE]
    if method not in {*METHODS, *_MORE}:
        raise InvalidInput(f"There is no method {method}; there are {', '.join((*METHODS, *_MORE))}, and {_ALL}.")
    return [method]


def read_queries(path: Path) -> list[Query]:
    """The questions of a JSON lines file; one without a `qid` has its line number.

    Raises:
        InvalidInput: unreadable, a line is no question, or there are none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8.") from error
    queries = [_parse_query(line, number, path) for number, line in enumerate(lines, 1) if line.strip()]
    if not queries:
        raise InvalidInput(f"{path} has no cases.")
    return queries


def _parse_query(line: str, number: int, path: Path) -> Query:
    try:
        parsed: object = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{path}, line {number} is not JSON.") from error
    fields = cast("dict[str, object]", parsed) if isinstance(parsed, dict) else {}
    text, relevant = fields.get("query"), fields.get("relevant")
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput(f"{path}, line {number} needs text in query.")
    if not isinstance(relevant, list) or not relevant:
        raise InvalidInput(f"{path}, line {number} needs at least one document id in relevant.")
    ids = frozenset(str(document) for document in cast("list[object]", relevant))
    return Query(str(fields.get("qid", number)), text, ids)


def _rank_all(
    services: Services, corpus: Corpus, queries: Sequence[Query], methods: Sequence[str]
) -> tuple[Indexed, dict[str, list[Ranking]]]:
    kb = f"evals_{uuid4().hex}"
    try:
        ingested = ingest_folder(services.owner_url, corpus.path, kb)
        left_out = [*corpus.left_out, *(_describe(failure, corpus) for failure in ingested.failed)]
        if not ingested.added:
            raise InvalidInput(f"No document of the corpus can be used: {left_out[0]}")
        with open_store(services.owner_url, kb) as store:
            documents = frozenset(corpus.name(document.id) for document in store.list_stored())
        rankings = asyncio.run(_rank(services, kb, queries, methods))
    finally:
        with open_store(services.owner_url, kb) as store:
            store.delete_all()
        if _need_graph(methods):
            asyncio.run(remove_graph(services, kb))
    named = {
        method: [replace(each, ranked=[corpus.name(document) for document in each.ranked]) for each in ranked]
        for method, ranked in rankings.items()
    }
    return Indexed(documents, left_out), named


def _describe(failure: FailedFile, corpus: Corpus) -> str:
    number = failure.file.rpartition("#")[2]
    return f"{corpus.names.get(number, failure.file)}: {failure.message}"


def _need_graph(methods: Sequence[str]) -> bool:
    return not set(GRAPH_METHODS).isdisjoint(methods)


async def _rank(
    services: Services, kb: str, queries: Sequence[Query], methods: Sequence[str]
) -> dict[str, list[Ranking]]:
    encoder = Encoder.load()
    async with AsyncExitStack() as stack:
        database = Database(services.app_url, pool_size=2)
        await database.open()
        stack.push_async_callback(database.close)
        rankers = {method: _search(Retriever(database, METHODS[method]), kb) for method in METHODS}
        rankers["search"] = _search(Retriever(database), kb)
        if _need_graph(methods):
            await build_graph(services, kb)
            graph = await stack.enter_async_context(opened_graph(services, encoder))
            rankers |= _by_graph(graph, list_owners(services.owner_url, kb), kb)
            rankers["search_graph"] = _search(Retriever(database, graph=Graph(graph, _GRAPH_PATIENCE)), kb)
        return {
            method: [await _rank_one(rankers[method], encoder, query.text) for query in queries] for method in methods
        }


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


def _measure(queries: Sequence[Query], rankings: Sequence[Ranking]) -> dict[str, Metric]:
    pairs = [(ranking.ranked, query.relevant) for query, ranking in zip(queries, rankings, strict=True)]
    figures: dict[str, Metric] = {
        f"recall@{k}": float(np.mean([recall_at(k, *pair) for pair in pairs])) for k in (1, 5, 10, 20)
    }
    figures["ndcg@10"] = float(np.mean([ndcg_at(10, *pair) for pair in pairs]))
    figures["mrr"] = float(np.mean([reciprocal_rank(*pair) for pair in pairs]))
    searches = [ranking.search_s * 1000 for ranking in rankings]
    figures["p50_ms"] = float(np.median([ranking.encoding_s * 1000 + ranking.search_s * 1000 for ranking in rankings]))
    figures["search_p50_ms"], figures["search_p99_ms"] = (float(each) for each in np.percentile(searches, (50, 99)))
    return figures


def _write_run(path: Path, queries: Sequence[Query], rankings: Sequence[Ranking]) -> None:
    lines: list[Mapping[str, Any]] = [
        {"qid": query.qid, "ranked": ranking.ranked} for query, ranking in zip(queries, rankings, strict=True)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
