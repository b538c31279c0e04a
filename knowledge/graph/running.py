"""The graph of a server, from its settings: in a process of ours or LightRAG's own server, and kept up to date."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
from pydantic import SecretStr

from core.services import Services
from core.setting_types import split_by_base
from core.settings import Settings
from knowledge.graph.builder import Extractor, GraphBuilder, Pace
from knowledge.graph.graph import Graph
from knowledge.graph.keeper import GraphKeeper, kept_graphs
from knowledge.graph.local import Encode, LocalGraph
from knowledge.graph.remote import GraphServer, RemoteGraph


@asynccontextmanager
async def running_graph(
    settings: Settings,
    services: Services,
    client: aiohttp.ClientSession,
    encode: Encode,
    extractor: Extractor,
    pace: Pace,
) -> AsyncGenerator[Graph | None]:
    """None where it is off. Nothing starts before somebody asks or a knowledge base has changed.

    A LightRAG server's documents are its operator's affair; we ask it, and change nothing there.
    """
    if settings.graph == "off":
        yield None
    elif settings.lightrag_url:
        yield Graph(RemoteGraph(list_servers(settings), client), settings.graph_deadline)
    else:
        local = LocalGraph(services.graph_url, encode)
        keeper = GraphKeeper(GraphBuilder(services.owner_url, services.graph_url, extractor, pace))
        try:
            async with kept_graphs(keeper):
                yield Graph(local, settings.graph_deadline)
        finally:
            await local.close()


def list_servers(settings: Settings) -> dict[str, GraphServer]:
    """By knowledge base."""
    given = settings.lightrag_api_key.get_secret_value() if settings.lightrag_api_key else ""
    # A key may hold an equals sign itself: where there is one server, it is its key as it stands.
    only = set(settings.lightrag_url) == {"help"} and not given.startswith("help=")
    keys = {"help": given} if only else split_by_base(given)
    return {
        kb: GraphServer(url, SecretStr(keys[kb]) if keys.get(kb) else None) for kb, url in settings.lightrag_url.items()
    }
