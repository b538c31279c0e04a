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
from collections.abc import Generator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import numpy as np

from core.db.migrate import migrate
from core.errors import InvalidInput
from core.services import Services, running_services
from core.settings import load_settings
from evals.corpus import Corpus, opened_corpus
from evals.graph_ranking import build_graph, remove_graph
from evals.queries import Query, read_queries
from evals.rankers import Ranking, list_methods, need_graph, opened_rankers
from evals.ranking import ndcg_at, recall_at, reciprocal_rank
from evals.results.figures import Metric
from evals.results.record import Record, Scored
from evals.suite import OpenPlayer, Options, Plan, Play, Suite, name_cases, require
from knowledge.ingest import FailedFile, ingest_folder
from knowledge.store import open_store

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class _Indexed:
    corpus: Corpus
    documents: frozenset[str]
    """The user's ids of what can be found."""
    left_out: list[str]
    """Why others cannot."""


def plan(options: Options) -> Plan[Query]:
    """For the user's corpus.

    Raises:
        InvalidInput: the queries cannot be used, or there is no such method; once it is played, also for the corpus.
    """
    path = require(options.corpus, "--corpus PATH")
    queries = require(options.queries, "--queries FILE")
    wanted = list_methods(options.method)
    cases = name_cases(read_queries(queries), lambda query: "\n".join([query.text, *sorted(query.relevant)]))
    opened = partial(_opened, path, wanted)
    return Plan(cases=cases, opened=opened, sources=[queries, path], notes={"method": wanted[0]})


@contextmanager
def _opened(path: Path, methods: Sequence[str], _queries: Sequence[Query]) -> Generator[OpenPlayer[Query]]:
    with opened_corpus(path) as corpus, running_services(load_settings()) as services:
        migrate(services)
        kb = f"evals_{uuid4().hex}"
        try:
            indexed = _index(services, corpus, kb)
            if need_graph(methods):
                asyncio.run(build_graph(services, kb))
            yield partial(_open_player, services, kb, methods, indexed)
        finally:
            with open_store(services.owner_url, kb) as store:
                store.delete_all()
            if need_graph(methods):
                asyncio.run(remove_graph(services, kb))


def _index(services: Services, corpus: Corpus, kb: str) -> _Indexed:
    """Raises InvalidInput: nothing of it can be used."""
    ingested = ingest_folder(services.owner_url, corpus.path, kb)
    left_out = [*corpus.left_out, *(_describe_failure(failure, corpus) for failure in ingested.failed)]
    if not ingested.added:
        raise InvalidInput(f"No document of the corpus can be used: {left_out[0]}")
    with open_store(services.owner_url, kb) as store:
        return _Indexed(corpus, frozenset(corpus.name(document.id) for document in store.list_stored()), left_out)


def _describe_failure(failure: FailedFile, corpus: Corpus) -> str:
    number = failure.file.rpartition("#")[2]
    return f"{corpus.names.get(number, failure.file)}: {failure.message}"


@contextmanager
def _open_player(
    services: Services, kb: str, methods: Sequence[str], indexed: _Indexed, _number: int
) -> Generator[Play[Query]]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        rank = runner.run(stack.enter_async_context(opened_rankers(services, kb, methods)))

        async def rank_all(text: str) -> dict[str, Ranking]:
            return await rank(text)

        try:
            yield lambda query: _score(query, runner.run(rank_all(query.text)), methods[0], indexed)
        finally:
            runner.run(stack.aclose())


def _score(query: Query, rankings: Mapping[str, Ranking], first: str, indexed: _Indexed) -> Scored:
    found = {
        method: {
            "ranked": [indexed.corpus.name(document) for document in ranking.ranked],
            "encoding_s": ranking.encoding_s,
            "search_s": ranking.search_s,
        }
        for method, ranking in rankings.items()
    }
    ranked: Any = found[first]["ranked"]
    place = next((place for place, name in enumerate(ranked, 1) if name in query.relevant), None)
    return Scored(
        value=ndcg_at(10, ranked, query.relevant),
        input=query.text,
        expected=sorted(query.relevant),
        answer=ranked,
        reason=f"first right one at {place}" if place else "no right one",
        seconds=rankings[first].encoding_s + rankings[first].search_s,
        details={
            "qid": query.qid,
            "rankings": found,
            "documents": len(indexed.documents),
            "left_out": list(indexed.left_out),
            "missing": sorted(query.relevant - indexed.documents),
        },
    )


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    """The first method's figures, and those of each by its name."""
    methods = list(cast("dict[str, Any]", records[0].details["rankings"]))
    figures = {method: _figures(records, method) for method in methods}
    return {**figures[methods[0]], **figures}


def _figures(records: Sequence[Record], method: str) -> dict[str, Metric]:
    rankings = [cast("dict[str, Any]", record.details["rankings"])[method] for record in records]
    wanted = [frozenset(cast("list[str]", record.expected)) for record in records]
    pairs = [(ranking["ranked"], relevant) for ranking, relevant in zip(rankings, wanted, strict=True)]
    figures: dict[str, Metric] = {
        f"recall@{k}": float(np.mean([recall_at(k, *pair) for pair in pairs])) for k in (1, 5, 10, 20)
    }
    figures["ndcg@10"] = float(np.mean([ndcg_at(10, *pair) for pair in pairs]))
    figures["mrr"] = float(np.mean([reciprocal_rank(*pair) for pair in pairs]))
    searches = [ranking["search_s"] * 1000 for ranking in rankings]
    figures["p50_ms"] = float(np.median([(ranking["encoding_s"] + ranking["search_s"]) * 1000 for ranking in rankings]))
    figures["search_p50_ms"], figures["search_p99_ms"] = (float(each) for each in np.percentile(searches, (50, 99)))
    return figures


def _describe(records: Sequence[Record]) -> dict[str, object]:
    first = records[0].details
    notes: dict[str, object] = {"documents": first["documents"]}
    if first["left_out"]:
        notes["documents_left_out"] = first["left_out"]
    if missing := sorted({name for record in records for name in cast("list[str]", record.details["missing"])}):
        notes["relevant_not_in_corpus"] = missing[:_MOST_NAMED]
    return notes


def _write_run(options: Options, records: Sequence[Record]) -> dict[str, object]:
    if options.run is None:
        return {}
    lines = [{"qid": record.details["qid"], "ranked": record.answer} for record in records]
    options.run.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return {"rankings": str(options.run)}


SUITE = Suite(plan=plan, measure=measure, describe=_describe, finish=_write_run)
