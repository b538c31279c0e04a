"""A customer's programs: keys that carry a part of what the customer may do, and end. Issue 8: "API keys: scoped,
hashed, prefix shown once, expiry, rotation with overlap, last-used"."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row

from core.security.api_keys import new_api_key
from core.services import Services
from core.settings import Settings
from tests.api.conftest import customer_id_of, ok, refused
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import ALEX, BLAIR, Caller, Meet

KEYS = "/api/v1/auth/api-keys"
READS = ["accounts:read", "cards:read", "chat:use"]
STAFF = ("agent@demo.example", "demo-agent-1")


class MovingClock:
    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture(scope="module")
def clock(seeded_at: datetime) -> MovingClock:
    return MovingClock(seeded_at)


@pytest.fixture(scope="module")
def key_services(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as own:
        yield own


@pytest.fixture(scope="module")
def key_server(settings: Settings, key_services: Services, clock: MovingClock) -> Iterator[str]:
    with serving(settings, key_services, clock) as url:
        yield url


@pytest.fixture
def alex(shared_server: str, key_server: str, meet: Meet) -> Caller:
    meet(shared_server, ALEX)
    return meet(key_server, ALEX)


@pytest.fixture
def no_keys(key_services: Services) -> None:
    """Those of the tests before do not count."""
    with psycopg.connect(key_services.owner_url) as owner:
        owner.execute("truncate api_keys")


pytestmark = pytest.mark.usefixtures("no_keys")


def make(caller: Caller, *permissions: str, days: int = 30, password: str = ALEX[1]) -> httpx2.Response:
    wanted = {"name": "budget", "permissions": permissions or READS, "expires_in_days": days, "password": password}
    return caller.http.post(KEYS, json=wanted)


def made(caller: Caller, *permissions: str, days: int = 30) -> dict[str, Any]:
    return ok(make(caller, *permissions, days=days), 201)


@contextmanager
def program(base_url: str, key: str, header: str = "Authorization") -> Iterator[httpx2.Client]:
    value = f"Bearer {key}" if header == "Authorization" else key
    with httpx2.Client(base_url=base_url, headers={header: value}, timeout=30) as http:
        yield http


def rows(services: Services, query: str, *values: object) -> list[dict[str, Any]]:
    with psycopg.connect(services.owner_url, row_factory=dict_row) as owner:
        return owner.execute(query, values).fetchall()  # type: ignore[arg-type]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_key_carries_what_it_names_and_nothing_else(key_server: str, alex: Caller, header: str):
    key = made(alex)["key"]

    with program(key_server, key, header) as http:
        assert {"Everyday", "Rainy Day"} <= {one["name"] for one in ok(http.get("/api/v1/accounts"))["accounts"]}
        response = http.get("/api/v1/transactions")
        assert refused(response, 403) == "insufficient_scope"
        assert response.json()["error"]["details"] == {"permission": "transactions:read"}
        assert refused(http.get("/api/v1/admin/care-cases"), 403) == "staff_only"


def test_a_key_is_shown_once_and_kept_as_a_hash(key_services: Services, alex: Caller):
    new = made(alex)

    [listed] = ok(alex.http.get(KEYS))["keys"]
    [stored] = rows(key_services, "select to_jsonb(k) as all from api_keys k")
    assert listed == {name: value for name, value in new.items() if name != "key"}
    assert listed["prefix"] == new["key"][:9]
    assert new["key"] not in str(listed) + str(stored)
    assert new["key"][9:] not in str(stored)
    [line] = rows(key_services, "select * from audit_log where resource = %s", f"api_key:{new['id']}")
    assert (line["action"], line["actor"]) == ("api_key.created", f"customer:{customer_id_of(key_services, ALEX)}")
    assert new["key"] not in str(line)


def test_a_key_prepares_and_never_confirms(key_server: str, key_services: Services, alex: Caller):
    """Rule 2 of the design: the model proposes, the customer disposes."""
    key = made(alex, "cards:read", "cards:write", "operations:read", "chat:use")["key"]

    with program(key_server, key) as http:
        proposed = ok(http.post("/api/v1/cards/4821/freeze"), 201)
        confirmed = http.post(f"/api/v1/operations/{proposed['operation_id']}/confirm", json={"decision": "approve"})
        assert refused(confirmed, 403) == "insufficient_scope"
        asked = ok(http.post("/api/v1/chat", json={"message": "Freeze my card ending 7733"}))
        assert asked["confirmation"]["type"] == "freeze_card"
        said = ok(http.post("/api/v1/chat", json={"message": "yes", "session_id": asked["session_id"]}))
        assert said["operation"] is None
        pressed = {"operation_id": asked["confirmation"]["operation_id"], "decision": "approve"}
        button = http.post(f"/api/v1/chat/turns/{asked['turn_id']}/confirm", json=pressed)
        assert button.json()["error"]["details"] == {"permission": "chat:confirm"}

    query = "select distinct status from cards where last4 in ('4821', '7733')"
    assert rows(key_services, query) == [{"status": "active"}]


def test_in_chat_a_key_uses_the_tools_that_it_names(key_server: str, alex: Caller):
    key = made(alex, "chat:use", "cards:read")["key"]

    with program(key_server, key) as http:
        for path in ("/api/v1/chat", "/v1/chat/completions"):
            body = {"message": "What is my balance?"}
            if path.startswith("/v1"):
                body = {"model": "tellergraph", "messages": [{"role": "user", "content": "What is my balance?"}]}
            answer = http.post(path, json=body)
            assert answer.status_code == 200, answer.text
            assert "2,480.15" not in answer.text
            assert "2480.15" not in answer.text


def test_over_mcp_a_key_finds_its_tools_alone(key_server: str, alex: Caller):
    key = made(alex, "cards:read")["key"]

    with program(key_server, key) as http:
        listed = call_mcp(http, "tools/list", {})["tools"]
        assert [tool["name"] for tool in listed] == ["list_cards", "get_card_delivery", "get_card_limits"]
        done = call_mcp(http, "tools/call", {"name": "list_accounts", "arguments": {}})
        assert done["isError"]
        assert "Everyday" not in str(done)


def call_mcp(http: httpx2.Client, method: str, params: dict[str, Any]) -> dict[str, Any]:
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = http.post("/mcp", json=body, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()["result"]


@pytest.mark.parametrize("permission", ["operations:confirm", "api-keys:write", "staff.audit:read", "moon:walk"])
def test_a_key_is_given_nothing_that_needs_a_person_or_is_not_the_owners(alex: Caller, permission: str):
    response = make(alex, "accounts:read", permission)

    assert refused(response, 400) == "permission_not_grantable"
    assert response.json()["error"]["details"] == {"permissions": [permission]}


def test_a_key_manages_no_keys_and_opens_no_account_as_a_whole(key_server: str, alex: Caller):
    with program(key_server, made(alex)["key"]) as http:
        assert refused(http.get(KEYS), 403) == "insufficient_scope"
        assert refused(http.get("/api/v1/auth/me"), 403) == "insufficient_scope"


def test_staff_have_no_keys(key_server: str, shared_server: str, meet: Meet):
    meet(shared_server, STAFF)
    assert refused(meet(key_server, STAFF).http.get(KEYS), 403) == "customers_only"


def test_a_key_ends_on_its_day(key_server: str, alex: Caller, clock: MovingClock):
    key = made(alex, days=2)["key"]
    with program(key_server, key) as http:
        clock.pass_(timedelta(days=2, seconds=-1))
        ok(http.get("/api/v1/accounts"))
        clock.pass_(timedelta(seconds=1))
        assert refused(http.get("/api/v1/accounts"), 401) == "invalid_api_key"


@pytest.mark.parametrize("days", [0, 366])
def test_a_key_has_an_end_within_a_year(alex: Caller, days: int):
    assert refused(make(alex, days=days), 422) == "invalid_input"


def test_a_revoked_key_opens_nothing_from_then_on(key_server: str, alex: Caller):
    new = made(alex)
    with program(key_server, new["key"]) as http:
        ok(http.get("/api/v1/accounts"))
        ok(alex.http.delete(f"{KEYS}/{new['id']}"))
        assert refused(http.get("/api/v1/accounts"), 401) == "invalid_api_key"
    ok(alex.http.delete(f"{KEYS}/{new['id']}"))


def test_while_a_key_is_rotated_both_are_good(key_server: str, alex: Caller, clock: MovingClock):
    old = made(alex)
    again = {"expires_in_days": 90, "overlap_hours": 2, "password": ALEX[1]}

    new = ok(alex.http.post(f"{KEYS}/{old['id']}/rotate", json=again), 201)

    assert (new["replaces"], new["name"], new["permissions"]) == (old["id"], old["name"], old["permissions"])
    assert refused(alex.http.post(f"{KEYS}/{old['id']}/rotate", json=again), 409) == "already_rotated"
    with program(key_server, old["key"]) as before, program(key_server, new["key"]) as after:
        ok(before.get("/api/v1/accounts"))
        ok(after.get("/api/v1/accounts"))
        clock.pass_(timedelta(hours=2))
        assert refused(before.get("/api/v1/accounts"), 401) == "invalid_api_key"
        ok(after.get("/api/v1/accounts"))


def test_the_last_use_is_noted_once_a_minute(key_server: str, key_services: Services, alex: Caller, clock: MovingClock):
    key, query = made(alex)["key"], "select last_used_at from api_keys"
    with program(key_server, key) as http:
        first = clock.now
        ok(http.get("/api/v1/accounts"))
        clock.pass_(timedelta(seconds=59))
        ok(http.get("/api/v1/accounts"))
        assert rows(key_services, query) == [{"last_used_at": first}]
        clock.pass_(timedelta(seconds=1))
        ok(http.get("/api/v1/accounts"))
        assert rows(key_services, query) == [{"last_used_at": clock.now}]


def test_ten_keys_are_enough(key_services: Services, alex: Caller):
    """Each costs a password's hash, so the first nine are written as they would be."""
    made(alex)
    with psycopg.connect(key_services.owner_url) as owner:
        for number in range(9):
            owner.execute(
                """insert into api_keys (customer_id, name, prefix, secret_hash, permissions, created_at, expires_at)
                   select customer_id, 'more', prefix, sha256(%s), permissions, created_at, expires_at
                     from api_keys where name = 'budget'""",
                [str(number).encode()],
            )

    assert refused(make(alex), 422) == "too_many_keys"


