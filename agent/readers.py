"""Who reads the events of a turn: wherever it runs, from any event on, and to an end even where its worker is gone."""

from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from uuid import UUID

from redis.exceptions import RedisError

from agent.conversations import Conversations
from agent.event_log import EventLog, LoggedEvent, follow
from agent.events import Done, Event, Failed
from core.clock import Clock
from core.db.database import Scope
from core.errors import TellergraphError, Unavailable
from core.logging import get_logger
from core.telemetry.pseudonyms import Pseudonyms

MOST_READERS = 1_024
"""At once in one process; each holds a connection to Redis."""
_READ_WAIT = timedelta(seconds=2)

_log = get_logger(__name__)


class Readers:
    def __init__(
        self,
        events: EventLog,
        conversations: Conversations,
        clock: Clock,
        pseudonyms: Pseudonyms,
        running: Collection[UUID],
    ) -> None:
        """``running``: the turns of this process, as they are at each look."""
        self._events = events
        self._conversations = conversations
        self._clock = clock
        self._pseudonyms = pseudonyms
        self._running = running
        self._count = 0

    def follow(self, turn_id: UUID, after: int, scope: Scope) -> AsyncIterator[LoggedEvent]:
        """The turn's events after number ``after``, until the last. The caller checked that ``scope`` may see it.

        Ends with an ``error`` event of its own when the stream cannot be read or its worker is gone.

        Raises:
            Unavailable: too many readers.
        """
        if self._count >= MOST_READERS:
            raise Unavailable("We are very busy just now. Please try again in a moment.", code="busy")
        return self._follow(turn_id, after, scope)

    async def is_over(self, turn_id: UUID, after: int) -> bool:
        """Whether a reader who has event number ``after`` has the last one. False when the stream cannot be read:
        ``follow`` says so in an event."""
        try:
            return await self._events.is_over(turn_id, after)
        except (RedisError, OSError):
            return False

    async def _follow(self, turn_id: UUID, after: int, scope: Scope) -> AsyncIterator[LoggedEvent]:
        self._count += 1
        try:
            async for event in self._read(turn_id, after, scope):
                yield event
        finally:
            self._count -= 1

    async def _read(self, turn_id: UUID, after: int, scope: Scope) -> AsyncIterator[LoggedEvent]:
        last = after
        try:
            async for event in follow(self._events, turn_id, after, _READ_WAIT):
                if event is not None:
                    last = event.id
                    yield event
                elif turn_id not in self._running and (ending := await self._find_ending(turn_id, scope)):
                    yield LoggedEvent.of(last + 1, ending)
                    return
        except (RedisError, OSError, TellergraphError):
            _log.warning("stream_lost", turn=self._pseudonyms.trace_id(turn_id), exc_info=True)
            yield LoggedEvent.of(
                last + 1,
                Failed(code=Unavailable.code, message="The connection to our service was lost. Please try again."),
            )

    async def _find_ending(self, turn_id: UUID, scope: Scope) -> Event | None:
        """The ending of a turn whose events are gone, or whose worker is; None while it is still running."""
        turn = await self._conversations.get_turn(turn_id, scope)
        if turn.outcome:
            kind = Failed if turn.status == "failed" else Done
            return kind.model_validate(turn.outcome)
        if turn.status == "running" and turn.lease_expires_at > self._clock():
            return None
        return Failed(code="turn_lost", message="The answer was interrupted. Please ask again.")
