"""Bad input is refused with an envelope that says what to do, and changes nothing. Issue 2, "Bad input"."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
import psycopg
import pytest
from psycopg import sql

from core.services import Services
from tests.talking import ALEX, BLAIR, Caller, Meet

PASSWORD = "correct-horse-battery"
DEEP = b'{"message": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"
JSON = {"Content-Type": "application/json"}

CHAT_PATHS = ["/api/v1/chat", "/api/v1/chat/stream", "/api/chat", "/api/chat/stream", "/api/v2/chat"]

BAD_BODIES: list[Any] = [
    pytest.param({"message": ""}, id="empty"),
    pytest.param({"message": " \n\t "}, id="blank"),
    pytest.param({"message": "\u200b\u2060\ufeff"}, id="invisible"),
    pytest.param({"message": "x" * 4_001}, id="over 4,000 characters"),
    pytest.param({"message": 7}, id="number"),
    pytest.param({"message": None}, id="null"),
    pytest.param({"message": ["hi"]}, id="list"),
    pytest.param({"message": {"text": "hi"}}, id="object"),
    pytest.param({"message": "hi\x00"}, id="null character"),
    pytest.param({}, id="nothing"),
    pytest.param({"message": "hi", "customer_id": str(uuid4())}, id="unknown field"),
    pytest.param({"message": "hi", "query": "hi"}, id="two texts"),
    pytest.param({"message": "hi", "session_id": "mine"}, id="session that is no UUID"),
    pytest.param({"message": "hi", "session_id": 7}, id="session that is a number"),
    pytest.param([], id="not an object"),
    pytest.param("hi", id="a string"),
]


def envelope(response: httpx2.Response, *statuses: int) -> dict[str, Any]:
    """The error, after checking the shape of what it came in."""
    assert response.status_code in statuses, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"success", "error", "metadata"}
    assert body["success"] is False
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["message"]
    assert body["metadata"]["request_id"] == response.headers["x-request-id"]
    assert UUID(body["metadata"]["request_id"])
    return body["error"]


def count_rows(services: Services) -> dict[str, int]:
    """Rows of every table that a customer's request could touch."""
    tables = ("chat_sessions", "chat_turns", "chat_messages", "banking_operations", "audit_log", "customers")
    with psycopg.connect(services.owner_url) as owner:
        counts = {}
        for table in (*tables, "credentials", "cards"):
            row = owner.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone()
            assert row is not None
            counts[table] = row[0]
        return counts


@pytest.fixture
def alex(shared_server: str, meet: Meet) -> Caller:
    return meet(shared_server, ALEX)


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_message_that_cannot_be_answered_is_refused(alex: Caller, shared_services: Services, body: Any) -> None:
    before = count_rows(shared_services)
    for path in CHAT_PATHS:
        error = envelope(alex.http.post(path, json=body), 422)
        assert error["code"] == "invalid_input"
        assert error["details"]["fields"]
    assert count_rows(shared_services) == before


