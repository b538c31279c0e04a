"""Rankings by the graph, for the `retrieval` suite: LightRAG's modes alone, over a knowledge base of the eval's own."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import psycopg

from core.errors import Unavailable
from core.services import Services
from knowledge.embed import Encoder, Vectors
from knowledge.graph.builder import GraphBuilder
from knowledge.graph.local import LocalGraph
from knowledge.graph.shapes import Keywords, Mode
from knowledge.graph.source import GraphQuestion

GRAPH_MODES: dict[str, Mode] = {
    "lightrag_naive": "naive",
    "lightrag_local": "local",
    "lightrag_global": "global",
    "lightrag_mix": "mix",
}
"""By the name of the method."""
_PASSAGES = 3
"""Asked for each document that is to be ranked."""


async def build_graph(services: Services, kb: str) -> None:
    """Raises Unavailable: it is not whole, so that nothing could be measured by it."""
    report = await GraphBuilder(services.owner_url, services.graph_url).build(kb)
    if report is None:
        raise Unavailable("A running server builds this graph at the same time: try again while none runs.")
    if report.failed:
        raise Unavailable(f"{len(report.failed)} documents are not in the graph: {report.error}")


async def remove_graph(services: Services, kb: str) -> None:
    """Of a knowledge base that is gone. Where a server is at it, that does it."""
    await GraphBuilder(services.owner_url, services.graph_url).build(kb)


@asynccontextmanager
async def opened_graph(services: Services, encoder: Encoder) -> AsyncGenerator[LocalGraph]:
    async def encode(texts: Sequence[str]) -> Vectors:
        return encoder.encode(texts)

    graph = LocalGraph(services.graph_url, encode)
    try:
        await graph.started()
        yield graph
    finally:
        await graph.close()


def list_owners(owner_url: str, kb: str) -> dict[str, str]:
    """Passage id -> document id."""
    with psycopg.connect(owner_url) as connection:
        return dict(connection.execute("select id, document_id from kb_chunks where kb = %s", [kb]).fetchall())


async def rank_by_graph(
    graph: LocalGraph, kb: str, text: str, vector: Vectors, mode: Mode, owners: dict[str, str], depth: int
) -> list[str]:
    """Document ids, best first. The question's own words are the keywords of both kinds, as in a search.

    Args:
        vector: the text's unit vector, float32 [384].
    """
    question = GraphQuestion(kb, text, vector, Keywords([text], [text]), mode, limit=_PASSAGES * depth)
    found = await graph.find(question)
    return list(dict.fromkeys(owners[each.passage] for each in found if each.passage in owners))[:depth]
