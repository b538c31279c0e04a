"""A bank that says exactly what a test tells it to, in the protocol of the real one.

It exists for what the real server cannot be made to do: connections that drop in mid-stream, chunks cut anywhere,
hostile text in tokens, error events, an expired token. Everything else is tested against the real server.
"""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from api.security_headers import PAGE_POLICY

STATIC = Path(__file__).parents[2] / "api" / "static"
CSP = PAGE_POLICY
EMAIL, PASSWORD, NAME = "alex@demo.example", "demo-alex-1", "Alex Demo"


class Drop:
    """The connection breaks here: no last chunk, no end of the body. The browser may lose what it has not read yet, so
    a test that counts events puts a Gate before it."""


@dataclass
class Gate:
    """The stream waits here until the test lets it go on."""

    opened: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        self.opened.set()


@dataclass(frozen=True)
class Refusal:
    """An HTTP error instead of a stream."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


Step = bytes | Drop | Gate
Script = Sequence[Step] | Refusal


def event(name: str, content: dict[str, Any], number: int | None = None, end: str = "\r\n") -> bytes:
    """One event on the wire, with its id when ``number`` is given and the line end that the server would use."""
    lines = [] if number is None else [f"id: {number}"]
    lines += [f"event: {name}", f"data: {json.dumps(content, ensure_ascii=False)}", "", ""]
    return end.join(lines).encode()


def turn(*events: tuple[str, dict[str, Any]], turn_id: str = "turn-1", first: int = 1) -> list[bytes]:
    """A whole turn: `turn`, then ``events``, with dense ids from ``first``."""
    start = ("turn", {"turn_id": turn_id, "session_id": "session-1"})
    return [event(name, content, number) for number, (name, content) in enumerate([start, *events], first)]


def answer(text: str, **rest: Any) -> list[tuple[str, dict[str, Any]]]:
    """The events of a plain answer, a word at a time."""
    words = [("token", {"text": word}) for word in text.replace(" ", " \0").split("\0")]
    return [*words, ("done", {"answer": text, "suggested_next_steps": [], **rest})]


@dataclass
class ScriptedBank:
    """What to say and what was asked: the next request to an endpoint gets its next script."""

    base_url: str
    demo: bool = True
    chats: list[Script] = field(default_factory=list)
    resumes: list[Script] = field(default_factory=list)
    confirms: list[Script] = field(default_factory=list)
    entries: list[Refusal] = field(default_factory=list)
    """What stands between the right password, or another provider's account, and being in."""
    providers: list[dict[str, str]] = field(default_factory=list)
    renewals: int = 0
    """How often a login may still be renewed."""
    sessions: list[dict[str, Any]] = field(default_factory=list)
    histories: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    def reset(self) -> None:
        fresh = ScriptedBank(self.base_url)
        self.__dict__.update(fresh.__dict__)

    def asked(self, path_part: str) -> list[tuple[str, str, dict[str, str], Any]]:
        """The requests (method, path, headers, body) whose path contains ``path_part``."""
        return [request for request in self.requests if path_part in request[1]]


class _Stream(Response):
    """Plays a script as an event stream; a Drop leaves the body unfinished, so the server cuts the connection."""

    def __init__(self, steps: Sequence[Step], turn_id: str) -> None:
        super().__init__(headers={"Content-Type": "text/event-stream", "X-Turn-ID": turn_id})
        del self.headers["content-length"]
        self._steps = steps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in self._chunks():
            if chunk is None:
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self) -> AsyncIterator[bytes | None]:
        for step in self._steps:
            if isinstance(step, Drop):
                yield None
            elif isinstance(step, Gate):
                await asyncio.to_thread(step.opened.wait, 30)
            else:
                yield step
                # Gives the socket its turn, so that one step is one chunk for the browser.
                await asyncio.sleep(0)


def _envelope(refusal: Refusal) -> Response:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message, "details": refusal.details}
    return JSONResponse({"success": False, "error": error}, refusal.status, refusal.headers)


def _success(content: dict[str, Any]) -> Response:
    return JSONResponse({"success": True, "data": content})


_WAYS_IN = ("login/totp", "oidc/finish", "oidc/link", "oidc/register")
_NOT_FOUND = Refusal(404, "not_found", "We could not find that.")


