"""Codes, authenticator apps and payees over HTTP."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx2
import pytest
from pyotp.totp import TOTP

from core.settings import Settings
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import ALEX, Caller, Meet

PAYMENT = {"amount": "300", "payee": "Maria Lopez"}


def data(response: httpx2.Response, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return response.json()["data"]


def error(response: httpx2.Response, status: int = 422) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return response.json()["error"]


def prepare(caller: Caller, payment: dict[str, str] = PAYMENT) -> str:
    """The id of a payment that waits for a code."""
    proposed = data(caller.http.post("/api/v1/transfers", json=payment), 201)
    assert proposed["step_up"] is True
    return proposed["operation_id"]


def outbox(caller: Caller) -> list[dict[str, Any]]:
    return data(caller.http.get("/api/v1/demo/outbox"))["messages"]


def confirm(caller: Caller, operation_id: str, code: str | None = None) -> httpx2.Response:
    return caller.http.post(f"/api/v1/operations/{operation_id}/confirm", json={"code": code})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_payment_is_confirmed_with_the_code_of_the_outbox(alex: Caller, blair: Caller, seeded_at: datetime):
    operation_id = prepare(alex)

    first = outbox(alex)[0]
    assert (first["operation_id"], datetime.fromisoformat(first["sent_at"])) == (operation_id, seeded_at)
    assert "£300.00 to Maria Lopez" in first["text"]
    assert set(first) == {"text", "code", "sent_at", "operation_id"}
    assert outbox(blair) == []

    assert error(confirm(alex, operation_id))["code"] == "step_up_required"
    assert data(confirm(alex, operation_id, first["code"]))["status"] == "completed"


def test_the_outbox_shows_the_latest_first(alex: Caller):
    operations = [prepare(alex) for _ in range(2)]

    assert [message["operation_id"] for message in outbox(alex)[:2]] == operations[::-1]


def test_the_outbox_is_the_signed_in_customers(visitor: Caller, staff: Caller):
    assert error(visitor.http.get("/api/v1/demo/outbox"), 401)["code"] == "unauthorized"
    assert error(staff.http.get("/api/v1/demo/outbox"), 403)["code"] == "customers_only"


def test_the_fifth_wrong_code_ends_it(alex: Caller):
    operation_id = prepare(alex)
    right = outbox(alex)[0]["code"]

    refused = [error(confirm(alex, operation_id, wrong(right))) for _ in range(5)]

    assert [(each["code"], each["details"]["tries_left"]) for each in refused] == [
        *(("wrong_code", left) for left in (4, 3, 2, 1)),
        ("step_up_locked", 0),
    ]
    assert error(confirm(alex, operation_id, right))["code"] == "step_up_locked"
    assert data(alex.http.get(f"/api/v1/operations/{operation_id}"))["status"] == "failed"


def test_a_code_in_a_message_confirms_nothing(alex: Caller):
    operation_id = prepare(alex)
    code = outbox(alex)[0]["code"]

    alex.ask(f"Yes, the code is {code}")
    alex.ask(code)

    assert data(alex.http.get(f"/api/v1/operations/{operation_id}"))["status"] == "pending"


def test_an_app_from_its_beginning_to_its_end(blair: Caller, seeded_at: datetime):
    """The server's clock stands still, so each code is of another step of the window."""
    address = "/api/v1/auth/totp"
    assert data(blair.http.get(address)) == {"in_use": False, "since": None}
    assert error(blair.http.request("DELETE", address, json={"code": "123456"}), 404)["code"] == "not_found"

    begun = data(blair.http.post(address), 201)
    app = TOTP(begun["secret"])
    delivered = outbox(blair)[0]
    assert delivered["operation_id"] == begun["operation_id"]
    assert "authenticator app" in delivered["text"]
    codes = {"code": app.at(seeded_at), "delivered_code": delivered["code"]}
    for name, code in codes.items():
        bad = codes | {name: wrong(code)}
        assert error(blair.http.post(f"{address}/confirm", json=bad))["code"] == "wrong_code"
    state = data(blair.http.post(f"{address}/confirm", json=codes))
    assert state["in_use"] is True
    assert data(blair.http.get(address)) == state

    assert error(blair.http.post(address), 409)["code"] == "authenticator_exists"
    payee = {"name": "Anna Berg", "iban": "GB33BUKB20201555555555"}
    proposed = data(blair.http.post("/api/v1/payees", json=payee), 201)
    assert outbox(blair)[0] == delivered
    assert error(confirm(blair, proposed["operation_id"], codes["code"]))["code"] == "wrong_code"

    assert error(blair.http.request("DELETE", address, json={"code": codes["code"]}))["code"] == "wrong_code"
    code = app.at(seeded_at, counter_offset=1)
    assert data(blair.http.request("DELETE", address, json={"code": code})) == {"in_use": False, "since": None}
    assert error(confirm(blair, proposed["operation_id"], code))["code"] == "step_up_changed"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_app_is_a_customers_own(visitor: Caller, staff: Caller, method: str):
    body = {"json": {"code": "123456"}} if method == "DELETE" else {}

    assert error(visitor.http.request(method, "/api/v1/auth/totp", **body), 401)["code"] == "unauthorized"
    assert error(staff.http.request(method, "/api/v1/auth/totp", **body), 403)["code"] == "customers_only"


