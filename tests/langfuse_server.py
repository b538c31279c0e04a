"""Stands where Langfuse would, on loopback: decodes what is sent as Langfuse's server does, and keeps the raw bytes.

It can also be one that is in trouble: ``fails`` answers 500, ``hangs`` answers nothing until it is closed.
"""

import gzip
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from tests.waiting import eventually

TRACES = "/api/public/otel/v1/traces"
SCORES = "/api/public/scores"


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    """Unzipped."""


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    name: str
    id: str
    parent_id: str
    trace_id: str
    seconds: float
    attributes: dict[str, Any]

    @property
    def type(self) -> str:
        return self.attributes["langfuse.observation.type"]

    @property
    def metadata(self) -> dict[str, Any]:
        prefix = "langfuse.observation.metadata."
        return {
            name.removeprefix(prefix): json.loads(value)
            for name, value in self.attributes.items()
            if name.startswith(prefix)
        }


@dataclass
class LangfuseServer:
    base_url: str = ""
    fails: bool = False
    hangs: bool = False
    requests: list[Sent] = field(default_factory=list[Sent])
    answers: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    """What to answer, by method and the beginning of the path: JSON, or a function of the request's. Without one a GET
    finds nothing, and anything else is taken."""
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def spans(self) -> list[ReceivedSpan]:
        return [span for sent in list(self.requests) if sent.path == TRACES for span in _decoded(sent.body)]

    @property
    def scores(self) -> list[dict[str, Any]]:
        return [score for sent in list(self.requests) if sent.path == SCORES for score in json.loads(sent.body)]

    @property
    def raw(self) -> bytes:
        """All that came: addresses, headers and bodies."""
        return b"\n".join(f"{sent.path} {sent.headers}".encode() + sent.body for sent in list(self.requests))

    def trees(self) -> list[ReceivedSpan]:
        """The roots."""
        return [span for span in self.spans if not span.parent_id]

    def wait_for_turns(self, number: int) -> list[ReceivedSpan]:
        """The roots, as soon as there are so many."""
        return eventually(lambda: found if len(found := self.trees()) >= number else [])

    def below(self, parent: ReceivedSpan) -> list[ReceivedSpan]:
        return [span for span in self.spans if span.parent_id == parent.id and span.trace_id == parent.trace_id]


class _Handler(BaseHTTPRequestHandler):
    langfuse: LangfuseServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        server = self.langfuse
        server.requests.append(Sent(self.command, self.path, dict(self.headers), body))
        if server.hangs:
            server.closing.wait(30)
            self.close_connection = True
            return
        self._answer(server, body)

    def _answer(self, server: LangfuseServer, body: bytes) -> None:
        known = (
            answer
            for (method, path), answer in server.answers.items()
            if method == self.command and self.path.startswith(path)
        )
        answer: Any = next(known, None)
        content = json.dumps(answer(json.loads(body)) if callable(answer) else answer or {}).encode()
        is_missing = self.command == "GET" and answer is None
        self.send_response(500 if server.fails else 404 if is_missing else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self._take()

    def do_GET(self) -> None:
        self._take()


@contextmanager
def langfuse_server() -> Generator[LangfuseServer]:
    server = LangfuseServer()
    handler = type("Handler", (_Handler,), {"langfuse": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        server.base_url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            http.shutdown()
            thread.join(10)


def _decoded(body: bytes) -> list[ReceivedSpan]:
    batch = ExportTraceServiceRequest()
    batch.ParseFromString(body)
    return [
        ReceivedSpan(
            span.name,
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.trace_id.hex(),
            (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
            {each.key: _value(each.value) for each in span.attributes},
        )
        for resource in batch.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