class _Routes:
    def __init__(self, bank: ScriptedBank) -> None:
        self._bank = bank

    async def _note(self, request: Request) -> Any:
        body = await request.body()
        content = json.loads(body) if body else None
        self._bank.requests.append((request.method, request.url.path, dict(request.headers), content))
        return content

    async def page(self, _: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def entry(self, _: Request) -> Response:
        return FileResponse(STATIC / "widget.js")

    async def host_page(self, _: Request) -> Response:
        return HTMLResponse(
            '<!doctype html><html lang="en"><title>Shop</title><body><h1>A page of ours</h1>'
            '<script type="module" src="/widget.js"></script></body></html>'
        )

    async def article(self, _: Request) -> Response:
        return FileResponse(Path(__file__).with_name("article.html"))

    async def login(self, request: Request) -> Response:
        content = await self._note(request)
        if content != {"email": EMAIL, "password": PASSWORD}:
            return _envelope(Refusal(401, "unauthorized", "The email or the password is not right."))
        return self._let_in()

    async def enter(self, request: Request) -> Response:
        await self._note(request)
        return self._let_in()

    async def others(self, request: Request) -> Response:
        await self._note(request)
        return _success({"providers": self._bank.providers})

    async def come_back(self, _: Request) -> Response:
        return RedirectResponse("/?login=oidc", 303)

    def _let_in(self) -> Response:
        if self._bank.entries:
            return _envelope(self._bank.entries.pop(0))
        customer = {"id": "customer-1", "name": NAME, "email": EMAIL}
        return _success({"access_token": "token-1", "token_type": "bearer", "expires_in": 900, "customer": customer})

    async def refresh(self, request: Request) -> Response:
        await self._note(request)
        if not self._bank.renewals:
            return _envelope(Refusal(401, "invalid_refresh_token", "Your session has ended."))
        self._bank.renewals -= 1
        customer = {"id": "customer-1", "name": NAME, "email": EMAIL}
        return _success({"access_token": "token-2", "token_type": "bearer", "expires_in": 900, "customer": customer})

    async def logout(self, request: Request) -> Response:
        await self._note(request)
        return _success({"logged_out": True, "sessions": 1})

    async def demo(self, request: Request) -> Response:
        await self._note(request)
        logins = [
            {"email": EMAIL, "password": PASSWORD, "name": NAME},
            {"email": "blair@demo.example", "password": "demo-blair-1", "name": "Blair Demo"},
        ]
        shown = {"logins": logins, "keeps_messages": True}
        return _success(shown) if self._bank.demo else _envelope(_NOT_FOUND)

    async def outbox(self, request: Request) -> Response:
        await self._note(request)
        sent = {"text": "Pay Maria Lopez.", "code": "482913", "sent_at": "2026-11-21T12:00:00Z", "operation_id": "op-1"}
        return _success({"messages": [sent]})

    async def sessions(self, request: Request) -> Response:
        await self._note(request)
        return _success({"sessions": self._bank.sessions})

    async def history(self, request: Request) -> Response:
        await self._note(request)
        session_id = request.path_params["session_id"]
        if request.method == "DELETE":
            self._bank.sessions = [each for each in self._bank.sessions if each["session_id"] != session_id]
            return _success({"deleted": True})
        return _success({"messages": self._bank.histories[session_id]})

    async def chat(self, request: Request) -> Response:
        return await self._play(request, self._bank.chats, "turn-1")

    async def resume(self, request: Request) -> Response:
        return await self._play(request, self._bank.resumes, request.path_params["turn_id"])

    async def confirm(self, request: Request) -> Response:
        return await self._play(request, self._bank.confirms, "turn-2")

    async def _play(self, request: Request, scripts: list[Script], turn_id: str) -> Response:
        await self._note(request)
        script = scripts.pop(0)
        return _envelope(script) if isinstance(script, Refusal) else _Stream(script, turn_id)


def _app(bank: ScriptedBank) -> Starlette:
    on = _Routes(bank)
    routes = [
        Route("/", on.page),
        Route("/widget.js", on.entry),
        Route("/host-page", on.host_page),
        Route("/help/{article}", on.article),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/api/v1/auth/login", on.login, methods=["POST"]),
        *(Route(f"/api/v1/auth/{way}", on.enter, methods=["POST"]) for way in _WAYS_IN),
        Route("/api/v1/auth/oidc", on.others),
        Route("/api/v1/auth/oidc/one/login", on.come_back),
        Route("/api/v1/auth/refresh", on.refresh, methods=["POST"]),
        Route("/api/v1/auth/logout", on.logout, methods=["POST"]),
        Route("/api/v1/demo", on.demo),
        Route("/api/v1/demo/outbox", on.outbox),
        Route("/api/v1/sessions", on.sessions),
        Route("/api/v1/chat/stream", on.chat, methods=["POST"]),
        Route("/api/v1/chat/turns/{turn_id}/events", on.resume),
        Route("/api/v1/chat/turns/{turn_id}/confirm", on.confirm, methods=["POST"]),
        Route("/api/v1/chat/history/{session_id}", on.history, methods=["GET", "DELETE"]),
    ]
    return Starlette(routes=routes)


class _WithPolicy:
    """Adds the content security policy of the real server to every response."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", CSP.encode())]
            await send(message)

        await self._app(scope, receive, with_policy)


@contextmanager
def serve_scripted_bank() -> Generator[ScriptedBank]:
    """Serves in a thread of its own on a free port; requests that come before it is up wait in the socket's queue."""
    listener = socket.create_server(("127.0.0.1", 0))
    bank = ScriptedBank(f"http://127.0.0.1:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        _WithPolicy(_app(bank)), lifespan="off", ws="none", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield bank
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
