"""The REST door of the tools: each at its own address, for the customer of the token alone. Issue 3, "Tools"."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from api.rest_call import RestCall
from tests.api.conftest import has_address, send
from tests.talking import Caller
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.reasons import reason_of
from tools.registry import Document, Example, Refusal, Risk, Tool, ToolContext
from tools.results import refusals_of, statuses_of

TOOLS = CATALOGUE.offered(CUSTOMER_SCOPES)


def examples(risk: Risk) -> list[Any]:
    return [
        pytest.param(tool, example, id=f"{tool.name}: {example.said}")
        for tool in TOOLS
        for example in tool.examples
        if tool.risk is risk and has_address(tool, example.arguments)
    ]


def any_call(caller: Caller, tool: Tool, **options: Any) -> Any:
    """A call whose arguments may be wrong, for what is refused before they are read."""
    return send(caller, tool, dict.fromkeys(RestCall.of(tool).in_path, "x"), **options)


def fields(response: Any) -> list[str]:
    return [field["field"] for field in response.json()["error"]["details"]["fields"]]


@pytest.mark.parametrize(("tool", "example"), examples(Risk.READ))
async def test_an_example_says_the_same_as_it_does_to_a_model(
    alex: Caller, alex_context: ToolContext, tool: Tool, example: Example
) -> None:
    outcome = await CATALOGUE.call(tool.name, example.arguments, context=alex_context, scopes=CUSTOMER_SCOPES)
    assert outcome.result is not None, outcome.error

    response = send(alex, tool, example.arguments)

    assert response.headers["cache-control"] == "no-store"
    if isinstance(outcome.result, Document):
        assert response.content == outcome.result.content
        assert response.headers["content-type"].startswith(outcome.result.media_type)
        return
    body, expected = response.json(), outcome.result.model_dump(mode="json")
    assert body["metadata"]["request_id"] == response.headers["x-request-id"]
    if isinstance(outcome.result, Refusal):
        assert response.status_code == outcome.result.http_status
        error = body["error"]
        assert error["details"] | {"status": error["code"], "message": error["message"]} == expected
    else:
        assert response.status_code == 200
        assert body["data"] == expected


@pytest.mark.parametrize(("tool", "example"), examples(Risk.PREPARE))
def test_an_example_of_a_change_waits_for_confirmation_or_is_refused_in_words_we_know(
    alex: Caller, tool: Tool, example: Example
) -> None:
    response = send(alex, tool, example.arguments)

    if response.status_code == 201:
        data = response.json()["data"]
        assert data["status"] == "confirmation_needed"
        assert UUID(data["operation_id"])
    else:
        known = {status: kind.http_status for kind in refusals_of(tool) for status in statuses_of(kind)}
        error = response.json()["error"]
        if error["code"] in known:
            assert response.status_code == known[error["code"]]
        else:  # as things stand, the database would not do it
            assert (response.status_code, error["message"]) == (422, reason_of(error["code"]))


def test_most_examples_can_be_sent() -> None:
    everything = [example for tool in TOOLS for example in tool.examples]
    sent = examples(Risk.READ) + examples(Risk.PREPARE)
    assert len(everything) >= len(TOOLS)
    assert len(sent) >= 0.8 * len(everything)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_an_identity_in_the_request_is_refused(blair: Caller, tool: Tool) -> None:
    forged = str(uuid4())
    in_query = any_call(blair, tool, params={"customer_id": forged})
    assert in_query.status_code == 422
    assert "customer_id" in fields(in_query)
    assert forged not in in_query.text
    if RestCall.of(tool).has_body:
        path = RestCall.of(tool).request(dict.fromkeys(RestCall.of(tool).in_path, "x")).path
        in_body = blair.http.request(tool.rest.method, f"/api/v1{path}", json={"customer_id": forged})
        assert in_body.status_code == 422
        assert "customer_id" in fields(in_body)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_is_for_customers_who_have_signed_in(visitor: Caller, staff: Caller, tool: Tool) -> None:
    """Whoever may not call learns nothing about the arguments either."""
    unknown = any_call(visitor, tool)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (401, "unauthorized")
    assert unknown.headers["www-authenticate"] == "Bearer"
    forged = any_call(visitor, tool, headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."})
    assert (forged.status_code, forged.json()["error"]["code"]) == (401, "invalid_token")
    refused = any_call(staff, tool)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "customers_only")


def test_nobody_sees_what_is_somebody_elses(alex: Caller, blair: Caller) -> None:
    private = ("4821", "7733", "9034", "640.20", "10250.00", "Maria Lopez")
    plain = [tool for tool in TOOLS if tool.risk is Risk.READ and not _required(tool)]
    assert len(plain) > 5

    mine = "".join(send(alex, tool, {}).text for tool in plain)
    theirs = "".join(send(blair, tool, {}).text for tool in plain)

    assert all(word in mine for word in private)
    assert not [word for word in private if word in theirs]
    assert "1107" in theirs


def _required(tool: Tool) -> set[str]:
    needed = {name for name, field in tool.arguments.model_fields.items() if field.is_required()}
    return needed | set(RestCall.of(tool).in_path)


@pytest.mark.parametrize(
    ("content", "content_type", "problem"),
    [
        (b'{"card": ', "application/json", "not JSON"),
        (b'{"card": "\xff"}', "application/json", "not JSON"),
        (b'{"card": NaN}', "application/json", "not JSON"),
        (b"[" * 32, "application/json", "not JSON"),
        (b"[]", "application/json", "JSON object"),
        (b'"4821"', "application/json", "JSON object"),
        (b"null", "application/json", "JSON object"),
        (b"{}", "text/plain", "content type"),
        (b"card=4821", "application/x-www-form-urlencoded", "content type"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    alex: Caller, content: bytes, content_type: str, problem: str
) -> None:
    response = alex.http.post("/api/v1/cards/4821/freeze", content=content, headers={"Content-Type": content_type})
    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == "invalid_input"
    assert problem in error["message"]


def test_an_argument_of_the_path_stands_nowhere_else(alex: Caller) -> None:
    response = alex.http.post("/api/v1/cards/4821/freeze", json={"card": "7733"})
    assert response.status_code == 422
    assert fields(response) == ["card"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("limit=5&limit=6", "limit"),
        ("since=2026-02-30", "since"),
        ("text=s", "text"),
        ("text=a%00b", "text"),
        ("category=" + "s3cret" * 40, "category"),
        ("since=2026-03-02&until=2026-03-01", "query"),
        ("status=s3cret", "status"),
    ],
)
def test_a_wrong_argument_is_named_without_its_value(alex: Caller, query: str, field: str) -> None:
    response = alex.http.get(f"/api/v1/transactions?{query}")
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid_input"
    assert field in fields(response)
    assert "s3cret" not in response.text


def test_an_account_that_is_not_there_is_answered_with_those_that_are(alex: Caller) -> None:
    response = alex.http.get("/api/v1/accounts/balances", params={"account": "Holiday"})
    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == "account_unclear"
    assert error["details"]["asked_for"] == "Holiday"
    assert set(error["details"]["choices"]) >= {"Everyday", "Rainy Day", "Travel"}


@pytest.mark.parametrize("key", ["", "x" * 129, "caf\u00e9", "tab\there"])
def test_an_idempotency_key_is_short_and_printable(alex: Caller, key: str) -> None:
    response = alex.http.post("/api/v1/cards/7733/freeze", headers={"Idempotency-Key": key.encode("latin-1")})
    assert response.status_code == 422
    assert fields(response) == ["Idempotency-Key"]
