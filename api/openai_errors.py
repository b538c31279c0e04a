"""Errors in the shape that OpenAI's clients read."""

from http import HTTPStatus
from typing import Any

import orjson
from fastapi.responses import Response

from api.envelope import ErrorBody

PREFIX = "/v1/"
"""Addresses under which errors have this shape."""


def respond(status: int, body: ErrorBody, headers: dict[str, str] | None) -> Response:
    # That protocol knows no 422.
    status = HTTPStatus.BAD_REQUEST if status == HTTPStatus.UNPROCESSABLE_ENTITY else status
    fields: list[dict[str, str]] = body.details.get("fields", [])
    param = next((each["field"] for each in fields if each["field"] != "body"), None)
    content = error_object(status, body.code, body.message, param)
    return Response(orjson.dumps(content), status, headers=headers, media_type="application/json")


def error_object(status: int, code: str, message: str, param: str | None = None) -> dict[str, Any]:
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
