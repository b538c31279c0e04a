"""What every request passes: a request id, a limit of its size, security headers, a line in the log. Plain ASGI, so
that streams stream.
"""

from collections.abc import Mapping
from http import HTTPStatus
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.logging import get_logger
from core.origin import ORIGIN, Origin

_log = get_logger(__name__)

_QUIET = ("/health", "/metrics", "/static/")
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class RequestMiddleware:
    def __init__(self, app: ASGIApp, *, max_body_bytes: int, larger: Mapping[str, int]) -> None:
        """``larger``: what addresses take that take more."""
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        client = scope.get("client")
        ORIGIN.set(Origin.of(request_id, client[0] if client else None, Headers(scope=scope).get("user-agent")))
        started, status, received = perf_counter(), 500, 0
        declared = Headers(scope=scope).get("content-length", "0")
        limit = self._larger.get(scope["path"], self._max_body_bytes)
        is_too_large = not declared.isdecimal() or int(declared) > limit

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if is_too_large or received > limit:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive_within_limit, send_with_headers)
        finally:
            if not scope["path"].startswith(_QUIET):
                _log.info(
                    "request",
                    method=scope["method"],
                    path=_template(scope),
                    status=status,
                    ms=round((perf_counter() - started) * 1000, 1),
                )
            structlog.contextvars.clear_contextvars()


def _template(scope: Scope) -> str:
    """The path with names for its parts: a visitor's session id is the key to the conversation, and not for logs."""
    return str(getattr(scope.get("route"), "path", "(no route)"))
