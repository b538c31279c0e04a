"""The bare proxy: Starlette passes the model's own SSE bytes on. The floor of what any server in Python costs.

python -m evals.bench.proxy PORT MODEL_BASE_URL
"""

import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


def create_app(base_url: str) -> Starlette:
    """The whole server.

    Args:
        base_url: an OpenAI-compatible server, with its ``/v1``.
    """
    client = httpx2.AsyncClient(base_url=base_url, limits=httpx2.Limits(max_connections=None))

    async def pass_on(message: str) -> AsyncIterator[bytes]:
        body = {"model": "fake", "stream": True, "messages": [{"role": "user", "content": message}]}
        async with client.stream("POST", "/chat/completions", json=body) as response:
            async for piece in response.aiter_raw():
                yield piece

    async def chat(request: Request) -> StreamingResponse:
        message: str = (await request.json())["message"]
        return StreamingResponse(pass_on(message), media_type="text/event-stream")

    async def health(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with client:
            yield

    routes = [Route("/health", health), Route("/chat", chat, methods=["POST"])]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning")
