"""Where an id stands in what somebody may call: found in the OpenAPI document and in the tools' definitions.

A parameter counts as an id where it stands in a path, has the format ``uuid``, ends in ``_id``, or has the name of an
argument that stands in some tool's path, such as ``account`` or ``card``. Each has a kind (``KINDS``), by its name and
its address; one without a kind is an error, so that a new route or tool is never left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.rest_call import RestCall
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES

Where = Literal["path", "query", "header", "body"]
Door = Literal["rest", "mcp"]

KINDS: tuple[tuple[str, str, str], ...] = (
    ("account|to_account", "", "account"),
    ("card", "", "card"),
    ("payee", "", "payee"),
    ("attachment|attachment_id", "", "attachment"),
    ("file", "", "identity_file"),
    ("appointment", "", "appointment"),
    ("reference", "/transfers/scheduled", "scheduled_payment"),
    ("reference", "/standing-orders", "standing_order"),
    ("reference", "/transactions", "transaction"),
    ("reference", "/disputes", "dispute_reference"),
    ("reference", "/fraud/alerts", "alert"),
    ("reference", "/fraud/held-payments|/transfers$", "operation"),
    ("operation_id", "", "operation"),
    ("session_id", "/auth/sessions", "login_session"),
    ("session_id|x-session-id", "", "session"),
    ("turn_id", "", "turn"),
    ("key_id", "/auth/api-keys", "api_key"),
    ("customer_id", "", "customer"),
    ("user_id", "/chat", "customer"),
    ("account_id", "", "account_id"),
    ("entry_id", "", "entry"),
    ("dispute_id", "", "dispute"),
    ("action_id", "", "staff_action"),
    ("alert_id", "", "alert"),
    ("handoff_id", "", "handoff"),
    ("case_id", "/care-cases", "care_case"),
    ("case_id", "/compliance", "compliance_case"),
    ("application_id", "", "kyc_application"),
    ("hit_id", "", "screening_hit"),
    ("proposal_id", "", "policy_proposal"),
    ("officer_id", "", "staff"),
    ("request_id", "/privacy/requests", "privacy_request"),
)
"""Name, a part of the address (any where empty), and kind."""

NO_OBJECTS: tuple[tuple[str, str, str], ...] = (
    ("consent", "", "a word of a closed list"),
    ("kind", "", "a word of a closed list"),
    ("model", "/v1/models", "the one model"),
    ("provider", "/auth/oidc", "a provider of the settings; what is linked is found by the caller"),
    ("version", "/admin/policies", "a published policy is everybody's"),
    ("document_id", "/knowledge", "the bank's documents are nobody's"),
    ("last-event-id", "", "a number within a turn"),
    ("card_id|terminal_id", "/cards/authorisations", "the card network names cards, with a credential of its own"),
    ("reference", "/transfers|/standing-orders|/admin|/cards/authorisations", "free text"),
)
"""What looks like an id and names nobody's things, and why."""


@dataclass(frozen=True, slots=True)
class Place:
    """One id of one call. ``tool`` where the address is a tool's."""

    door: Door
    method: str
    path: str
    where: Where
    name: str
    kind: str
    permission: str | None
    tool: str | None
    body: Mapping[str, Any] | None
    """The JSON schema of the body."""


class NoMaker(Exception):
    """An id parameter that nobody thought of."""


def find_places(document: Mapping[str, Any]) -> list[Place]:
    """Raises NoMaker for an id without a kind."""
    return [*_places_of_rest(document), *_places_of_mcp()]


def _places_of_rest(document: Mapping[str, Any]) -> Iterator[Place]:
    tools = {(tool.rest.method, f"/api/v1{tool.rest.path}"): tool for tool in CATALOGUE.offered(CUSTOMER_SCOPES)}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            tool = tools.get((method.upper(), path))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            for where, name, schema in _parameters(operation, body, document):
                if not _is_id(where, name, schema, tool is not None):
                    continue
                if kind := kind_of(name, path, is_free=_is_free_text(tool.name if tool else None, name)):
                    yield Place(
                        "rest",
                        method.upper(),
                        path,
                        where,
                        name,
                        kind,
                        _permission(operation),
                        tool and tool.name,
                        body,
                    )


def _places_of_mcp() -> Iterator[Place]:
    for tool in CATALOGUE.offered(CUSTOMER_SCOPES):
        path = f"/api/v1{tool.rest.path}"
        for name in tool.arguments.model_fields:
            schema = tool.schema["function"]["parameters"]["properties"][name]
            if not _is_id("body", name, schema, True):
                continue
            if kind := kind_of(name, path, is_free=_is_free_text(tool.name, name)):
                yield Place("mcp", "POST", path, "body", name, kind, tool.scope, tool.name, None)


def kind_of(name: str, path: str, *, is_free: bool = False) -> str | None:
    """None for what names nobody's things. Raises NoMaker."""
    if not is_free:
        for names, part, kind in KINDS:
            if re.fullmatch(names, name) and re.search(part, path):
                return kind
    for names, part, _ in NO_OBJECTS:
        if re.fullmatch(names, name) and re.search(part, path):
            return None
    raise NoMaker(f"{name} of {path} looks like an id: add its kind, and a maker, or say why it is none")


_NAMED_BY_TOOLS = {
    name
    for tool in CATALOGUE.offered(CUSTOMER_SCOPES)
    for name in (*RestCall.of(tool).in_path, "to_account")
    if name != "consent"
}


def _is_id(where: Where, name: str, schema: Any, of_tool: bool) -> bool:
    said = str(schema)
    return (
        where == "path"
        or "'format': 'uuid'" in said
        or name.endswith(("_id", "-id"))
        or (of_tool and name in _NAMED_BY_TOOLS)
    )


def _is_free_text(tool: str | None, name: str) -> bool:
    """A payment's reference is what the recipient reads."""
    return name == "reference" and tool in {
        "pay_payee",
        "schedule_payment",
        "create_standing_order",
        "transfer_between_accounts",
    }


def _permission(operation: Mapping[str, Any]) -> str | None:
    return next((scope for one in operation.get("security", []) for scopes in one.values() for scope in scopes), None)


def _parameters(
    operation: Mapping[str, Any], body: Mapping[str, Any] | None, document: Mapping[str, Any]
) -> Iterator[tuple[Where, str, Any]]:
    for one in operation.get("parameters", []):
        yield one["in"], one["name"], one["schema"]
    seen: set[str] = set()
    for name, schema in properties_of(body or {}, document):
        if name not in seen:
            seen.add(name)
            yield "body", name, schema


def resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][str(schema["$ref"]).rpartition("/")[2]]
    return schema


def properties_of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Of an object, or of each of the objects that it may be."""
    schema = resolved(schema, document)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from properties_of(option, document)
    yield from schema.get("properties", {}).items()
