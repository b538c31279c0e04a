"""The graph as a caller of the API meets it."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from core.services import Services
from core.settings import Settings
from tests.serving import serving
from tests.talking import Meet

Search = dict[str, Any]
RARE = "Power of attorney"
"""Few articles are about it."""


class _LightRAG(BaseHTTPRequestHandler):
    """A LightRAG server that finds the same in every question."""

    server: "_Server"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["X-API-Key"], body))
        answer = json.dumps(
            {"status": "success", "message": "", "data": {"chunks": self.server.chunks}, "metadata": {}}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    def __init__(self, *names: str) -> None:
        super().__init__(("127.0.0.1", 0), _LightRAG)
        self.chunks = [{"content": "Something else", "file_path": f"{name}.md"} for name in names]
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def lightrag(*names: str) -> Iterator[_Server]:
    server = _Server(*names)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="LightRAG")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def serve(settings: Settings, shared_services: Services, meet: Meet) -> Iterator[Callable[..., Any]]:
    """``serve(graph=..., ...)``: a visitor of a server with these settings."""
    with ExitStack() as stack:

        def served(**changes: Any) -> Any:
            chosen = settings.model_copy(update=changes)
            return meet(stack.enter_context(serving(chosen, shared_services)))

        yield served


def condition(visitor: Any) -> str:
    return visitor.http.get("/health/detailed").json()["data"]["graph"]


def search(visitor: Any, text: str) -> list[Search]:
    """So many that places are left."""
    found = visitor.http.get("/api/v1/knowledge/search", params={"q": text, "limit": 50}).json()["data"]["passages"]
    assert 0 < len(found) < 50
    return found


def test_health_says_that_there_is_no_graph(serve):
    assert condition(serve(graph="off")) == "off"


def test_a_graph_of_our_own_starts_when_it_is_needed_and_ends_with_the_server(serve):
    visitor = serve(graph="lists")
    assert condition(visitor) == "idle"
    assert not any("graph" in each["why"] for each in search(visitor, RARE))
    assert condition(visitor) in {"starting", "running"}


def test_lightrags_server_adds_documents_whose_text_is_ours(serve):
    with lightrag("write-a-cheque", "no-such-document", "nowhere/../cash-isa") as server:
        visitor = serve(graph="lists", lightrag_url={"help": server.url})
        assert condition(visitor) == "remote"
        found = search(visitor, RARE)
    added = [each["document_id"] for each in found if "graph, place" in each["why"]]
    assert added == ["write-a-cheque", "cash-isa"]
    assert "Something else" not in json.dumps(found)
    [(path, key, asked)] = server.asked
    assert (path, key, asked["query"]) == ("/query/data", None, RARE)
    assert asked["hl_keywords"]
    assert asked["ll_keywords"]


def test_a_graph_that_is_away_is_left_out_and_health_says_so(serve):
    visitor = serve(graph="lists", lightrag_url={"help": "http://127.0.0.1:1"})
    for question in (RARE, "Opening hours", "Cheque book", "HMRC tax bill"):
        assert search(visitor, question)
    assert condition(visitor) == "failing"
    assert visitor.http.get("/health").status_code == 200
