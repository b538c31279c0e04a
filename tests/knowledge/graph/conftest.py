"""A small knowledge base with a graph, built and asked by the real processes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from core.services import Services
from knowledge.embed import Encoder
from knowledge.graph.builder import Extractor, GraphBuilder, GraphReport
from knowledge.graph.local import LocalGraph
from knowledge.graph.shapes import Keywords, Mode
from knowledge.graph.source import GraphQuestion

Build = Callable[..., Awaitable[GraphReport | None]]
Name = Callable[..., Awaitable[list[str]]]

RULES = Extractor()


@pytest.fixture
def build(empty: Services) -> Build:
    """``await build()``: brings the graph in line, and says what it did."""

    async def built(kb: str = "small", extractor: Extractor = RULES, **options) -> GraphReport | None:
        return await GraphBuilder(empty.owner_url, empty.graph_url, extractor).build(kb, **options)

    return built


@pytest.fixture
async def local(empty: Services, encoder: Encoder) -> AsyncIterator[LocalGraph]:
    async def encode(texts: Sequence[str]):
        return encoder.encode(texts)

    graph = LocalGraph(empty.graph_url, encode)
    yield graph
    await graph.close()


@pytest.fixture
def name(local: LocalGraph, encoder: Encoder) -> Name:
    """``await name(text)``: ids of the passages that the graph names, best first."""

    async def named(text: str, *, kb: str = "small", mode: Mode = "mix") -> list[str]:
        await local.started()
        keywords = Keywords(high=[text, "fees"], low=[text])
        (vector,) = encoder.encode([text])
        found = await local.find(GraphQuestion(kb, text, vector, keywords, mode))
        return [each.passage for each in found if each.passage is not None]

    return named
