"""Sends spans over OTLP, with what they may say (cleaning.py)."""

from collections.abc import Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind

from core.telemetry.cleaning import may_leave
from core.telemetry.recording import Recorded
from core.telemetry.seldom import Seldom
from core.telemetry.wire import Wire, encode_pair, encode_request, encode_resource, encode_span

_KINDS = {kind: 1 + kind.value for kind in SpanKind}
"""By the API's, which counts from 0 where OTLP does from 1."""
_KNOWN, _REMOTE = 0x100, 0x200
"""Flags of a span: whether its parent is remote is known, and it is (SpanFlags of trace.proto)."""
_failed = Seldom("traces_not_sent")


class TraceSender:
    """What cannot be sent is told in the log once a minute."""

    def __init__(self, resource: Resource, endpoint: str | None) -> None:
        """``endpoint``: None for what the environment says."""
        self._wire = Wire(endpoint=endpoint)
        self._about = encode_resource(resource.attributes)

    def send(self, spans: Sequence[Recorded]) -> None:
        if not self._wire.send(encode(self._about, spans)):
            _failed.warn(spans=len(spans), hint="is the collector of OTEL_EXPORTER_OTLP_ENDPOINT there?")

    def end(self) -> None:
        """What is being sent is given up."""
        self._wire.shutdown()


def encode(about: bytes, spans: Sequence[Recorded]) -> bytes:
    """``about``: who sends them."""
    return encode_request(about, [(span.scope, _encoded(span)) for span in spans])


def _encoded(span: Recorded) -> bytes:
    return encode_span(
        span.name,
        trace_id=span.trace_id.to_bytes(16, "big"),
        span_id=span.span_id.to_bytes(8, "big"),
        parent_id=span.parent_id.to_bytes(8, "big") if span.parent_id else b"",
        attributes=[encode_pair(key, value) for key, value in span.attributes.items() if may_leave(key)],
        started=span.started,
        ended=span.ended or span.started,
        kind=_KINDS[span.kind],
        has_failed=span.has_failed,
        flags=_KNOWN | _REMOTE if span.is_from_afar else _KNOWN,
    )
