"""Spans in the form that OTLP sends (opentelemetry-proto 1.x). What is said again and again, such as the name of a
database or of a route, is made once; choosing and writing cost a good third of cleaning and the exporter's encoder.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.util.types import AttributeValue

Scope = tuple[str, str]
"""Name and version of what made a span."""

_REMEMBERED = 4_096
_LONGEST = 64
"""Characters of a text that is likely to come again."""
_FAILED = Status(code=Status.STATUS_CODE_ERROR)


def encode_span(
    name: str,
    *,
    trace_id: bytes,
    span_id: bytes,
    parent_id: bytes,
    attributes: Iterable[KeyValue],
    started: int,
    ended: int,
    kind: int = Span.SPAN_KIND_INTERNAL,
    has_failed: bool = False,
    flags: int = 0,
) -> Span:
    """``parent_id``: empty for a root. ``started``, ``ended``: nanoseconds since the epoch."""
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent_id,
        name=name,
        kind=kind,  # pyright: ignore[reportArgumentType]
        start_time_unix_nano=started,
        end_time_unix_nano=ended,
        attributes=attributes,
        status=_FAILED if has_failed else None,
        flags=flags,
    )


def encode_request(resource: Resource, spans: Iterable[tuple[Scope, Span]]) -> bytes:
    by_scope = groupby(sorted(spans, key=_scope), key=_scope)
    scopes = [
        ScopeSpans(scope=InstrumentationScope(name=name, version=version), spans=[span for _, span in group])
        for (name, version), group in by_scope
    ]
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=scopes)])
    return request.SerializeToString()


def encode_resource(about: Mapping[str, AttributeValue]) -> Resource:
    return Resource(attributes=[encode_pair(key, value) for key, value in about.items()])


def encode_pair(key: str, value: AttributeValue) -> KeyValue:
    """Figures and long texts seldom come again."""
    if (isinstance(value, str) and len(value) <= _LONGEST) or isinstance(value, bool):
        return _remembered(key, value)
    return KeyValue(key=key, value=_encode_value(value))


@lru_cache(_REMEMBERED, typed=True)
def _remembered(key: str, value: str | bool) -> KeyValue:
    return KeyValue(key=key, value=_encode_value(value))


def _encode_value(value: AttributeValue) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case _:
            return AnyValue(array_value=ArrayValue(values=[_encode_value(each) for each in value or ()]))


def _scope(scoped: tuple[Scope, Span]) -> Scope:
    return scoped[0]


class WireExporter(OTLPSpanExporter):
    """Takes whatever ``encode`` makes a request of, and leaves the library its address, headers, compression, time
    limit and second attempts."""

    encode: Callable[[Sequence[object]], bytes]

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        sent = not self._shutdown and self._client.export(self.encode(spans)).success
        return SpanExportResult.SUCCESS if sent else SpanExportResult.FAILURE
