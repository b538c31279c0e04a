"""LightRAG's server as the graph: its real routes, and servers that do not answer as they should."""

from collections.abc import AsyncIterator, Callable

import aiohttp
import numpy as np
import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from core.errors import Unavailable
from core.pipes import Child
from core.settings import Settings
from knowledge.graph.postgres import postgres_environment
from knowledge.graph.remote import GraphServer, RemoteGraph
from knowledge.graph.running import list_servers
from knowledge.graph.shapes import Keywords
from knowledge.graph.source import GraphQuestion, Named

KEY = "a key=of the test"
Serve = Callable[..., object]


def question(text: str = "What does cash abroad cost?", kb: str = "small", mode="mix") -> GraphQuestion:
    return GraphQuestion(kb, text, np.zeros(384, dtype=np.float32), Keywords(["fees"], ["cash abroad"]), mode)


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def remote(client, url: str, key: str | None = KEY) -> RemoteGraph:
    return RemoteGraph({"small": GraphServer(url, SecretStr(key) if key else None)}, client)


async def test_lightrags_own_server_names_our_passages(library, empty, build, client):
    library.write("cash", "Gold Account: Cash abroad", "- Fee: 2 %")
    library.write("cards", "Gold Account: Ordering a card", "Order a card in the app.")
    library.ingest()
    await build()
    with psycopg.connect(empty.owner_url) as connection:
        ids = dict(connection.execute("select document_id, id from kb_chunks").fetchall())
    environment = postgres_environment(empty.graph_url) | {"KB": "small", "KEY": KEY}
    server = await Child.start("tests.knowledge.graph.lightrag_server", environment)
    try:
        url = f"http://127.0.0.1:{(await server.receive())['port']}"
        for mode in ("naive", "local", "global", "mix"):
            found = await remote(client, url).find(question(mode=mode))
            assert found[0] == Named(passage=ids["cash"]), mode
        for key in ("wrong", None):
            with pytest.raises(Unavailable, match="answered 403"):
                await remote(client, url, key).find(question())
        assert await remote(client, url).find(question("hi")) == []
        assert await remote(client, url).find(question(kb="other")) == []
    finally:
        await server.stop()


@pytest.fixture
async def scripted() -> AsyncIterator[Serve]:
    """``await scripted(answer)``: the address of a server that answers so, whatever is asked."""
    servers: list[TestServer] = []

    async def serve(answer: web.Response) -> str:
        async def respond(_request: web.Request) -> web.Response:
            return answer

        app = web.Application()
        app.router.add_post("/query/data", respond)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/"))

    yield serve
    for server in servers:
        await server.close()


def chunks(*found: dict[str, str]) -> web.Response:
    return web.json_response({"status": "success", "data": {"chunks": list(found), "entities": []}, "metadata": {}})


async def test_of_another_operators_documents_the_files_are_named(client, scripted):
    url = await scripted(
        chunks(
            {"content": "Text of theirs", "file_path": "fees-overview.md", "chunk_id": "chunk-1"},
            {"content": f"Text\n[passage {'a' * 32}]", "file_path": "unknown_source"},
            {"content": "More of theirs", "file_path": "fees-overview.md"},
            {"content": "Nobody's", "file_path": "unknown_source"},
        )
    )
    assert await remote(client, url).find(question()) == [Named(document="fees-overview"), Named(passage="a" * 32)]


async def test_finding_nothing_is_an_answer(client, scripted):
    url = await scripted(web.json_response({"status": "failure", "message": "No relevant context", "data": {}}))
    assert await remote(client, url).find(question()) == []


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=500, text="Internal Server Error"),
        web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        web.Response(text="<html>"),
        web.json_response({"status": "success", "data": {"chunks": "none"}}),
        web.Response(body=b" " * (8 * 2**20 + 1)),
    ],
    ids=["error", "redirect", "no JSON", "another form", "too much"],
)
async def test_any_other_answer_is_a_failure(client, scripted, answer):
    with pytest.raises(Unavailable):
        await remote(client, await scripted(answer)).find(question())


async def test_a_server_that_is_not_there_is_a_failure(client):
    with pytest.raises(Unavailable, match="cannot be reached"):
        await remote(client, "http://127.0.0.1:1").find(question())


@pytest.mark.parametrize(
    ("urls", "keys", "expected"),
    [
        ("https://a.example:9621", "abc=,d", {"help": ("https://a.example:9621", "abc=,d")}),
        ("help=https://a.example", "help=k1", {"help": ("https://a.example", "k1")}),
        (
            "help=https://a.example, staff=http://b.example",
            "help=k1,staff=k2=",
            {"help": ("https://a.example", "k1"), "staff": ("http://b.example", "k2=")},
        ),
        ("staff=https://b.example", None, {"staff": ("https://b.example", None)}),
        ("", None, {}),
    ],
)
def test_each_knowledge_base_has_a_server_and_a_key_of_its_own(monkeypatch, urls, keys, expected):
    monkeypatch.setenv("TELLERGRAPH_LIGHTRAG_URL", urls)
    if keys is not None:
        monkeypatch.setenv("TELLERGRAPH_LIGHTRAG_API_KEY", keys)
    servers = list_servers(Settings(_env_file=None))
    assert {kb: (s.url, s.key and s.key.get_secret_value()) for kb, s in servers.items()} == expected


@pytest.mark.parametrize("url", ["ftp://a.example", "Help=https://a.example", "help=nowhere", "a.example:9621"])
def test_an_address_that_is_none_is_refused_at_the_start(monkeypatch, url):
    monkeypatch.setenv("TELLERGRAPH_LIGHTRAG_URL", url)
    with pytest.raises(ValueError, match="is an address that begins with"):
        Settings(_env_file=None)
