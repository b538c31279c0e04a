"""A collector on loopback: takes what is sent over OTLP with HTTP, decodes the protobuf, keeps the raw bytes too."""

import gzip
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_SUFFIX = "/v1/traces"


@dataclass(frozen=True, slots=True)
class Received:
    """A request. ``body`` as it was before it was compressed."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    """Empty: it is a root."""
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    status: str
    scope: str
    """Of the instrumentation that made it."""
    resource: dict[str, Any]
    start: int
    end: int
    """Nanoseconds."""


@dataclass
class OtlpReceiver:
    url: str = ""
    """The base, as OTEL_EXPORTER_OTLP_ENDPOINT has it."""
    answer: int = 200
    """What every request is answered with."""
    gate: Event = field(default_factory=Event)
    """Requests wait for it: clear it for a collector that does not answer."""
    asked: Event = field(default_factory=Event)
    """Set by the first request."""
    requests: list[Received] = field(default_factory=list[Received])

    @property
    def spans(self) -> list[ReceivedSpan]:
        bodies = [each.body for each in list(self.requests) if each.path.endswith(_SUFFIX)]
        return [span for body in bodies for span in decode(body)]

    @property
    def raw(self) -> bytes:
        return b"\n".join(each.body for each in list(self.requests))

    def trace(self, trace_id: str) -> list[ReceivedSpan]:
        """In the order of their starts."""
        return sorted((span for span in self.spans if span.trace_id == trace_id), key=lambda span: span.start)


def decode(body: bytes) -> list[ReceivedSpan]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        _read(span, scope.scope.name, _attributes(resource.resource.attributes))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@contextmanager
def otlp_receiver() -> Generator[OtlpReceiver]:
    receiver = OtlpReceiver()
    receiver.gate.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.asked.set()
            receiver.gate.wait()
            if receiver.answer == 200:
                receiver.requests.append(Received(self.path, dict(self.headers), body))
            self.send_response(receiver.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, name="collector", kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield receiver
    finally:
        receiver.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _read(span: Span, scope: str, resource: dict[str, Any]) -> ReceivedSpan:
    return ReceivedSpan(
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_attributes(span.attributes),
        events=[(event.name, _attributes(event.attributes)) for event in span.events],
        status={0: "unset", 1: "ok", 2: "error"}[span.status.code],
        scope=scope,
        resource=resource,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
    )


def _attributes(pairs: Sequence[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
