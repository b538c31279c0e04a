"""What every request meets: addresses, aliases, CORS, headers, request ids, health, the pages. Issue 2, part 10."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from uuid import UUID

import httpx2
import pytest

from api.hosts import list_hosts
from core.services import Services
from core.settings import Settings
from tests.serving import serving
from tests.talking import ALEX, Caller, Meet

ALLOWED = "https://bank.example"


@pytest.fixture(scope="module")
def listed_server(settings: Settings, shared_services: Services) -> Iterator[str]:
    """A server whose CORS list names one origin."""
    with serving(settings.model_copy(update={"cors_origins": [ALLOWED]}), shared_services) as url:
        yield url


@pytest.fixture
def visitor(shared_server: str, meet: Meet) -> Caller:
    return meet(shared_server)


def test_the_short_addresses_are_the_same_handlers(shared_server: str, meet: Meet) -> None:
    alex = meet(shared_server, ALEX)
    alex.ask("hi")
    long, short = (alex.http.get(f"/api/{path}/{alex.session_id}") for path in ("v1/chat/history", "chat/history"))
    assert short.status_code == 200
    assert short.json()["data"] == long.json()["data"]
    streamed = alex.http.post("/api/chat/stream", json=alex.body("thanks"))
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert b"event: done" in streamed.content
    assert alex.http.delete(f"/api/chat/history/{alex.session_id}").status_code == 200
    assert alex.http.get("/api/health").json() == alex.http.get("/health").json()


def test_health_says_which_part_is_well(visitor: Caller) -> None:
    assert visitor.http.get("/health").json()["status"] == "ok"
    detailed = visitor.http.get("/health/detailed").json()["data"]
    assert (detailed["database"], detailed["redis"], detailed["models"]) == ("ok", "ok", ["offline"])


@pytest.mark.parametrize("path", ["/", "/health", "/api/v1/sessions", "/nowhere", "/help/fees-overview", "/widget.js"])
def test_every_answer_carries_security_headers_and_a_request_id(visitor: Caller, path: str) -> None:
    first, second = visitor.http.get(path), visitor.http.get(path, headers={"X-Request-ID": "chosen by the caller"})
    policy = first.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert first.headers["x-frame-options"] == "DENY"
    assert "camera=()" in first.headers["permissions-policy"]
    assert first.headers["cross-origin-opener-policy"] == "same-origin"
    shared = path == "/widget.js"
    assert first.headers["cross-origin-resource-policy"] == ("cross-origin" if shared else "same-origin")
    assert "strict-transport-security" not in first.headers
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["referrer-policy"] == "same-origin"
    assert "server" not in first.headers or "uvicorn" in first.headers["server"]
    assert UUID(first.headers["x-request-id"]) != UUID(second.headers["x-request-id"])


def test_a_stream_carries_them_too(visitor: Caller) -> None:
    response = visitor.http.post("/api/v1/chat/stream", json={"message": "hi"})
    assert UUID(response.headers["x-request-id"])
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert UUID(response.headers["x-turn-id"])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("GET", "/static/nowhere.js", 404, "not_found"),
        ("GET", "/static/../app.py", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not_found"),
        ("GET", "/api/v1/chat", 405, "method_not_allowed"),
        ("PUT", "/api/v1/chat/history/00000000-0000-4000-8000-000000000000", 405, "method_not_allowed"),
    ],
)
def test_an_address_that_is_not_there_gets_the_envelope(
    visitor: Caller, method: str, path: str, status: int, code: str
) -> None:
    response = visitor.http.request(method, path)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code


def test_no_other_origin_may_call_by_default(visitor: Caller) -> None:
    response = visitor.http.get("/health", headers={"Origin": ALLOWED})
    assert "access-control-allow-origin" not in response.headers
    preflight = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in visitor.http.options("/api/v1/chat", headers=preflight).headers


def test_only_origins_on_the_list_may_call(listed_server: str, meet: Meet) -> None:
    visitor = meet(listed_server)

    def allowed(origin: str) -> str | None:
        preflight = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, last-event-id",
        }
        asked = visitor.http.options("/api/v1/chat/stream", headers=preflight)
        called = visitor.http.get("/health", headers={"Origin": origin})
        assert asked.headers.get("access-control-allow-origin") == called.headers.get("access-control-allow-origin")
        return called.headers.get("access-control-allow-origin")

    assert allowed(ALLOWED) == ALLOWED
    for other in ("https://evil.example", "https://bank.example.evil.example", "http://bank.example", "null"):
        assert allowed(other) is None


def test_a_refused_call_from_a_listed_origin_can_be_read_there(listed_server: str, meet: Meet) -> None:
    response = meet(listed_server).http.post("/api/v1/chat", json={}, headers={"Origin": ALLOWED})
    assert response.status_code == 422
    assert response.headers["access-control-allow-origin"] == ALLOWED
    exposed = response.headers["access-control-expose-headers"].lower()
    assert {"x-request-id", "x-turn-id"} <= {name.strip() for name in exposed.split(",")}


def test_the_pages_are_there(visitor: Caller) -> None:
    assert "Tellergraph" in visitor.http.get("/").text or "Teller" in visitor.http.get("/").text
    assert visitor.http.get("/widget.js").headers["content-type"].startswith("text/javascript")
    assert visitor.http.get("/api/v1/demo").json()["data"]["logins"][0]["email"] == ALEX[0]


def test_behind_a_proxy_that_speaks_tls_browsers_are_told_to_stay_there(
    settings: Settings, shared_services: Services, meet: Meet
) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    trusting = settings.model_copy(update={"trusted_proxies": [ip_network("127.0.0.0/8")]})
    with serving(trusting, shared_services) as url:
        answer = httpx2.get(f"{url}/", headers=told)
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        # Who comes through the proxy is not this machine.
        assert httpx2.get(f"{url}/metrics", headers=told).status_code == 404
        assert httpx2.get(f"{url}/metrics").status_code == 200


def test_who_is_no_proxy_is_not_believed(visitor: Caller) -> None:
    answer = visitor.http.get("/health", headers={"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    assert "strict-transport-security" not in answer.headers


def test_answers_of_the_api_are_not_kept_by_anybody(visitor: Caller) -> None:
    for path in ("/api/v1/atms", "/api/v1/nowhere", "/api/v1/auth/me"):
        assert visitor.http.get(path).headers["cache-control"] == "no-store"


def test_pages_load_nothing_inline(visitor: Caller) -> None:
    for path in ("/", "/help/fees-overview"):
        page = visitor.http.get(path).text.lower()
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+\s*=|\sstyle\s*=|javascript:", page)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]", "bank.example@evil.example"])
def test_no_other_name_is_answered_to(visitor: Caller, host: str) -> None:
    """DNS rebinding: a page of another site whose name leads here."""
    answer = visitor.http.get("/api/v1/atms", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "other_host")


def test_names_that_were_set_are_answered_to(settings: Settings) -> None:
    names = {"public_url": "https://bank.example", "trusted_hosts": ["*.chat.example"], "cors_origins": [ALLOWED]}
    hosts = list_hosts(settings.model_copy(update=names))
    for name in ("bank.example", "BANK.example:443", "a.chat.example", "localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert hosts.answer_to(name), name
    for name in ("chat.example", "evilchat.example", "bank.example.evil", "evil.example"):
        assert not hosts.answer_to(name), name


def test_a_server_that_is_open_and_was_told_no_name_answers_to_any(settings: Settings) -> None:
    assert list_hosts(settings.model_copy(update={"host": "0.0.0.0"})).answer_to("anything.example")  # noqa: S104
    named = settings.model_copy(update={"host": "0.0.0.0", "public_url": "https://bank.example"})  # noqa: S104
    assert not list_hosts(named).answer_to("anything.example")


def test_every_origin_at_once_never_comes_with_credentials(settings: Settings, shared_services: Services) -> None:
    with serving(settings.model_copy(update={"cors_origins": ["*"]}), shared_services) as url:
        answer = httpx2.get(f"{url}/api/v1/atms", headers={"Origin": "https://evil.example", "Cookie": "a=b"})
    assert "access-control-allow-credentials" not in answer.headers