@pytest.mark.parametrize(
    ("content", "headers", "statuses"),
    [
        pytest.param(b'{"message": "caf\xe9"}', JSON, (400, 422), id="Latin-1"),
        pytest.param(b'{"message": "\xed\xa0\x80"}', JSON, (400, 422), id="surrogate in UTF-8"),
        pytest.param(b'{"message": "\\ud800"}', JSON, (400, 422), id="lone surrogate escape"),
        pytest.param(b"hello", JSON, (422,), id="not JSON"),
        pytest.param(b"", JSON, (422,), id="no body"),
        pytest.param(b'{"message": "hi"', JSON, (422,), id="cut off"),
        pytest.param(DEEP, JSON, (400, 422), id="30,000 brackets deep"),
        pytest.param(b"[" * 60_000, JSON, (400, 422), id="60,000 open brackets"),
        pytest.param(b'{"message": ' + b"9" * 50_000 + b"}", JSON, (400, 422), id="a number of 50,000 digits"),
        pytest.param(b'{"message": NaN}', JSON, (422,), id="NaN"),
        pytest.param(b'{"message": "hi"}', {"Content-Type": "text/plain"}, (415, 422), id="text/plain"),
        pytest.param(b"message=hi", {"Content-Type": "application/x-www-form-urlencoded"}, (415, 422), id="form"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, JSON, (413,), id="100,000 brackets deep"),
        pytest.param(b'{"message": "' + b"x" * 70_000 + b'"}', JSON, (413,), id="over the limit"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/chat", "/api/v1/chat/stream", "/api/v1/auth/login", "/api/v1/auth/register"])
def test_bytes_that_are_no_request_are_refused(
    alex: Caller,
    shared_services: Services,
    path: str,
    content: bytes,
    headers: dict[str, str],
    statuses: tuple[int, ...],
) -> None:
    before = count_rows(shared_services)
    envelope(alex.http.post(path, content=content, headers=headers), *statuses)
    assert count_rows(shared_services) == before


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(alex: Caller, shared_services: Services) -> None:
    before = count_rows(shared_services)
    pieces = [b'{"message": "', *[b"x" * 10_000] * 8, b'"}']
    envelope(alex.http.post("/api/v1/chat", content=iter(pieces), headers=JSON), 413)
    assert count_rows(shared_services) == before


def test_four_thousand_characters_are_answered(alex: Caller) -> None:
    assert alex.ask("hi " + "é" * 3_997)["response"]


@pytest.mark.parametrize("name", ["message", "query", "prompt"])
@pytest.mark.parametrize("path", ["/api/v1/chat", "/api/chat", "/api/v2/chat"])
def test_the_text_is_accepted_under_three_names(alex: Caller, path: str, name: str) -> None:
    response = alex.http.post(path, json={name: "  hi  "})
    assert response.status_code == 200
    assert response.json()["data"]["route"] == "small_talk"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/chat/history/not-a-uuid"),
        ("DELETE", "/api/v1/chat/history/not-a-uuid"),
        ("GET", "/api/v1/chat/history/%00"),
        ("GET", "/api/v1/chat/turns/not-a-uuid/events"),
        ("POST", "/api/v1/chat/turns/not-a-uuid/confirm"),
    ],
)
def test_an_id_of_the_wrong_form_is_refused(alex: Caller, method: str, path: str) -> None:
    envelope(alex.http.request(method, path, json={}), 404, 422)


@pytest.mark.parametrize("last", ["-1", "abc", "1.5", str(2**63), "9" * 400, "1-0", "0x10"])
def test_a_last_event_id_that_we_never_gave_is_refused(alex: Caller, last: str) -> None:
    turn_id = alex.ask("hi")["turn_id"]
    envelope(alex.resume(turn_id, after=last), 422)


def test_an_unknown_and_a_foreign_session_look_the_same(
    shared_server: str, shared_services: Services, meet: Meet
) -> None:
    alex, blair, visitor, other = meet(shared_server, ALEX), meet(shared_server, BLAIR), meet(shared_server), None
    alexs, visitors = alex.ask("hi")["session_id"], visitor.ask("hi")["session_id"]
    other = meet(shared_server)
    before = count_rows(shared_services)
    for stranger, session in ((blair, alexs), (other, alexs), (alex, visitors), (blair, visitors)):
        for method, path in (("GET", "history/{}"), ("DELETE", "history/{}"), ("POST", "")):
            refused, unknown = (
                envelope(
                    stranger.http.request(
                        method,
                        f"/api/v1/chat/{path.format(a_session)}".rstrip("/"),
                        json={"message": "hi", "session_id": a_session} if method == "POST" else None,
                    ),
                    404,
                )
                for a_session in (session, str(uuid4()))
            )
            assert refused == unknown
    assert count_rows(shared_services) == before
    assert len(alex.history()) == 2


@pytest.mark.parametrize(
    "body", [{}, {"decision": "approve"}, {"decision": "maybe"}, {"extra": 1}, {"code": "1234567890123"}]
)
def test_a_confirmation_of_the_wrong_form_is_refused(
    alex: Caller, shared_services: Services, body: dict[str, Any]
) -> None:
    asked = alex.ask("freeze my card ending 4821")
    before = count_rows(shared_services)
    whole = {"operation_id": asked["confirmation"]["operation_id"], "decision": "approve"}
    bad = body if set(body) <= {"decision"} and body.get("decision") != "maybe" else whole | body
    envelope(alex.http.post(f"/api/v1/chat/turns/{asked['turn_id']}/confirm", json=bad), 422)
    assert count_rows(shared_services) == before
    assert alex.ask("no")["operation"]["status"] == "cancelled"


@pytest.mark.parametrize("document", ["no-such-article", "..%2f..%2fetc%2fpasswd", "%00", "a" * 5_000, "'"])
def test_an_unknown_article_is_not_there(alex: Caller, document: str) -> None:
    error = envelope(alex.http.get(f"/help/{document}"), 404)
    assert error["code"] == "not_found"


@pytest.mark.parametrize(
    "body",
    [
        {"email": "a@b.example", "password": PASSWORD, "name": "A", "role": "admin"},
        {"email": "not an address", "password": PASSWORD, "name": "A"},
        {"email": "a@b.example", "password": PASSWORD * 12, "name": "A"},
        {"email": "a@b.example", "password": [PASSWORD], "name": "A"},
        {"email": "a@b.example", "password": PASSWORD, "name": "<b>A</b>"},
        {"email": "a@b.example", "password": PASSWORD, "name": "A\x00"},
        {"email": "a\x00@b.example", "password": PASSWORD, "name": "A"},
        {"email": {"password": PASSWORD}, "password": PASSWORD, "name": "A"},
    ],
)
def test_a_refused_registration_never_echoes_the_password(
    alex: Caller, shared_services: Services, body: dict[str, Any]
) -> None:
    before = count_rows(shared_services)
    response = alex.http.post("/api/v1/auth/register", json=body)
    envelope(response, 422)
    assert PASSWORD not in response.text
    assert count_rows(shared_services) == before


@pytest.mark.parametrize(
    "body",
    [
        {"email": "alex@demo.example\x00", "password": PASSWORD},
        {"email": "alex@demo.example", "password": PASSWORD + "\x00"},
        {"email": "alex@demo.example", "password": PASSWORD, "remember": True},
        {"email": "a" * 300, "password": PASSWORD},
        {"username": "alex@demo.example", "password": PASSWORD},
    ],
)
def test_a_login_of_the_wrong_form_never_echoes_the_password(alex: Caller, body: dict[str, Any]) -> None:
    response = alex.http.post("/api/v1/auth/login", json=body)
    envelope(response, 401, 422)
    assert PASSWORD not in response.text


def test_a_json_answer_is_one_object_whatever_the_message_holds(alex: Caller) -> None:
    odd = 'ignore "all" </script> \u2028 {"role": "system"} \U0001f600 ￿'
    answer = alex.http.post("/api/v1/chat", content=orjson.dumps({"message": odd}), headers=JSON)
    assert answer.status_code == 200
    alex.session_id = answer.json()["data"]["session_id"]
    assert alex.history()[0]["content"] == odd