@pytest.mark.parametrize("body", [{}, {"code": "1"}, {"code": 123456}, {"code": "123456", "customer_id": "x"}])
def test_what_is_no_code_is_refused_before_it_counts(blair: Caller, body: dict[str, Any]):
    for method, path in (("DELETE", ""), ("POST", "/confirm")):
        refused = error(blair.http.request(method, f"/api/v1/auth/totp{path}", json=body))

        assert refused["code"] == "invalid_input"


def test_payees_from_adding_to_removing(alex: Caller):
    bad = error(alex.http.post("/api/v1/payees", json={"name": "Anna Berg", "iban": "GB34BUKB20201555555555"}))
    assert (bad["code"], "check digits" in bad["message"]) == ("iban_wrong", True)

    numbers = {"sort_code": "204567", "account_number": "12345678"}
    added = data(alex.http.post("/api/v1/payees", json={"name": "Anna Berg", **numbers}), 201)
    data(confirm(alex, added["operation_id"], outbox(alex)[0]["code"]))
    changed = data(alex.http.patch("/api/v1/payees/Anna Berg", json={"name": "Anna Bergmann"}), 201)
    data(confirm(alex, changed["operation_id"], outbox(alex)[0]["code"]))
    names = [payee["name"] for payee in data(alex.http.get("/api/v1/payees"))["payees"]]
    assert names[0] == "Anna Bergmann"

    removed = data(alex.http.delete("/api/v1/payees/Anna Bergmann"), 201)
    data(confirm(alex, removed["operation_id"]))
    assert [payee["name"] for payee in data(alex.http.get("/api/v1/payees"))["payees"]] == names[1:]

    used = error(alex.http.delete("/api/v1/payees/Sunrise Lettings"))
    assert (used["code"], len(used["details"]["uses"])) == ("payee_in_use", 1)


def test_a_name_check_tells_the_verdict_alone(alex: Caller):
    checked = data(alex.http.post("/api/v1/payees/name-check", json={"payee": "Maria Lopez"}))

    assert set(checked) == {"status", "name", "account", "verdict", "message"}
    assert checked["verdict"] == "unable"


# Outside demo mode --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def earnest_server(settings: Settings, clone: Clone, template_database: str) -> Iterator[str]:
    """Outside demo mode, with no way to send codes."""
    with (
        clone(template_database) as services,
        serving(settings.model_copy(update={"demo": False}), services) as url,
    ):
        yield url


def test_outside_demo_mode_there_is_no_outbox_and_what_needs_a_code_is_refused(
    shared_server: str, earnest_server: str, meet: Meet
):
    meet(shared_server, ALEX)
    alex = meet(earnest_server, ALEX)

    assert alex.http.get("/api/v1/demo/outbox").status_code == 404
    assert alex.http.post("/api/v1/demo/mailbox", json={"email": ALEX[0]}).status_code == 404
    assert error(alex.http.post("/api/v1/transfers", json=PAYMENT))["code"] == "step_up_unavailable"
    assert error(alex.http.post("/api/v1/auth/totp"))["code"] == "step_up_unavailable"
    assert data(alex.http.get("/api/v1/operations?status=pending"))["operations"] == []
    small = data(alex.http.post("/api/v1/transfers", json=PAYMENT | {"amount": "5"}), 201)
    assert data(confirm(alex, small["operation_id"]))["status"] == "completed"
