"""/openapi.json: what every address may answer, beside what its route says itself."""

from typing import Any, cast

from fastapi import FastAPI

from api import openai_errors

_ANYWHERE = {
    "400": "- `bad_request`: the request cannot be read. Send JSON in UTF-8.",
    "401": "- `invalid_token`, `token_expired`: what was sent to say who asks is not good.",
    "408": "- `too_slow`: the request took too long to arrive.",
    "413": "- `too_large`: the request is too large.",
    "421": "- `other_host`: this server does not answer under that name.",
    "422": "- `invalid_input`: `details.fields` says which and how.",
    "429": "- `rate_limited`, `too_many_streams`: try again after `Retry-After`.",
    "503": "- `service_unavailable`: try again after `Retry-After`.",
}
_NAMED = {"404": "- `not_found`: there is nothing of yours under that name or number."}
_NAMES_IN_BODY = frozenset({"/v1/chat/completions"})
_FREE = "/health"
"""Asked by no caller of the bank's; says itself what it answers."""
_ENVELOPE = {"$ref": "#/components/schemas/ErrorEnvelope"}
_OPENAI = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_OF_FASTAPI = "HTTPValidationError"


def complete_openapi(app: FastAPI) -> None:
    """Makes ``app.openapi`` tell them too."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(described())
        return cast(dict[str, Any], app.openapi_schema)

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue]


def _complete(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        if path.startswith(_FREE):
            continue
        schema = _OPENAI if path.startswith(openai_errors.PREFIX) else _ENVELOPE
        for operation in item.values():
            responses: dict[str, Any] = operation["responses"]
            if _OF_FASTAPI in str(responses.get("422")):
                del responses["422"]
            named = _NAMED if "{" in path or path in _NAMES_IN_BODY else {}
            for status, description in (_ANYWHERE | named).items():
                content = {"application/json": {"schema": schema}}
                responses.setdefault(status, {"description": description, "content": content})
    for name in (_OF_FASTAPI, "ValidationError"):
        document["components"]["schemas"].pop(name, None)
