"""The one way into the assistant: starts turns and follows their events. SSE, JSON and the command line all come here.

A turn runs apart from the request that asked for it. It ends by saving what was said and its outcome in one
transaction, frees the session, and only then sends its last event; a reader may come, go and come back.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command
from redis.exceptions import RedisError
from structlog.contextvars import bind_contextvars

from agent.conversations import Conversations, TurnKey
from agent.counts import TurnWatch, count_conversation
from agent.endings import CANNOT_ANSWER, ending_of, find_confirmation, find_proposed, masked, told
from agent.event_log import EventLog, LoggedEvent, Publisher
from agent.events import Done, Event, Failed, TurnStarted
from agent.graph import build_graph, config_of
from agent.models.fencing.details import OwnDetails
from agent.parts import Parts
from agent.readers import Readers
from agent.replay.record import keep
from agent.state import TURN_DEFAULTS, Resolution, State, Turn
from agent.storing import as_stored
from agent.turn_facts import facts_at_begin, facts_of_ending, texts_of
from agent.whose import key_of, must_stay, payer_of, scope_of
from core.clock import Clock
from core.db.database import Scope
from core.db.refusals import translated_errors
from core.errors import Conflict, NotFound, ProviderBusy, Refused, TellergraphError, Unavailable
from core.logging import get_logger
from core.security.pii import ALL, Placeholders, mask
from core.security.tokens import Identity
from core.telemetry.observing import Kind, Observation, current_observation, observe
from core.telemetry.pseudonyms import Pseudonyms
from tools.operations import Decision, Slip, confirm, is_waiting
from tools.registry import InitiatedBy, ToolContext

_log = get_logger(__name__)

_MOST_TURNS = 256
"""Turns at once in one process; further ones are asked to come back."""
_DRAIN = timedelta(seconds=6)
"""How long turns may go on when the server stops."""
_STOPPING = Failed(code="turn_lost", message="The server is stopping. Please ask again in a moment.")
_OUR_FAULT = Failed(code="internal_error", message="Something went wrong on our side. Please try again.")

GraphInput = State | Command[Any]


@dataclass(frozen=True, slots=True)
class Started:
    turn_id: UUID
    session_id: UUID


class Assistant:
    """One for each process."""

    def __init__(
        self,
        *,
        parts: Parts,
        checkpoints: BaseCheckpointSaver[Any],
        conversations: Conversations,
        events: EventLog,
        clock: Clock,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._parts = parts
        self._checkpoints = checkpoints
        self._graph = build_graph(checkpoints)
        self._conversations = conversations
        self._events = events
        self._clock = clock
        self._pseudonyms = pseudonyms
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._readers = Readers(events, conversations, clock, pseudonyms, self._running.keys())
        self._unended: set[UUID] = set()
        """Turns that are over, though the database could not be told."""

    @property
    def active_turns(self) -> list[UUID]:
        return list(self._running)

    async def ask(
        self,
        message: str,
        *,
        identity: Identity | None,
        session_id: UUID | None,
        initiated_by: InitiatedBy = "chat",
    ) -> Started:
        """Starts a turn. A typed yes approves what waits only where ``initiated_by`` is ``chat``.

        Raises:
            NotFound: the session is not the caller's.
            Conflict: another turn of the session is running.
            Unavailable: too many turns, or the database is away.
            ProviderBusy: no model of the chain can answer for now.
        """
        if wait := self._parts.models.unavailable_for():
            raise ProviderBusy(CANNOT_ANSWER, wait)
        key = key_of(identity, session_id)
        title = mask(message, Placeholders(), ALL) if session_id is None else ""
        own = await self._begin(key, is_new_session=session_id is None, title=title, asks_details=True)
        return self._start(key, {**TURN_DEFAULTS}, message, initiated_by, own=own, identity=identity)

    async def confirm(
        self,
        turn_id: UUID,
        operation_id: UUID,
        decision: Decision,
        *,
        identity: Identity | None,
        code: str | None = None,
    ) -> Started:
        """Starts the turn that carries out, or drops, what ``turn_id`` proposed.

        Raises:
            NotFound: the turn is not the caller's or proposed something else.
            Conflict: it was decided already.
            Refused: the security code is missing or wrong; the proposal still waits.
        """
        scope = scope_of(identity)
        asked = await self._conversations.get_turn(turn_id, scope if identity else Scope(turn_id=turn_id))
        if find_proposed(asked.outcome) != str(operation_id):
            raise NotFound("There is no such confirmation.")
        key = TurnKey(uuid4(), asked.session_id, scope)
        # A payee may come with the decision: the customer's details are read after it.
        await self._begin(key, is_new_session=False, title="", asks_details=False)
        try:
            # Read again, now that nobody else can decide in this session.
            if (await self._conversations.get_turn(turn_id, scope)).status != "waiting":
                raise Conflict("You have decided on this already.", code="already_decided")
            slip = await self._find_slip(key, operation_id, code) if decision == "approve" else None
            graph_input = await self._resume(
                asked.session_id, Resolution(operation_id=str(operation_id), decision=decision)
            )
        # Whoever asked may have gone: the session is freed all the same.
        except BaseException:
            await self._fail(key, None)
            raise
        return self._start(key, graph_input, "", slip=slip, identity=identity)

    def follow(self, turn_id: UUID, *, after: int = 0, scope: Scope) -> AsyncIterator[LoggedEvent]:
        """As ``Readers.follow``."""
        return self._readers.follow(turn_id, after, scope)

    async def is_over(self, turn_id: UUID, *, after: int) -> bool:
        """As ``Readers.is_over``."""
        return await self._readers.is_over(turn_id, after)

    def told_as(self, turn_id: UUID) -> str:
        """What logs, traces and Langfuse call a turn: a visitor's id opens it."""
        return self._pseudonyms.trace_id(turn_id)

    async def keep_house(self) -> None:
        """Renews this process's leases; called every few seconds."""
        unended = list(self._unended)
        await self._conversations.keep_leases(self.active_turns, unended, self._clock())
        self._unended.difference_update(unended)

    async def forget(self, session_id: UUID, scope: Scope) -> None:
        """Deletes a conversation with its memory and its streams.

        Raises:
            NotFound: it is not the caller's.
            Conflict: a turn of it is running.
        """

        async def forget_thread() -> None:
            with translated_errors():
                await self._checkpoints.adelete_thread(str(session_id))

        turn_ids = await self._conversations.delete(session_id, scope, self._clock(), forget=forget_thread)
        try:
            await self._events.delete(turn_ids)
        except (RedisError, OSError):
            # They expire by themselves.
            _log.warning("streams_not_deleted", session_id=str(session_id))

    async def drain(self) -> None:
        """Lets running turns end, then cancels the rest; their readers get an ``error``."""
        if tasks := list(self._running.values()):
            _, late = await asyncio.wait(tasks, timeout=_DRAIN.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _begin(self, key: TurnKey, *, is_new_session: bool, title: str, asks_details: bool) -> OwnDetails | None:
        if len(self._running) >= _MOST_TURNS:
            raise Unavailable("We are very busy just now. Please try again in a moment.", code="busy")
        try:
            own = await self._conversations.begin(
                key,
                is_new_session=is_new_session,
                title=title,
                now=self._clock(),
                unended=list(self._unended),
                asks_details=asks_details,
            )
        except Unavailable:
            # It may have been written before the connection was lost.
            self._unended.add(key.turn_id)
            raise
        if is_new_session:
            count_conversation(key.owner)
        return own

    async def _find_slip(self, key: TurnKey, operation_id: UUID, code: str | None) -> Slip | None:
        """The customer's yes, given here and not by the graph. None where the operation is over: the turn says so."""
        if key.scope.customer_id is None:
            return None
        context = ToolContext(self._parts.bank, key.scope.customer_id, self._clock(), key.turn_id)
        try:
            return await confirm(context, operation_id, code=code)
        except Refused:
            if await is_waiting(context, operation_id):
                raise
            return None

    async def _resume(self, session_id: UUID, resolution: Resolution) -> GraphInput:
        """Resumes the interrupt that waits for this operation; where the conversation went on and left it, the decision
        goes in by the front door."""
        with translated_errors():
            snapshot = await self._graph.aget_state(config_of(session_id))
        for waiting in snapshot.interrupts:
            if waiting.value["operation_id"] == resolution["operation_id"]:
                return Command(resume={waiting.id: resolution})
        return {**TURN_DEFAULTS, "resolution": resolution}

    def _start(
        self,
        key: TurnKey,
        graph_input: GraphInput,
        message: str,
        initiated_by: InitiatedBy = "chat",
        slip: Slip | None = None,
        *,
        own: OwnDetails | None = None,
        identity: Identity | None,
    ) -> Started:
        publisher, watch = Publisher(self._events, key.turn_id, self.told_as(key.turn_id)), TurnWatch()
        turn = Turn(
            turn_id=key.turn_id,
            session_id=key.session_id,
            scope=key.scope,
            now=self._clock(),
            parts=self._parts_for(identity),
            emit=watch.beside(publisher.emit),
            raw_message=message,
            initiated_by=initiated_by,
            slip=slip,
            own=own,
            allowance=self._parts.models.allow(payer_of(key.scope)),
        )
        task = asyncio.create_task(self._run(key, graph_input, turn, publisher, watch), name="turn")
        self._running[key.turn_id] = task
        task.add_done_callback(lambda _: self._running.pop(key.turn_id, None))
        return Started(key.turn_id, key.session_id)

    def _parts_for(self, identity: Identity | None) -> Parts:
        """With the tools that the caller's role, or key, allows."""
        allowed = identity.permissions if identity else frozenset[str]()
        return replace(self._parts, scopes=self._parts.scopes & allowed)

    async def _run(
        self, key: TurnKey, graph_input: GraphInput, turn: Turn, publisher: Publisher, watch: TurnWatch
    ) -> None:
        bind_contextvars(turn=self.told_as(key.turn_id), session=self._pseudonyms.of(key.session_id))
        facts = facts_at_begin(key, turn.initiated_by, self._pseudonyms)
        with observe(Kind.TURN, "turn", **facts) as observation:
            await self._run_observed(key, graph_input, turn, publisher, watch, observation)

    async def _run_observed(
        self,
        key: TurnKey,
        graph_input: GraphInput,
        turn: Turn,
        publisher: Publisher,
        watch: TurnWatch,
        observation: Observation,
    ) -> None:
        """The named edge where everything is caught: whatever happens, the stream ends and the session is freed."""
        ending: Event = _STOPPING
        fault: str | None = None
        try:
            await publisher.emit(TurnStarted(turn_id=str(key.turn_id), session_id=str(key.session_id)))
            turn.allowance.own_models_only = await must_stay(self._parts, key.scope)
            ending = await self._run_graph(key, graph_input, turn)
        except asyncio.CancelledError:
            await self._fail(key, _STOPPING)
            raise
        except TellergraphError as error:
            _log.warning("turn_failed", code=error.error_code, exc_info=True)
            ending, fault = told(error), type(error).__name__
            await self._fail(key, ending)
        except Exception as error:
            _log.exception("turn_crashed")
            ending, fault = _OUR_FAULT, type(error).__name__
            await self._fail(key, ending)
        finally:
            watch.end(ending)
            observation.note(**facts_of_ending(ending, self._parts.registry))
            await publisher.emit(ending)
            await publisher.finish()
        observation.end(fault)

    async def _run_graph(self, key: TurnKey, graph_input: GraphInput, turn: Turn) -> Done:
        started = perf_counter()
        with translated_errors():
            stopped = await self._graph.ainvoke(
                graph_input,
                config_of(key.session_id),
                context=turn,
                durability="exit",
                # Whatever is asked for is read after every step; the turn's record has it all.
                output_keys=["answer"],
                version="v2",
            )
        confirmation = find_confirmation(stopped.interrupts)
        if turn.record is None:
            raise TellergraphError("The turn ended without an answer.")
        seconds = perf_counter() - started
        done = ending_of(turn.record, turn.placeholders, confirmation, seconds, turn.allowance.model_seconds)
        stored = await as_stored(turn.record, turn)
        if (observation := current_observation()).is_watched:
            observation.note(**texts_of(stored, turn))
        await self._conversations.finish(
            key,
            stored,
            turn.placeholders,
            waiting=confirmation is not None,
            outcome=masked(done, stored).data(),
            now=self._clock(),
            kept=keep(turn),
        )
        if confirmation is not None:
            await turn.emit(confirmation)
        return done

    async def _fail(self, key: TurnKey, failed: Failed | None) -> None:
        try:
            await self._conversations.fail(key, outcome=failed.data() if failed else "null", now=self._clock())
        except TellergraphError:
            # The database is away; keep_house ends the turn when it is back.
            self._unended.add(key.turn_id)
            _log.warning("turn_not_ended", turn=self.told_as(key.turn_id))
