"""/openapi.json describes what is there, and what is there answers as described. Issue 3: "REST under /api/v1/*, in
OpenAPI"."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.rest_call import RestCall
from tests.api.conftest import has_address, send
from tests.talking import Caller
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Risk, Tool
from tools.results import refusals_of, statuses_of

TOOLS = CATALOGUE.offered(CUSTOMER_SCOPES)
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(visitor: Caller) -> dict[str, Any]:
    response = visitor.http.get("/openapi.json")
    assert response.status_code == 200
    return response.json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield path, operation


def operation_of(document: dict[str, Any], tool: Tool) -> dict[str, Any]:
    return document["paths"][f"/api/v1{tool.rest.path}"][tool.rest.method.lower()]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from nodes(child)


def test_the_document_holds_together(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    schemas = [node["schema"] for node in nodes(document["paths"]) if isinstance(node.get("schema"), dict)]
    assert len(schemas) > len(TOOLS)

    assert {node["$ref"] for node in nodes(document) if isinstance(node.get("$ref"), str)} <= known
    for schema in [*document["components"]["schemas"].values(), *schemas]:
        Draft202012Validator.check_schema(schema)
    ids = Counter(operation["operationId"] for _, operation in operations(document))
    assert [name for name, number in ids.items() if number > 1] == []


def test_every_part_of_a_path_is_a_parameter_and_none_stands_twice(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        parameters = [(one["in"], one["name"]) for one in operation.get("parameters", [])]
        assert len(set(parameters)) == len(parameters), path
        assert {name for place, name in parameters if place == "path"} == set(re.findall(r"\{(\w+)\}", path))
        for parameter in operation.get("parameters", []):
            assert parameter["required"] or parameter["in"] != "path"


def test_no_address_stands_twice_under_other_names_of_its_arguments(document: dict[str, Any]) -> None:
    shapes = Counter(
        (method, re.sub(r"\{\w+\}", "{}", path)) for path, item in document["paths"].items() for method in item
    )
    assert [shape for shape, number in shapes.items() if number > 1] == []


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_each_tool_stands_in_it(document: dict[str, Any], tool: Tool) -> None:
    call, operation = RestCall.of(tool), operation_of(document, tool)
    assert (operation["operationId"], operation["summary"]) == (tool.name, tool.title)
    assert operation["description"] == tool.description
    assert operation["tags"] == [call.subject]
    assert operation["security"] == [{"HTTPBearer": [tool.scope]}]

    described = {one["name"]: one for one in operation.get("parameters", [])}
    keyed = described.pop("Idempotency-Key", None)
    assert (keyed is not None) == (tool.risk is Risk.PREPARE)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    assert set(described) | set(body.get("properties", {})) == set(tool.arguments.model_fields)
    assert not body or body["additionalProperties"] is False
    assert {name for name, one in described.items() if one["in"] == "path"} == set(call.in_path)

    success = operation["responses"]["201" if tool.risk is Risk.PREPARE else "200"]
    assert success["content"]
    assert {"401", "403", "422", "503"} <= set(operation["responses"])
    for refusal in refusals_of(tool):
        described_as = operation["responses"][str(refusal.http_status)]["description"]
        assert all(f"`{status}`" in described_as for status in statuses_of(refusal))


EXAMPLES = [
    pytest.param(tool, example.arguments, id=f"{tool.name}: {example.said}")
    for tool in TOOLS
    for example in tool.examples
    if has_address(tool, example.arguments)
]


@pytest.mark.parametrize(("tool", "arguments"), EXAMPLES)
def test_an_answer_is_as_described(
    document: dict[str, Any], alex: Caller, tool: Tool, arguments: dict[str, Any]
) -> None:
    response = send(alex, tool, arguments)
    described = operation_of(document, tool)["responses"][str(response.status_code)]["content"]
    media_type = response.headers["content-type"].partition(";")[0]
    content = described.get(media_type) or described["*/*"]
    if media_type == "application/json":
        schema = content["schema"] | {"components": document["components"]}
        Draft202012Validator(schema).validate(response.json())


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_addresses_are_written_in_one_way(tool: Tool) -> None:
    assert re.fullmatch(r"(/([a-z0-9]+(-[a-z0-9]+)*|\{[a-z_]+\}))+", tool.rest.path)
    assert tool.rest.method != "GET" or tool.risk is Risk.READ
