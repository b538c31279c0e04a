"""Registration, login and tokens. Issue 2, part 10."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from core.security.key_store import read_trust
from core.security.tokens import AccountType, Identity
from core.services import Services
from core.settings import Settings
from tests.forgeries import EXPIRED, forgeries
from tests.talking import ALEX, BLAIR, Caller, Meet
from tests.tokens import signer_of
from tools.demo_bank import LOGINS

PASSWORD = "a-long-enough-one"


@pytest.fixture
def stranger(shared_server: str, meet: Meet) -> Caller:
    return meet(shared_server)


def post(caller: Caller, action: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    response = caller.http.post(f"/api/v1/auth/{action}", json=body)
    return response.status_code, response.json()


def test_a_customer_registers_and_is_signed_in_at_once(stranger: Caller, shared_services: Services) -> None:
    email = f"{uuid4().hex}@new.example"
    status, body = post(stranger, "register", {"name": "Nia New", "email": email.upper(), "password": PASSWORD})
    assert status == 201
    assert body["data"]["token_type"] == "bearer"
    assert body["data"]["customer"]["name"] == "Nia New"
    assert body["data"]["customer"]["email"] == email
    stranger.http.headers["Authorization"] = f"Bearer {body['data']['access_token']}"
    me = stranger.http.get("/api/v1/auth/me").json()["data"]
    assert (me["email"], me["kyc_status"]) == (email, "pending")
    assert "no accounts" in stranger.ask("what's my balance?")["response"]
    with psycopg.connect(shared_services.owner_url) as owner:
        row = owner.execute("select password_hash from credentials where email = %s", [email]).fetchone()
    assert row is not None
    assert row[0].startswith("$argon2id$")

    for taken in (email, f" {email.title()} "):
        again = {"name": "Nia Again", "email": taken, "password": PASSWORD}
        status, body = post(stranger, "register", again)
        assert (status, body["error"]["code"]) == (409, "email_taken")


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(stranger: Caller) -> None:
    answers = [
        post(stranger, "login", {"email": email, "password": "wrong"})
        for email in (ALEX[0], "nobody@demo.example", "not an address")
    ]
    assert [(status, body["error"]) for status, body in answers] == [(401, answers[0][1]["error"])] * 3
    assert answers[0][1]["error"]["code"] == "wrong_credentials"


def test_a_login_does_not_care_about_case_and_spaces_of_the_address(stranger: Caller, settings: Settings) -> None:
    status, body = post(stranger, "login", {"email": " Alex@Demo.Example ", "password": ALEX[1]})
    assert status == 200
    assert body["data"]["customer"]["email"] == ALEX[0]
    assert body["data"]["staff"] is None
    assert body["data"]["expires_in"] == settings.access_token_ttl.total_seconds()


def test_staff_sign_in_and_are_no_customers(stranger: Caller) -> None:
    login = next(login for login in LOGINS if login.role != "customer")
    status, body = post(stranger, "login", {"email": login.email, "password": login.password})
    assert status == 200
    assert body["data"]["customer"] is None
    assert body["data"]["staff"]["role"] == login.role
    stranger.http.headers["Authorization"] = f"Bearer {body['data']['access_token']}"
    assert stranger.http.get("/api/v1/auth/me").json()["data"]["email"] == login.email
    assert "log in" in stranger.ask("what's my balance?")["response"]


def test_an_oauth2_client_gets_a_token_for_a_form(stranger: Caller) -> None:
    form = {"grant_type": "password", "username": BLAIR[0], "password": BLAIR[1]}
    response = stranger.http.post("/api/v1/auth/token", data=form)
    assert response.status_code == 200
    assert set(response.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
    stranger.http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
    assert stranger.http.get("/api/v1/auth/me").json()["data"]["email"] == BLAIR[0]
    refused = stranger.http.post("/api/v1/auth/token", data=form | {"password": "wrong"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert refused.headers["cache-control"] == "no-store"
    for wrong, expected in (({"grant_type": "magic"}, "unsupported_grant_type"), ({"password": ""}, "invalid_request")):
        refused = stranger.http.post("/api/v1/auth/token", data=form | wrong)
        assert (refused.status_code, refused.json()["error"]) == (400, expected)


def test_a_token_that_is_not_ours_is_refused_and_never_taken_for_a_visitors(
    stranger: Caller, shared_services: Services
) -> None:
    """Issue 8: 120 forged or odd tokens, 401 every time."""
    forged = forgeries(read_trust(shared_services.owner_url, shared_services.secret_key).current)
    sendable = {name: token for name, token in forged.items() if "\n" not in token}
    assert len(sendable) >= 120
    for name, token in sendable.items():
        bearer = [(b"Authorization", b"Bearer " + token.encode())]
        for response in (
            stranger.http.get("/api/v1/auth/me", headers=bearer),
            stranger.http.post("/api/v1/chat/stream", json={"message": "hi"}, headers=bearer),
        ):
            assert response.status_code == 401, name
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.json()["error"]["code"] == ("token_expired" if name in EXPIRED else "invalid_token"), name


@pytest.mark.parametrize(
    "path", ["/api/v1/chat", "/api/v2/chat", "/api/chat", "/api/chat/stream", "/v1/chat/completions"]
)
def test_every_door_of_the_chat_refuses_a_forged_token(stranger: Caller, path: str) -> None:
    stranger.http.headers["Authorization"] = "Bearer a.b.c"
    body = (
        {"message": "hi"}
        if path.startswith("/api")
        else {"model": "tellergraph", "messages": [{"role": "user", "content": "hi"}]}
    )
    assert stranger.http.post(path, json=body).status_code == 401


@pytest.mark.parametrize("header", ["Basic YWxleDp4", "Bearer", "Token abc", "bearer"])
def test_credentials_of_another_kind_are_refused_too(stranger: Caller, header: str) -> None:
    stranger.http.headers["Authorization"] = header
    assert stranger.http.post("/api/v1/chat", json={"message": "hi"}).status_code == 401


def test_a_token_of_a_customer_who_is_gone_sees_nothing(stranger: Caller, shared_services: Services) -> None:
    token = signer_of(shared_services).issue(Identity(uuid4(), AccountType.CUSTOMER, "customer"), datetime.now(UTC))
    stranger.http.headers["Authorization"] = f"Bearer {token}"
    assert stranger.http.get("/api/v1/auth/me").status_code == 404
    assert stranger.http.get("/api/v1/sessions").json()["data"]["sessions"] == []


def test_without_a_token_there_is_nothing_of_ones_own(stranger: Caller) -> None:
    for path in ("/api/v1/auth/me", "/api/v1/sessions"):
        response = stranger.http.get(path)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")
