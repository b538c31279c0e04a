"""The span of a request that is answered here, in which everything stands that is done for it. FastAPI's own one wraps
what the request reads and sends, and sets OpenTelemetry's context three times: half a millisecond.
"""

from collections.abc import Mapping
from http import HTTPStatus

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from core.telemetry.recording import CURRENT
from core.telemetry.spans import SCOPE
from core.version import VERSION

_PROPAGATOR = TraceContextTextMapPropagator()
_NOBODYS = Context()


class Incoming:
    """From ``begin`` to ``end`` in the same task."""

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method
        self._before = CURRENT.set(span)

    def end(self, route: str | None, status: int, error: BaseException | None) -> None:
        """``route``: its template; None: none was found."""
        CURRENT.reset(self._before)
        if route:
            self._span.update_name(f"{self._method} {route}")
            self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._span.set_attribute("error.type", type(error).__name__ if error else str(status))
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class IncomingSpans:
    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer(SCOPE, VERSION)

    def begin(
        self, method: str, about: Mapping[str, AttributeValue | None], trace: Mapping[str, str] | None = None
    ) -> Incoming:
        """Args:
        method: a known one.
        about: what is known of it, by OpenTelemetry's names.
        trace: headers of whoever may say which trace it belongs to.
        """
        attributes = {name: value for name, value in about.items() if value is not None}
        above = _PROPAGATOR.extract(trace, _NOBODYS) if trace else _NOBODYS
        return Incoming(self._tracer.start_span(method, above, SpanKind.SERVER, attributes), method)
