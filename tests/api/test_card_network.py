"""The card network's door over HTTP, and the staff's queue of alerts."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from pydantic import SecretStr

from core.services import Services
from core.settings import Settings
from tests.api.conftest import SignIn, ok, refused
from tests.serving import serving
from tests.talking import ALEX, Caller, Meet

SECRET = "the-card-network-s-own-credential!"
DOOR = "/api/v1/cards/authorisations"
QUEUE = "/api/v1/admin/fraud/alerts"


@pytest.fixture
def network(settings: Settings, fresh: Services) -> Iterator[httpx2.Client]:
    known = settings.model_copy(update={"card_network_secret": SecretStr(SECRET)})
    with (
        serving(known, fresh) as url,
        httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {SECRET}"}, timeout=30) as client,
    ):
        yield client


def charge(services: Services, **changes: Any) -> dict[str, Any]:
    with psycopg.connect(services.owner_url) as owner:
        [(card, terminal)] = owner.execute(
            """select c.id, (select min(t.id) from terminals t join merchants m on m.id = t.merchant_id
                              where t.kind = 'in_store' and m.country = 'GB')
                 from cards c join credentials l using (customer_id) where l.email = %s and c.last4 = '4821'""",
            [ALEX[0]],
        ).fetchall()
    body = {"reference": "net-1", "card_id": str(card), "terminal_id": terminal, "amount": "12.50", "currency": "GBP"}
    return body | changes


def test_the_network_is_answered_with_its_own_credential_and_nothing_else(network: httpx2.Client, fresh: Services):
    answer = ok(network.post(DOOR, json=charge(fresh)))
    assert (answer["approved"], answer["response_code"], answer["reference"]) == (True, "00", "net-1")
    assert ok(network.post(DOOR, json=charge(fresh))) == answer
    assert refused(network.post(DOOR, json=charge(fresh, amount="13")), 409) == "reference_reused"
    assert refused(network.post(DOOR, json=charge(fresh, card_id=str(uuid4()))), 404) == "not_found"
    for changes in ({"amount": "-1"}, {"currency": "pounds"}, {"reference": "a b"}, {"customer_id": "x"}):
        assert refused(network.post(DOOR, json=charge(fresh, **changes)), 422) == "invalid_input"
    assert refused(network.post(DOOR, json=charge(fresh, amount="0.001")), 400) == "wrong_amount"
    assert refused(network.post(DOOR, json=charge(fresh, currency="EUR")), 400) == "wrong_currency"
    for credential in ("Bearer", f"Bearer {SECRET}x", f"Basic {SECRET}"):
        denied = network.post(DOOR, json=charge(fresh), headers={"Authorization": credential})
        assert denied.status_code == 401
    # It opens nothing else.
    assert network.get("/api/v1/accounts").status_code == 401


def test_without_a_credential_nobody_gets_authorisations(shared_server: str, meet: Meet, shared_services: Services):
    assert meet(shared_server, ALEX).http.post(DOOR, json=charge(shared_services)).status_code == 401


def test_staff_see_what_waits_and_open_a_file_to_see_whose(server: str, meet: Meet, colleague: SignIn):
    agent: Caller = colleague("agent")
    [queued] = ok(agent.http.get(QUEUE))["alerts"]
    assert (queued["status"], queued["is_card"]) == ("open", True)
    assert not {"customer_id", "card_id", "transaction_id"} & set(queued)
    address = f"{QUEUE}/{queued['id']}"
    opened = ok(agent.http.get(address, params={"reason": "looks at the queue"}))
    assert opened["customer_id"]
    assert refused(agent.http.get(f"{QUEUE}/{uuid4()}", params={"reason": "looks at it"}), 404) == "not_found"

    asked = ok(agent.http.post(f"{address}/move", json={"to": "customer_asked", "note": "please ask"}))
    assert asked["status"] == "customer_asked"
    again = agent.http.post(f"{address}/move", json={"to": "customer_asked", "note": "please ask"})
    assert refused(again, 409) == "already_asked"
    closing = {"to": "closed", "note": "nobody answers"}
    assert refused(agent.http.post(f"{address}/move", json=closing), 403) == "role_not_allowed"
    closed = ok(colleague("supervisor").http.post(f"{address}/move", json=closing))
    assert (closed["status"], closed["note"]) == ("closed", "nobody answers")
    assert meet(server, ALEX).http.get(QUEUE).status_code == 403


def test_an_alert_is_answered_over_rest(server: str, meet: Meet):
    alex = meet(server, ALEX)
    listed = ok(alex.http.get("/api/v1/fraud/alerts"))["alerts"]
    body = {"answer": "fraud", "reference": listed[0]["reference"]}
    asked = ok(alex.http.post("/api/v1/fraud/alerts/answer", json=body), 201)
    done = ok(alex.http.post(f"/api/v1/operations/{asked['operation_id']}/confirm", json={"decision": "approve"}))
    assert (done["type"], done["status"]) == ("confirm_fraud", "completed")
    assert ok(alex.http.get("/api/v1/fraud/alerts"))["alerts"] == []
    assert ok(alex.http.get("/api/v1/fraud/held-payments"))["payments"] == []
