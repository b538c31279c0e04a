"""Every error as an envelope, mapped in one place."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api import openai_errors
from api.counts import DENIED
from api.dependencies import clock_of, metadata
from api.envelope import ErrorBody, ErrorEnvelope
from core.errors import TellergraphError
from core.logging import get_logger

_log = get_logger(__name__)

_CODES = {
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing here under that address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address does not take that method."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", "The request is too large."),
    HTTPStatus.REQUEST_TIMEOUT: ("too_slow", "The request took too long to arrive."),
    HTTPStatus.BAD_REQUEST: ("bad_request", "The request cannot be read. Send JSON in UTF-8."),
}
_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.MISDIRECTED_REQUEST}


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(TellergraphError, _ours)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(request: Request, error: Exception) -> Response:
    return respond_to(request, cast(TellergraphError, error))


def respond_to(request: Request, error: TellergraphError) -> Response:
    """The envelope of an error of ours."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", code=error.error_code, exc_info=error)
    if error.status in _DENIED:
        DENIED.add(error.error_code)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else {}
    if error.status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["Retry-After"] = str(error.details.get("retry_after", 5))
    return _response(
        request, error.status, ErrorBody(code=error.error_code, message=error.message, details=error.details), headers
    )


async def _validation(request: Request, error: Exception) -> Response:
    """What is wrong and where, never the value: it may be a password."""
    problems = cast(Sequence[dict[str, Any]], cast(RequestValidationError, error).errors())
    fields = [
        {"field": ".".join(map(str, item["loc"][1:] or item["loc"])), "problem": str(item["msg"])} for item in problems
    ]
    message = "; ".join(f"{field['field']}: {field['problem']}" for field in fields[:3])
    body = ErrorBody(code="invalid_input", message=message, details={"fields": fields})
    return _response(request, HTTPStatus.UNPROCESSABLE_ENTITY, body)


async def _http(request: Request, error: Exception) -> Response:
    error = cast(HTTPException, error)
    code, message = _CODES.get(HTTPStatus(error.status_code), ("http_error", str(error.detail)))
    return _response(request, error.status_code, ErrorBody(code=code, message=message), dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> Response:
    """The server logs the error with its stack."""
    _ = error
    body = ErrorBody(code="internal_error", message="Something went wrong on our side. Please try again.")
    return _response(request, HTTPStatus.INTERNAL_SERVER_ERROR, body)


def _response(request: Request, status: int, body: ErrorBody, headers: dict[str, str] | None = None) -> Response:
    if request.url.path.startswith(openai_errors.PREFIX):
        return openai_errors.respond(status, body, headers)
    envelope = ErrorEnvelope(error=body, metadata=metadata(request, clock_of(request)()))
    return Response(
        orjson.dumps(envelope.model_dump(mode="json")), status, headers=headers, media_type="application/json"
    )
