"""Conversations: ask, follow, confirm, judge, look back, delete."""

from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from agent.conversations import Session, StoredMessage
from agent.event_log import LoggedEvent
from agent.events import Citation, ConfirmationNeeded, DecidedOperation, Done, Failed, Notice
from agent.feedback import Rating, keep_feedback
from agent.service import Started
from agent.whose import scope_of
from api.dependencies import AnyoneDep, NowDep, Reply, ReplyDep, RunningDep, SignedInDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.sse import stream
from core.db.database import Scope
from core.errors import Forbidden, TellergraphError, class_of
from core.security.tokens import Identity
from core.version import VERSION
from tools.registry import InitiatedBy

router = APIRouter(tags=["chat"])

_NOT_FOUND: dict[str, Any] = {"model": ErrorEnvelope, "description": "- `not_found`: there is none of yours."}
_TURN: dict[int | str, dict[str, Any]] = {
    403: {"model": ErrorEnvelope, "description": "- `forbidden`: it is not for you."},
    404: _NOT_FOUND,
    409: {"model": ErrorEnvelope, "description": "- `session_busy` and the like: something else is under way."},
}
_EVENTS: dict[str, Any] = {"description": "Server-sent events (docs/events.md).", "content": {"text/event-stream": {}}}

MOST_CHARACTERS = 4_000
_LAST_EVENT_ID = 2**53 - 1
"""The largest number that every client's JSON can hold."""


class ChatRequest(BaseModel):
    """The customer's words, as ``message``, ``query`` or ``prompt``."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    message: str = Field(
        min_length=1, max_length=MOST_CHARACTERS, validation_alias=AliasChoices("message", "query", "prompt")
    )
    session_id: UUID | None = None
    user_id: str | None = Field(
        default=None, max_length=64, description="Says nothing that the token does not: another one's is refused."
    )

    @field_validator("message")
    @classmethod
    def _storable(cls, value: str) -> str:
        if "\x00" in value:
            raise ValueError("must not contain the null character")
        if not any(character.isprintable() and not character.isspace() for character in value):
            raise ValueError("must contain something to read")
        return value


class ConfirmRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    operation_id: UUID
    decision: Literal["approve", "deny"]
    code: str | None = Field(default=None, max_length=12)
    user_id: str | None = Field(default=None, max_length=64, description="As in a question.")


class FeedbackRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    rating: Rating
    comment: str | None = Field(default=None, min_length=1, max_length=1_000)

    @field_validator("comment")
    @classmethod
    def _storable(cls, value: str | None) -> str | None:
        if value is not None and "\x00" in value:
            raise ValueError("must not contain the null character")
        return value


class Judged(BaseModel):
    turn_id: UUID
    rating: Rating
    comment: str | None = Field(description="As it is kept: without names, numbers and the like.")


class ChatMetadata(BaseModel):
    processing_time_ms: float
    model_version: str
    prompt_version: str = Field(default="", description="Templates the model was given; empty where none was asked.")
    cached: bool = False
    usage: dict[str, int]
    notices: list[Notice] = []


class ChatResponse(BaseModel):
    response: str
    intent: str
    confidence: float
    route: str
    suggested_next_steps: list[str]
    citations: list[Citation]
    tool_calls: list[str]
    confirmation: ConfirmationNeeded | None
    operation: DecidedOperation | None
    task: str | None
    asks: str | None
    session_id: UUID
    turn_id: UUID
    metadata: ChatMetadata


class Sessions(BaseModel):
    sessions: list[Session]


class History(BaseModel):
    session_id: UUID
    title: str
    messages: list[StoredMessage]


class Deleted(BaseModel):
    deleted: Literal[True] = True
    session_id: UUID


@router.post("/chat", responses=_TURN, dependencies=[require("chat:use")])
async def chat(body: ChatRequest, identity: AnyoneDep, running: RunningDep, reply: ReplyDep) -> Envelope[ChatResponse]:
    """Ask, and get the whole answer at once."""
    _refuse_other(body.user_id, identity)
    started = await running.assistant.ask(
        body.message, identity=identity, session_id=body.session_id, initiated_by=_door_of(identity)
    )
    return await _whole(started, scope_of(identity, started.session_id), running, reply)


@router.post(
    "/chat/stream", response_class=Response, responses=_TURN | {200: _EVENTS}, dependencies=[require("chat:use")]
)
async def chat_stream(body: ChatRequest, identity: AnyoneDep, running: RunningDep) -> Response:
    """Ask, and get the answer as server-sent events."""
    _refuse_other(body.user_id, identity)
    started = await running.assistant.ask(
        body.message, identity=identity, session_id=body.session_id, initiated_by=_door_of(identity)
    )
    events = running.assistant.follow(started.turn_id, scope=scope_of(identity, started.session_id))
    return stream(events, str(started.turn_id), on_shutdown=running.assistant.drain)


@router.get(
    "/chat/turns/{turn_id}/events",
    response_class=Response,
    responses={200: _EVENTS, 204: {"description": "It is over, and you had all of it."}, 404: _NOT_FOUND},
    dependencies=[require("chat:use")],
)
async def resume(
    turn_id: UUID,
    identity: AnyoneDep,
    running: RunningDep,
    last_event_id: Annotated[int, Header(ge=0, le=_LAST_EVENT_ID)] = 0,
) -> Response:
    """The turn's events after ``Last-Event-ID``, each once, until the last; 204, which tells a reader not to come back,
    when it had the last already. A visitor's turn is known by its id."""
    scope = scope_of(identity) if identity else Scope(turn_id=turn_id)
    turn = await running.conversations.get_turn(turn_id, scope)
    if last_event_id and await running.assistant.is_over(turn.id, after=last_event_id):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    events = running.assistant.follow(turn.id, after=last_event_id, scope=scope)
    return stream(events, str(turn_id), on_shutdown=running.assistant.drain)


