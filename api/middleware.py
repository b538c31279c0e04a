"""What every request passes first: the client's own address, a name that is ours, bounds of size and time, a request
id, security headers, a line in the log. Plain ASGI, so that streams stream.
"""

import asyncio
import sys
from collections.abc import Mapping
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import guarded_receive
from api.callers import settle_client
from api.counts import count_request, known_method
from api.errors import respond_to
from api.headers import find_header
from api.hosts import list_hosts
from api.security_headers import add_security_headers
from core.errors import CallerError, TellergraphError, Unavailable
from core.logging import get_logger
from core.origin import ORIGIN, Origin
from core.settings import Settings

if TYPE_CHECKING:
    from core.telemetry.incoming_spans import Incoming, IncomingSpans

_log = get_logger(__name__)

_QUIET = ("/health", "/metrics", "/static/")
_UNWATCHED = (*_QUIET, "/api/health")
"""Requests that are no spans."""
_OF_TRACES = (b"traceparent", b"tracestate")
"""Only of whom they are believed is left of them here (foreign_traces.py)."""
_NO_ROUTE = "(no route)"
_ANY_NAME = ("/health", "/api/health", "/metrics")
"""Asked under the machine's address by those who watch it."""


class OtherHost(CallerError):
    code = "other_host"
    status = HTTPStatus.MISDIRECTED_REQUEST


class RequestMiddleware:
    def __init__(
        self, app: ASGIApp, *, settings: Settings, larger: Mapping[str, int], spans: "IncomingSpans | None" = None
    ) -> None:
        """Args:
        larger: what addresses take that take more.
        spans: None: traces are off.
        """
        self._app = app
        self._spans = spans
        self._settings = settings
        self._larger = larger
        self._hosts = list_hosts(settings)
        self._patience = settings.request_timeout.total_seconds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settle_client(scope, self._settings.trusted_proxies)
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        client = scope.get("client")
        ORIGIN.set(Origin.of(request_id, client[0] if client else None, find_header(scope, b"user-agent")))
        started, status, begun = perf_counter(), 500, None
        span = self._begin_span(scope)

        async def send_with_headers(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], perf_counter()
                add_security_headers(message, scope)
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            if self._is_ours(scope):
                await self._answer_in_time(scope, self._guarded(scope, receive), send_with_headers)
            else:
                await _refuse(scope, send_with_headers, _other_host())
        finally:
            method, route = known_method(scope["method"]), _template(scope)
            count_request(method, route, status, (begun or perf_counter()) - started)
            if span:
                span.end(None if route == _NO_ROUTE else route, status, sys.exception())
            if not scope["path"].startswith(_QUIET):
                _log.info(
                    "request",
                    method=method,
                    route=route,
                    status=status,
                    duration=round((perf_counter() - started) * 1e9),
                )
            structlog.contextvars.clear_contextvars()

    def _begin_span(self, scope: Scope) -> "Incoming | None":
        if self._spans is None or scope["path"].startswith(_UNWATCHED):
            return None
        method = known_method(scope["method"])
        address, port = scope.get("server") or (None, None)
        about = {
            "http.request.method": method,
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
            "server.address": address,
            "server.port": port,
        }
        headers = ((name.decode(), find_header(scope, name)) for name in _OF_TRACES)
        return self._spans.begin(method, about, {name: value for name, value in headers if value})

    async def _answer_in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An answer that has begun may take as long as it needs."""
        has_begun = False
        deadline = asyncio.timeout(self._patience)
        try:
            async with deadline:

                async def send_and_go_on(message: Message) -> None:
                    nonlocal has_begun
                    if not has_begun:
                        has_begun = True
                        deadline.reschedule(None)
                    await send(message)

                await self._app(scope, receive, send_and_go_on)
        except TimeoutError:
            if has_begun or not deadline.expired():
                raise
            _log.exception("request_took_too_long", route=_template(scope))
            await _refuse(scope, send, Unavailable("This takes too long just now. Please try again.", code="too_slow"))

    def _guarded(self, scope: Scope, receive: Receive) -> Receive:
        limit = self._larger.get(scope["path"], self._settings.max_body_bytes)
        return guarded_receive(scope, receive, limit=limit, patience=self._settings.body_timeout)

    def _is_ours(self, scope: Scope) -> bool:
        return scope["path"].startswith(_ANY_NAME) or self._hosts.answer_to(find_header(scope, b"host") or "")


async def _refuse(scope: Scope, send: Send, error: TellergraphError) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await respond_to(Request(scope), error)(scope, receive, send)


def _other_host() -> OtherHost:
    return OtherHost(
        "This server does not answer under that name. Its operator can add it to TELLERGRAPH_TRUSTED_HOSTS."
    )


def _template(scope: Scope) -> str:
    """The path with names for its parts: a visitor's session id is the key to the conversation, and not for logs."""
    # Of a router that is included under a prefix, FastAPI keeps the route as it was, and this beside it.
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    if route is not None:
        return str(route.path)
    mounted: str = scope.get("root_path", "")
    return f"{mounted}/*" if mounted else _NO_ROUTE
