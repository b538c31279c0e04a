"""What OpenAPI says of a tool: its arguments where REST takes them, its results, its refusals."""

from functools import reduce
from typing import Any, cast

from api.envelope import Envelope, ErrorEnvelope
from api.rest_call import RestCall
from tools.registry import Document, Proposed, Refusal, Risk
from tools.results import media_types_of, refusals_of, statuses_of, successes_of

Responses = dict[int | str, dict[str, Any]]
Schema = dict[str, Any]

_COMMON = {
    401: "`unauthorized`, `invalid_token`, `token_expired`: log in.",
    403: "`customers_only`: a member of staff has no accounts here.",
    503: "`service_unavailable`: try again in a moment.",
}
_CONFLICT = "`idempotency_key_reused`: the key was used for another request."
_UNREADABLE = "`invalid_input`, or why it means nothing to a bank, such as `wrong_amount`."
_REFUSED = "why it cannot be done as things stand, such as `insufficient_funds`."
_INVALID = "`invalid_input`: an argument is wrong; `details.fields` says which and how."


def describe_request(call: RestCall) -> Schema:
    """Parameters and body, to be merged into the operation."""
    parameters = [_parameter(call, name, "path") for name in call.in_path]
    if not call.has_body:
        return {"parameters": parameters + [_parameter(call, name, "query") for name in call.free]}
    return {"parameters": parameters} | ({"requestBody": _body(call)} if call.free else {})


def success_model(call: RestCall, *, prepared: bool) -> Any:
    """The envelope of the JSON results of a 201 (``prepared``) or of a 200; None when there are none."""
    kinds: list[Any] = [
        kind
        for kind in successes_of(call.tool)
        if not issubclass(kind, Document) and issubclass(kind, Proposed) is prepared
    ]
    return Envelope[reduce(lambda one, other: one | other, kinds)] if kinds else None


def describe_responses(call: RestCall) -> Responses:
    """Every response but the one that the route's own model describes."""
    responses: Responses = {
        status: {"model": ErrorEnvelope, "description": text} for status, text in sorted(_error_texts(call).items())
    }
    if call.tool.risk is Risk.PREPARE and (other := success_model(call, prepared=False)):
        responses[200] = {"model": other, "description": "There is nothing to confirm."}
    if files := [kind for kind in successes_of(call.tool) if issubclass(kind, Document)]:
        responses[200] = responses.get(200, {}) | {"description": "A file.", "content": _file_content(files)}
    return responses


def _error_texts(call: RestCall) -> dict[int, str]:
    lines = {status: [text] for status, text in _COMMON.items()} | {422: [_INVALID]}
    if call.tool.arguments.model_fields:
        lines[400] = [_UNREADABLE]
    if call.tool.risk is Risk.PREPARE:
        lines[409] = [_CONFLICT]
        lines[422].append(_REFUSED)
    for kind in refusals_of(call.tool):
        lines.setdefault(kind.http_status, []).append(_refusal_text(kind))
    return {status: "\n".join(f"- {line}" for line in texts) for status, texts in lines.items()}


def _refusal_text(kind: type[Refusal]) -> str:
    message = kind.model_fields["message"].default
    details = [f"`{name}`" for name in kind.model_fields if name not in ("status", "message")]
    said = f" {message}" if isinstance(message, str) else ""
    codes = ", ".join(f"`{status}`" for status in statuses_of(kind))
    return f"{codes}:{said}" + (f" Details: {', '.join(details)}." if details else "")


def _file_content(kinds: list[type[Document]]) -> Schema:
    media_types = [media_type for kind in kinds for media_type in media_types_of(kind)] or ["*/*"]
    return {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}


def _parameter(call: RestCall, name: str, place: str) -> Schema:
    schema = _without_null(argument_schema(call, name))
    examples = {
        example.said: {"value": example.arguments[name]}
        for example in call.tool.examples
        if example.arguments.get(name) is not None
    }
    return {
        "name": name,
        "in": place,
        "required": place == "path" or name in _parameters(call).get("required", []),
        "description": schema.pop("description", ""),
        "schema": schema,
    } | ({"examples": examples} if examples else {})


def _body(call: RestCall) -> Schema:
    required = [name for name in _parameters(call).get("required", []) if name in call.free]
    schema: Schema = {
        "type": "object",
        "title": call.tool.arguments.__name__,
        "properties": {name: argument_schema(call, name) for name in call.free},
        "additionalProperties": False,
    } | ({"required": required} if required else {})
    examples = {example.said: {"value": call.free_of(example.arguments)} for example in call.tool.examples}
    return {"required": bool(required), "content": {"application/json": {"schema": schema, "examples": examples}}}


def _parameters(call: RestCall) -> Schema:
    return cast(Schema, call.tool.schema["function"]["parameters"])


def argument_schema(call: RestCall, name: str) -> Schema:
    """Whole, since a schema inside an operation has no ``$defs`` of its own."""
    parameters = _parameters(call)
    return cast(Schema, inlined(parameters["properties"][name], parameters.get("$defs", {})))


def inlined(schema: Any, definitions: Schema) -> Any:
    """The schema with what it refers to in its place."""
    if isinstance(schema, list):
        return [inlined(item, definitions) for item in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    own = {key: inlined(value, definitions) for key, value in cast(Schema, schema).items() if key != "$ref"}
    name = cast(Schema, schema).get("$ref", "").rpartition("/")[2]
    target = cast(Schema, inlined(definitions[name], definitions)) if name else {}
    return target | own


def _without_null(schema: Schema) -> Schema:
    """As a path or a query has it, where an argument is left out and never null."""
    rest = {key: value for key, value in schema.items() if key != "default" or value is not None}
    options = [option for option in rest.pop("anyOf", []) if option.get("type") != "null"]
    return rest | (options[0] if len(options) == 1 else {"anyOf": options} if options else {})
