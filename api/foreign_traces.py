"""Whose trace a request belongs to. A ``traceparent`` (W3C Trace Context) is believed of a trusted proxy alone: from
anybody else it would let strangers write into our traces, join those of others, and decide what is sampled. Of them it
is taken away, and the request begins a trace of its own.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from api.callers import Networks, is_trusted

_HEADERS = frozenset({b"traceparent", b"tracestate", b"baggage"})


class WithoutForeignTraces:
    """Outside of everything that reads headers."""

    def __init__(self, app: ASGIApp, trusted_proxies: Networks) -> None:
        self._app = app
        self._trusted = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_believed(scope):
            kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _HEADERS]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, send)

    def _is_believed(self, scope: Scope) -> bool:
        client = scope.get("client")
        return bool(client) and is_trusted(client[0], self._trusted)
