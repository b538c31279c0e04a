"""MCP on ``/mcp``. What answers is loaded by the first request for it: the types of the protocol alone are half a
second of every start, and most who start the assistant never speak MCP."""

from asyncio import Event, Future, get_running_loop, shield, to_thread
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import create_task_group, sleep_forever
from fastapi import FastAPI, Request, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.scopes import AsksItself, public
from core.settings import Settings

if TYPE_CHECKING:
    from api.mcp_door import McpDoor

PATH = "/mcp"
METADATA_PATH = f"/.well-known/oauth-protected-resource{PATH}"
BROWSER_HEADERS = ("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name")
"""What a client in a browser sends besides the usual."""


class McpMount:
    """The door to MCP, from its first request on. Answers while ``run`` is entered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wanted = Event()

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        self._opened: Future[McpDoor] = get_running_loop().create_future()
        async with create_task_group() as group:
            group.start_soon(self._load_when_wanted)
            yield
            group.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = await self._door()
        await door(scope, receive, send)

    async def resource_metadata(self, request: Request) -> Response:
        """RFC 9728's page about PATH."""
        door = await self._door()
        return await door.resource_metadata(request)

    async def _door(self) -> "McpDoor":
        self._wanted.set()
        return await shield(self._opened)  # one caller who goes away takes it from nobody else

    async def _load_when_wanted(self) -> None:
        await self._wanted.wait()
        door = await to_thread(_load, self._settings)
        async with door.run():
            self._opened.set_result(door)
            await sleep_forever()


def _load(settings: Settings) -> "McpDoor":
    from api.mcp_door import McpDoor  # noqa: PLC0415

    return McpDoor(settings)


def mount_mcp(app: FastAPI, settings: Settings) -> McpMount:
    """Adds the routes. The application's lifespan must run what is returned, once."""
    mount = McpMount(settings)
    # POST alone: without sessions there is no stream to GET and nothing to DELETE.
    app.router.routes += [_NamedRoute(path, mount, methods=["POST"]) for path in (PATH, f"{PATH}/")]
    app.add_api_route(
        METADATA_PATH,
        mount.resource_metadata,
        response_model=None,
        include_in_schema=False,
        dependencies=[public("how to send a token (RFC 9728)")],
    )
    return mount


class _NamedRoute(Route):
    """Tells the log which route it is, as FastAPI's own do."""

    declares = AsksItself("the door asks who calls, and each tool for its permission")

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self
        await super().handle(scope, receive, send)
