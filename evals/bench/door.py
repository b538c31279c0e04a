"""What the door costs: CPU of a request with limits and hardening, beside the same request without.

    python -m evals.bench.door --json

One process, no sockets: requests go to the application as uvicorn hands them over, and the forms take turns, batch by
batch. `bare` has no middleware; `hardened` has names, bounds, headers and log; `limited` has limits besides, which a
real Redis counts. What is asked is a route that does nothing, with an access token and 300 bytes of JSON, so that what
a form adds is all that differs. CPU is this process's; Redis's own is told beside it.

`added_ms` is the median of what a batch took more than the bare batch before it, for each request.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import uuid4

import numpy as np
import orjson
import psutil
import typer
import uvloop
from fastapi import FastAPI, Request
from redis.asyncio import Redis
from starlette.types import ASGIApp, Message

from api.limit_middleware import LimitMiddleware
from api.middleware import RequestMiddleware
from core.clock import system_clock
from core.logging import configure_logging
from core.security.signing_keys import SigningKey, Trust
from core.security.tokens import AccountType, Identity, TokenSigner
from core.services import running_services
from core.settings import Settings

_BODY = orjson.dumps({"message": "x" * 280})
_MANY = 10**9
_RATES = ("rate_user", "rate_api_key", "rate_address", "rate_chat", "rate_admin", "rate_login", "rate_code")
_PATH = "/api/v1/chat"

app = typer.Typer(add_completion=False)


@app.command()
def door(
    batches: Annotated[int, typer.Option(min=2, help="Of each form.")] = 40,
    size: Annotated[int, typer.Option(min=1, help="Requests of a batch.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare a request that passes the door with one that does not."""
    configure_logging("ERROR")
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        settings = settings.model_copy(update=dict.fromkeys(_RATES, _MANY))
        with running_services(settings) as services:
            result = uvloop.run(_measure(settings, services.redis_url, batches, size))
    if as_json:
        typer.echo(orjson.dumps(result).decode())
    else:
        for name, figures in result["added_ms"].items():
            typer.echo(f"{name}: {figures:.3f} ms of CPU more for each request")


async def _measure(settings: Settings, redis_url: str, batches: int, size: int) -> dict[str, Any]:
    async with Redis.from_url(redis_url) as redis:
        server = psutil.Process((await redis.info("server"))["process_id"])
        forms = _make_forms(settings, redis)
        taken: dict[str, list[float]] = {name: [] for name in forms}
        redis_ms: dict[str, float] = dict.fromkeys(forms, 0.0)
        for _ in range(batches + 1):
            for name, form in forms.items():
                before, began = _cpu_of(server), time.process_time()
                for _ in range(size):
                    await _ask(form)
                taken[name].append((time.process_time() - began) * 1000 / size)
                redis_ms[name] += (_cpu_of(server) - before) * 1000
        bare = np.array(taken["bare"][1:])
        return {
            "batches": batches,
            "size": size,
            "median_ms": {name: float(np.median(each[1:])) for name, each in taken.items()},
            "added_ms": {
                name: float(np.median(np.array(each[1:]) - bare)) for name, each in taken.items() if name != "bare"
            },
            "redis_ms": {name: each / (size * (batches + 1)) for name, each in redis_ms.items()},
        }


def _make_forms(settings: Settings, redis: Redis) -> dict[str, Callable[[], Awaitable[int]]]:
    trust = Trust.of(SigningKey.make())
    signer = TokenSigner(lambda: trust, timedelta(days=1))
    token = signer.issue(Identity(uuid4(), AccountType.CUSTOMER, "customer"), datetime.now(UTC))
    inner = FastAPI()
    inner.state.signer = signer
    inner.state.clock = system_clock
    inner.state.running = SimpleNamespace(redis=redis)

    async def chat(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    inner.add_api_route(_PATH, chat, methods=["POST"])

    class _Inside:
        """Hands middleware the application, as Starlette does."""

        def __init__(self, wrapped: ASGIApp) -> None:
            self._wrapped = wrapped

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            scope["app"] = inner
            await self._wrapped(scope, receive, send)

    def form(application: ASGIApp) -> Callable[[], Awaitable[int]]:
        return lambda: _request(application, token)

    return {
        "bare": form(inner),
        "hardened": form(_Inside(RequestMiddleware(inner, settings=settings, larger={}))),
        "limited": form(
            _Inside(RequestMiddleware(LimitMiddleware(inner, settings=settings), settings=settings, larger={}))
        ),
    }


async def _ask(form: Callable[[], Awaitable[int]]) -> None:
    status = await form()
    if status != 200:
        raise RuntimeError(f"the request was answered with {status}")


async def _request(application: ASGIApp, token: str) -> int:
    headers = {
        "host": "127.0.0.1",
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "content-length": str(len(_BODY)),
        "user-agent": "door",
        "accept": "*/*",
    }
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": _BODY, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    await application(scope, receive, send)
    return status


def _cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    app()
