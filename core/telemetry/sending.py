"""Sends spans over OTLP, with what they may say (cleaning.py)."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind

from core.telemetry.cleaning import may_leave
from core.telemetry.recording import Recorded
from core.telemetry.seldom import Seldom
from core.telemetry.wire import WireExporter, encode_pair, encode_request, encode_resource, encode_span

_KINDS = {kind: trace_pb2.Span.SpanKind.Value(f"SPAN_KIND_{kind.name}") for kind in SpanKind}
_failed = Seldom("traces_not_sent")


class TraceExporter(WireExporter):
    """One that fails is told in the log once a minute."""

    def __init__(self, resource: Resource, endpoint: str | None) -> None:
        """``endpoint``: None for what the environment says."""
        super().__init__(endpoint=endpoint)
        self.encode = cast("Any", partial(encode, encode_resource(resource.attributes)))

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        if result is not SpanExportResult.SUCCESS:
            _failed.warn(spans=len(spans), hint="is the collector of OTEL_EXPORTER_OTLP_ENDPOINT there?")
        return result


def encode(about: resource_pb2.Resource, spans: Sequence[Recorded]) -> bytes:
    """``about``: who sends them."""
    return encode_request(about, [(span.scope, _encoded(span)) for span in spans])


def _encoded(span: Recorded) -> trace_pb2.Span:
    return encode_span(
        span.name,
        trace_id=span.context.trace_id.to_bytes(16, "big"),
        span_id=span.context.span_id.to_bytes(8, "big"),
        parent_id=span.parent.span_id.to_bytes(8, "big") if span.parent else b"",
        attributes=[encode_pair(key, value) for key, value in span.attributes.items() if may_leave(key)],
        started=span.started,
        ended=span.ended or span.started,
        kind=_KINDS[span.kind],
        has_failed=span.has_failed,
        flags=_flags(span.parent),
    )


def _flags(parent: SpanContext | None) -> int:
    known = trace_pb2.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
    return known | trace_pb2.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK if parent and parent.is_remote else known
