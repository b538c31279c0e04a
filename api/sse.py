"""Server-sent events of a turn."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from sse_starlette import EventSourceResponse, ServerSentEvent

from agent.event_log import LoggedEvent

PING_SECONDS = 15
SEND_TIMEOUT_SECONDS = 10
"""A reader that takes nothing for so long is let go; it may come back with Last-Event-ID."""


def stream(events: AsyncIterator[LoggedEvent], turn_id: str) -> EventSourceResponse:
    return EventSourceResponse(
        _encoded(events),
        ping=PING_SECONDS,
        send_timeout=SEND_TIMEOUT_SECONDS,
        headers={"X-Turn-ID": turn_id},
        sep="\n",
    )


async def _encoded(events: AsyncIterator[LoggedEvent]) -> AsyncIterator[ServerSentEvent]:
    async with aclosing(cast(Any, events)) as open_events:
        async for event in open_events:
            yield ServerSentEvent(event.data, event=event.name, id=str(event.id), sep="\n")