@router.post(
    "/chat/turns/{turn_id}/confirm",
    responses=_TURN
    | {200: {"model": Envelope[ChatResponse], "description": "The answer.", "content": _EVENTS["content"]}},
    dependencies=[require("chat:confirm")],
)
async def confirm(
    turn_id: UUID, body: ConfirmRequest, identity: AnyoneDep, running: RunningDep, reply: ReplyDep, request: Request
) -> Response:
    """Approve or deny what a turn proposed. Server-sent events when the client accepts them, else JSON."""
    _refuse_other(body.user_id, identity)
    started = await running.assistant.confirm(
        turn_id, body.operation_id, body.decision, identity=identity, code=body.code
    )
    scope = scope_of(identity)
    if "text/event-stream" in request.headers.get("accept", ""):
        events = running.assistant.follow(started.turn_id, scope=scope)
        return stream(events, str(started.turn_id), on_shutdown=running.assistant.drain)
    whole = await _whole(started, scope, running, reply)
    return Response(whole.model_dump_json(), media_type="application/json")


@router.post(
    "/chat/turns/{turn_id}/feedback",
    responses={404: _NOT_FOUND, 409: {"model": ErrorEnvelope, "description": "- `turn_running`: it is not over yet."}},
    dependencies=[require("chat:use")],
)
async def give_feedback(
    turn_id: UUID, body: FeedbackRequest, identity: AnyoneDep, running: RunningDep, reply: ReplyDep, now: NowDep
) -> Envelope[Judged]:
    """Say what you think of an answer to you; again, to change it. A visitor's turn is known by its id."""
    turn = await running.conversations.get_turn(turn_id, scope_of(identity) if identity else Scope(turn_id=turn_id))
    scope = scope_of(identity, turn.session_id)
    told_as = running.assistant.told_as(turn_id)
    kept = await keep_feedback(
        running.database, turn_id, scope, rating=body.rating, comment=body.comment, told_as=told_as, now=now
    )
    return reply(Judged(turn_id=turn_id, rating=kept.rating, comment=kept.comment))


@router.get("/sessions", dependencies=[require("chat:history")])
async def list_sessions(identity: SignedInDep, running: RunningDep, reply: ReplyDep) -> Envelope[Sessions]:
    """Your conversations, the latest first."""
    return reply(Sessions(sessions=await running.conversations.list_sessions(scope_of(identity))))


@router.get("/chat/history/{session_id}", responses={404: _NOT_FOUND}, dependencies=[require("chat:history")])
async def get_history(session_id: UUID, identity: AnyoneDep, running: RunningDep, reply: ReplyDep) -> Envelope[History]:
    """A conversation in order."""
    session, messages = await running.conversations.get_history(session_id, scope_of(identity, session_id))
    return reply(History(session_id=session.session_id, title=session.title, messages=messages))


@router.delete(
    "/chat/history/{session_id}", responses={404: _NOT_FOUND, 409: _TURN[409]}, dependencies=[require("chat:history")]
)
async def delete_history(
    session_id: UUID, identity: AnyoneDep, running: RunningDep, reply: ReplyDep
) -> Envelope[Deleted]:
    """Delete a conversation, with all that was kept of it."""
    await running.assistant.forget(session_id, scope_of(identity, session_id))
    return reply(Deleted(session_id=session_id))


def _refuse_other(user_id: str | None, identity: Identity | None) -> None:
    """Who asks is said by the token. A client that believes it speaks for somebody else is told so."""
    if user_id is not None and (identity is None or user_id.lower() != str(identity.id)):
        raise Forbidden(
            "user_id is not the user of your access token. Leave it out, or log in as that user.", code="other_user"
        )


def _door_of(identity: Identity | None) -> InitiatedBy:
    """A program's key cannot confirm, and its typed yes is none."""
    return "chat" if identity is None or "chat:confirm" in identity.permissions else "rest"


async def _whole(started: Started, scope: Scope, running: RunningDep, reply: Reply) -> Envelope[ChatResponse]:
    done = await outcome(started, scope, running)
    return reply(
        ChatResponse(
            response=done.answer,
            intent=done.intent,
            confidence=done.confidence,
            route=done.route,
            suggested_next_steps=done.suggested_next_steps,
            citations=done.citations,
            tool_calls=done.tool_calls,
            confirmation=done.confirmation,
            operation=done.operation,
            task=done.task,
            asks=done.asks,
            session_id=started.session_id,
            turn_id=started.turn_id,
            metadata=ChatMetadata(
                processing_time_ms=done.timings["total_ms"],
                model_version=f"{done.model}/{VERSION}",
                prompt_version=done.prompt,
                usage=done.usage,
                notices=done.notices,
            ),
        )
    )


async def outcome(started: Started, scope: Scope, running: RunningDep) -> Done:
    """Waits for the end of a turn. Raises what it ended with where that was no answer."""
    last: LoggedEvent | None = None
    async for event in running.assistant.follow(started.turn_id, scope=scope):
        last = event
    if last is None or last.name == Failed.event:
        raise _failure(last)
    return Done.model_validate(orjson.loads(last.data))


def _failure(event: LoggedEvent | None) -> TellergraphError:
    if event is None:
        return TellergraphError("Something went wrong on our side. Please try again.")
    failed = Failed.model_validate(orjson.loads(event.data))
    error = class_of(failed.code)(failed.message, code=failed.code)
    error.details = failed.details
    return error