def test_a_stolen_session_makes_no_key_by_guessing_the_password(key_server: str, shared_server: str, meet: Meet):
    meet(shared_server, BLAIR)
    blair = meet(key_server, BLAIR)

    codes = [refused(make(blair, password="demo-blair-2"), 401) for _ in range(5)]

    assert codes == ["wrong_credentials"] * 5
    assert refused(make(blair, password=BLAIR[1]), 429) == "too_many_tries"


@pytest.mark.parametrize(
    "wrong",
    ["tg_", "tg_short", new_api_key().secret, new_api_key().secret[:-1] + "é"],
    ids=["empty", "short", "of nobody", "not ASCII"],
)
def test_what_is_no_key_is_401_and_never_a_visitor(key_server: str, wrong: str):
    with httpx2.Client(base_url=key_server) as http:
        headers = {"X-API-Key": wrong.encode()}
        assert refused(http.get("/api/v1/accounts", headers=headers), 401) == "invalid_api_key"
        question = {"message": "hello"}
        assert refused(http.post("/api/v1/chat", json=question, headers=headers), 401) == "invalid_api_key"


def test_two_credentials_at_once_are_refused(key_server: str, alex: Caller):
    response = alex.http.get("/api/v1/accounts", headers={"X-API-Key": made(alex)["key"]})

    assert refused(response, 401) == "invalid_api_key"


def test_somebody_elses_key_is_as_one_that_is_not_there(key_server: str, shared_server: str, alex: Caller, meet: Meet):
    meet(shared_server, BLAIR)
    blair, key_id = meet(key_server, BLAIR), made(alex)["id"]

    answers = [blair.http.delete(f"{KEYS}/{one}") for one in (key_id, str(uuid4()))]

    assert [refused(answer, 404) for answer in answers] == ["not_found"] * 2
    assert ok(blair.http.get(KEYS)) == {"keys": []}
