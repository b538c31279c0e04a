"""Spans of the calls that our HTTP clients make: to models, webhooks, login providers. Without path and query, which
may name somebody; and nothing about the trace is told to who is called.
"""

from types import SimpleNamespace

import aiohttp
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider

from core.telemetry.spans import SCOPE
from core.version import VERSION


def make_trace_config(provider: TracerProvider) -> aiohttp.TraceConfig:
    """For ``aiohttp.ClientSession``. A span lasts until the answer's head is there."""
    tracer = provider.get_tracer(SCOPE, VERSION)
    config = aiohttp.TraceConfig()
    config.on_request_start.append(_Start(tracer))
    config.on_request_end.append(_end)
    config.on_request_exception.append(_fail)
    return config


class _Start:
    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    async def __call__(
        self, _client: aiohttp.ClientSession, context: SimpleNamespace, request: aiohttp.TraceRequestStartParams
    ) -> None:
        attributes = {
            "http.request.method": request.method,
            "server.address": request.url.host or "",
            "server.port": request.url.port or 0,
            "url.scheme": request.url.scheme,
        }
        context.span = self._tracer.start_span(request.method, kind=SpanKind.CLIENT, attributes=attributes)


async def _end(
    _client: aiohttp.ClientSession, context: SimpleNamespace, request: aiohttp.TraceRequestEndParams
) -> None:
    span: Span = context.span
    span.set_attribute("http.response.status_code", request.response.status)
    if request.response.status >= 400:
        span.set_status(StatusCode.ERROR)
    span.end()


async def _fail(
    _client: aiohttp.ClientSession, context: SimpleNamespace, request: aiohttp.TraceRequestExceptionParams
) -> None:
    span: Span = context.span
    span.set_attribute("error.type", type(request.exception).__name__)
    span.set_status(StatusCode.ERROR)
    span.end()
