"""Sends spans over OTLP, with what they may say (cleaning.py)."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind

from core.telemetry.cleaning import may_leave
from core.telemetry.recording import Recorded
from core.telemetry.seldom import Seldom
from core.telemetry.wire import WireExporter, encode_pair, encode_request, encode_resource, encode_span

_KINDS = {kind: 1 + kind.value for kind in SpanKind}
"""By the API's, which counts from 0 where OTLP does from 1."""
_KNOWN, _REMOTE = 0x100, 0x200
"""Flags of a span: whether its parent is remote is known, and it is (SpanFlags of trace.proto)."""
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


def encode(about: bytes, spans: Sequence[Recorded]) -> bytes:
    """``about``: who sends them."""
    return encode_request(about, [(span.scope, _encoded(span)) for span in spans])


def _encoded(span: Recorded) -> bytes:
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
    return _KNOWN | _REMOTE if parent and parent.is_remote else _KNOWN
