"""The door for clients of OpenAI's chat completions: the same assistant, for whom the API key signs in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from agent.assembly import Running
from agent.service import Started
from agent.whose import scope_of
from api.api_keys import find_key_identity
from api.dependencies import NowDep, RunningDep, SignerDep, get_running
from api.openai_answer import About, Answer, chunks
from api.openai_conversation import Threads, question
from api.openai_schema import MODEL, ChatCompletion, ChatCompletionRequest, Model, Models
from api.people import with_permissions
from api.routes.chat import outcome
from api.scopes import Required, public
from api.sse import respond
from core.errors import InvalidInput, NotFound, Unauthorized
from core.security.tokens import Identity

router = APIRouter(prefix="/v1", tags=["openai"])

VISITOR_KEY = "visitor"
"""The API key for those who have none: most clients insist on sending one."""

_bearer = HTTPBearer(auto_error=False, description="An API key, the access token of /api/v1/auth/login, or 'visitor'")


async def find_caller(
    request: Request, signer: SignerDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Identity | None:
    """Whom the API key signs in; None for a visitor: no key, an empty one, or ``visitor``. Any other is refused."""
    try:
        if (owner := await find_key_identity(request)) is not None:
            return owner
        if credentials is None and request.headers.get("authorization", "").strip().lower() in {"", "bearer"}:
            return None
        if credentials and credentials.credentials == VISITOR_KEY:
            return None
        running = await get_running(request)
        return await with_permissions(running, signer.verify(credentials.credentials if credentials else ""))
    except Unauthorized as error:
        raise Unauthorized(
            "Incorrect API key: send one that /api/v1/auth/api-keys made, the access token of /api/v1/auth/login, or "
            "'visitor' to ask without logging in.",
            code="token_expired" if error.error_code == "token_expired" else "invalid_api_key",
        ) from error


CallerDep = Annotated[Identity | None, Depends(find_caller)]


class RequiredOfCaller(Required):
    """As for all routes, of whom the OpenAI client's key signs in."""

    async def __call__(self, request: Request, caller: CallerDep) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        await self.check(request, caller)


_MAY_CHAT = [Depends(RequiredOfCaller("chat:use"))]


@router.get("/models", dependencies=_MAY_CHAT)
async def list_models(caller: CallerDep) -> Models:
    """The one model: the assistant."""
    _ = caller
    return Models(data=[Model()])


@router.get("/models/{model}", dependencies=_MAY_CHAT)
async def get_model(model: str, caller: CallerDep) -> Model:
    _ = caller
    _check_model(model)
    return Model()


@router.post("/chat/completions", response_model=ChatCompletion, dependencies=_MAY_CHAT)
async def complete(
    body: ChatCompletionRequest,
    caller: CallerDep,
    running: RunningDep,
    request: Request,
    now: NowDep,
    x_session_id: Annotated[UUID | None, Header()] = None,
) -> Response:
    """Answer the last message of the conversation; as chunks with ``stream``. Nothing said here confirms anything."""
    _check_model(body.model)
    threads = Threads(running.redis, caller.subject) if caller else None
    named = _named_session(body, x_session_id)
    started = await _ask(body, caller, running, named, threads)
    about = About(started, now, str(request.base_url).rstrip("/"), body.limit, body.without_effect)

    async def keep(text: str) -> None:
        if threads and named is None:
            await threads.keep(body.messages, text, started.session_id)

    headers = {"X-Session-ID": str(started.session_id), "X-Turn-ID": str(started.turn_id)}
    scope = scope_of(caller, started.session_id)
    if body.stream:
        events = running.assistant.follow(started.turn_id, scope=scope)
        include_usage = body.stream_options is not None and body.stream_options.include_usage
        frames = chunks(events, about, include_usage=include_usage, on_answer=keep)
        return respond(frames, headers, on_shutdown=running.assistant.drain)
    answer = Answer(about)
    whole = answer.whole(await outcome(started, scope, running))
    await keep(answer.text)
    return Response(whole.model_dump_json(), headers=headers, media_type="application/json")


@router.api_route(
    "/{rest:path}",
    methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
    include_in_schema=False,
    dependencies=[public("says what is not here")],
)
async def not_here(rest: str) -> Response:
    raise NotFound(f"There is no /v1/{rest} here, only /v1/chat/completions and /v1/models.", code="unknown_url")


def _check_model(name: str) -> None:
    if name != MODEL:
        raise NotFound(
            f"The model '{name}' does not exist. The one that answers here is '{MODEL}'.",
            code="model_not_found",
            details={"fields": [{"field": "model", "problem": "does not exist"}]},
        )


def _named_session(body: ChatCompletionRequest, header: UUID | None) -> UUID | None:
    in_body = body.metadata.session_id if body.metadata else None
    if header and in_body and header != in_body:
        problem = "names another session than the header X-Session-ID"
        raise InvalidInput(
            f"metadata.session_id {problem}", details={"fields": [{"field": "metadata.session_id", "problem": problem}]}
        )
    return header or in_body


async def _ask(
    body: ChatCompletionRequest, caller: Identity | None, running: Running, named: UUID | None, threads: Threads | None
) -> Started:
    """Starts the turn in the session that the request names, else in the one that its messages are a copy of, else in a
    new one."""
    words = question(body.messages)

    async def ask(session_id: UUID | None) -> Started:
        return await running.assistant.ask(words, identity=caller, session_id=session_id, initiated_by="rest")

    if named or threads is None:
        return await ask(named)
    try:
        return await ask(await threads.find(body.messages))
    except NotFound:
        # It was deleted meanwhile.
        return await ask(None)
