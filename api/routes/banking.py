"""The tools over REST: a route for each, made from its definition. Who asks comes from the token alone."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from api.dependencies import Reply, find_identity, metadata
from api.envelope import ErrorBody, ErrorEnvelope
from api.rest_call import RestCall
from api.scopes import Required, find_declaration, require
from api.tool_context import ContextDep, KeyedContextDep, get_context
from api.tool_schema import describe_request, describe_responses, success_model
from tools.idempotency import perform_once
from tools.registry import Document, Proposed, Refusal, Result, Risk, Tool, ToolContext

_PRIVATE = {"Cache-Control": "no-store"}


def tool_router(tools: Iterable[Tool]) -> APIRouter:
    """Raises ValueError for two tools at one address, and for a path that names what is no argument."""
    router = APIRouter()
    add_tool_routes(router, tools)
    return router


def add_tool_routes(router: APIRouter, tools: Iterable[Tool], *, prefix: str = "") -> None:
    """The routes themselves: in a router that is included FastAPI looks for the one that answers twice."""
    for call in _in_order([RestCall.of(tool) for tool in tools]):
        _add_route(router, call, prefix)


def _in_order(calls: list[RestCall]) -> list[RestCall]:
    taken: dict[tuple[str, str], str] = {}
    for call in calls:
        first = taken.setdefault(call.shape, call.tool.name)
        if first != call.tool.name:
            address = f"{call.tool.rest.method} {call.tool.rest.path}"
            raise ValueError(f"two tools at one address: {first} and {call.tool.name} at {address}")
    return sorted(calls, key=lambda call: call.precedence)


def _add_route(router: APIRouter, call: RestCall, prefix: str) -> None:
    tool, prepares = call.tool, call.tool.risk is Risk.PREPARE
    model = success_model(call, prepared=prepares)
    router.add_api_route(
        prefix + tool.rest.path,
        _preparing(call) if prepares else _reading(call),
        methods=[tool.rest.method],
        status_code=201 if prepares else 200,
        response_model=model,
        response_class=JSONResponse if model else Response,
        response_description="Waits for your confirmation." if prepares else "Found.",
        responses=describe_responses(call),
        operation_id=tool.name,
        name=tool.name,
        summary=tool.title,
        description=tool.description,
        tags=[call.subject],
        openapi_extra=describe_request(call),
        dependencies=[require(tool.scope)],
        route_class_override=None if prepares else _ReadingRoute,
    )


class _ReadingRoute(APIRoute):
    """Declared and described as any other. What it declares is asked here, in the same order: FastAPI's own way through
    the dependencies costs a read a tenth of its CPU."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        guard, read = find_declaration(self.dependant), self.endpoint
        if not isinstance(guard, Required):
            raise TypeError(f"{self.path} declares no permission")

        async def answer(request: Request) -> Response:
            caller = await find_identity(request)
            await guard.check(request, caller)
            return await read(request, await get_context(request, caller))

        return answer


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent, empty when nothing was. Raises RequestValidationError for anything else."""
    content = await request.body()
    if not content:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _unreadable("Send JSON, with the content type application/json")
    try:
        body: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _unreadable("This is not JSON in UTF-8") from error
    if not isinstance(body, dict):
        raise _unreadable("Send a JSON object")
    return cast(dict[str, Any], body)


Endpoint = Callable[..., Awaitable[Response]]


def _unreadable(problem: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body",), "msg": problem, "type": "json_invalid"}])


def _reading(call: RestCall) -> Endpoint:
    async def read(request: Request, context: ContextDep) -> Response:
        body = await read_body(request) if call.has_body else {}
        arguments = call.parse(request.path_params, request.query_params, body)
        return _answer(await call.tool.perform(context, arguments), request, context)

    return read


def _preparing(call: RestCall) -> Endpoint:
    async def prepare(request: Request, context: KeyedContextDep) -> Response:
        arguments = call.parse(request.path_params, request.query_params, await read_body(request))
        return _answer(await perform_once(call.tool, context, arguments), request, context)

    return prepare


def _answer(result: Result, request: Request, context: ToolContext) -> Response:
    if isinstance(result, Refusal):
        return _refused(result, request, context.now)
    if isinstance(result, Document):
        return _file(result)
    reply = Reply(metadata(request, context.now))
    return _json(reply(result).model_dump_json(), 201 if isinstance(result, Proposed) else 200)


def _refused(refusal: Refusal, request: Request, now: datetime) -> Response:
    details = refusal.model_dump(mode="json")
    error = ErrorBody(code=details.pop("status"), message=details.pop("message"), details=details)
    return _json(ErrorEnvelope(error=error, metadata=metadata(request, now)).model_dump_json(), refusal.http_status)


def _file(document: Document) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(document.filename, safe='')}"
    headers = _PRIVATE | {"Content-Disposition": disposition}
    return Response(document.content, headers=headers, media_type=document.media_type)


def _json(content: str, status: int) -> Response:
    return Response(content, status, headers=_PRIVATE, media_type="application/json")
