"""Refuses what is too much, before it costs anything. Plain ASGI, so that streams stream."""

from collections import Counter
from typing import cast

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.callers import Caller, find_caller
from api.errors import respond_to
from api.limit_rules import find_rule, is_followed
from api.limits import Limiter, Verdict
from core.errors import TooMany
from core.security.tokens import TokenSigner
from core.settings import Settings

_VISITORS_SHARE = 8
"""Visitors who may follow answers at one address, for each stream that a person may have."""
_STREAMS_WAIT = 1
"""Seconds after which a stream that was refused may be tried again."""


class LimitMiddleware:
    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._limiter: Limiter | None = None
        self._streams: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        application = cast(FastAPI, scope["app"])
        caller = find_caller(scope, cast(TokenSigner, application.state.signer))
        rule = find_rule(scope["method"], scope["path"], caller, self._settings)
        if rule is None:
            await self._app(scope, receive, send)
            return
        verdict = await self._limiter_of(application).take(rule)
        send = _with_headers(send, verdict)
        if verdict.is_refused:
            await respond_to(Request(scope), _too_many(verdict))(scope, receive, send)
        elif is_followed(scope["method"], scope["path"]):
            await self._follow(caller, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _follow(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        """An answer that may be a stream: each holds a connection and a place among the readers until it ends."""
        owner = caller.person or caller.api_key or caller.address
        is_known = owner != caller.address
        most = self._settings.streams_per_user * (1 if is_known else _VISITORS_SHARE)
        if self._streams[owner] >= most:
            error = TooMany(
                "Too many answers are being followed at once. Wait until one of them has ended.",
                _STREAMS_WAIT,
                code="too_many_streams",
            )
            await respond_to(Request(scope), error)(scope, receive, send)
            return
        self._streams[owner] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams[owner] -= 1
            if not self._streams[owner]:
                del self._streams[owner]

    def _limiter_of(self, application: FastAPI) -> Limiter:
        if self._limiter is None:
            self._limiter = Limiter(application.state.running.redis, timeout=self._settings.counting_timeout)
        return self._limiter


def _too_many(verdict: Verdict) -> TooMany:
    return TooMany(
        f"Too many requests: {verdict.limit} in a minute are allowed here. Try again in {verdict.seconds} s.",
        verdict.seconds,
    )


def _with_headers(send: Send, verdict: Verdict) -> Send:
    told = [(name.lower().encode(), value.encode()) for name, value in verdict.headers.items()]

    names = {name for name, _ in told}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [header for header in message["headers"] if header[0] not in names] + told
        await send(message)

    return sending
