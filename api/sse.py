"""Server-sent events of a turn."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, cast

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent.event_log import LoggedEvent

PING_SECONDS = 15
SHUTDOWN_SECONDS = 9
"""A little more than a turn may go on when the server stops."""
SEND_TIMEOUT_SECONDS = 10
"""A reader that takes nothing for so long is let go; it may come back with Last-Event-ID."""


def stream(
    events: AsyncIterator[LoggedEvent], turn_id: str, *, on_shutdown: Callable[[], Awaitable[None]]
) -> EventSourceResponse:
    """A turn's events as they are."""
    return respond(_encoded(events), {"X-Turn-ID": turn_id}, on_shutdown=on_shutdown)


def respond(
    frames: AsyncGenerator[ServerSentEvent], headers: dict[str, str], *, on_shutdown: Callable[[], Awaitable[None]]
) -> EventSourceResponse:
    """``on_shutdown`` is called when the server stops, and brings the turn to its end while the stream is open."""
    stopping = anyio.Event()
    return EventSourceResponse(
        _until_stopped(frames, stopping, on_shutdown),
        ping=PING_SECONDS,
        send_timeout=SEND_TIMEOUT_SECONDS,
        headers=headers,
        sep="\n",
        shutdown_event=stopping,
        shutdown_grace_period=SHUTDOWN_SECONDS,
    )


async def _encoded(events: AsyncIterator[LoggedEvent]) -> AsyncGenerator[ServerSentEvent]:
    async with closing(events) as open_events:
        async for event in open_events:
            yield ServerSentEvent(event.data, event=event.name, id=str(event.id), sep="\n")


def closing(events: AsyncIterator[LoggedEvent]) -> AbstractAsyncContextManager[AsyncIterator[LoggedEvent]]:
    """Closes them when their reader leaves early."""
    return aclosing(cast(Any, events))


async def _until_stopped(
    frames: AsyncGenerator[ServerSentEvent], stopping: anyio.Event, on_shutdown: Callable[[], Awaitable[None]]
) -> AsyncIterator[ServerSentEvent]:
    async def end_turns() -> None:
        await stopping.wait()
        await on_shutdown()

    ender = asyncio.create_task(end_turns())
    try:
        async with aclosing(frames):
            async for frame in frames:
                yield frame
    finally:
        ender.cancel()
