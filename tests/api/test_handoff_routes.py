"""A conversation reaches a person over HTTP: asked for by the customer, taken and closed by a colleague."""

from uuid import uuid4

from core.services import Services
from tests.api.conftest import SignIn, customer_id_of, ok, refused
from tests.talking import ALEX, Meet

HANDOFFS = "/api/v1/admin/handoffs"


def test_a_customer_reaches_a_person(server: str, fresh: Services, meet: Meet, colleague: SignIn):
    alex, agent = meet(server, ALEX), colleague("agent")
    body = {"reason": "about my mortgage"}
    proposed = ok(alex.http.post("/api/v1/support/handoffs", json=body), 201)
    assert ok(agent.http.get(HANDOFFS)) == {"handoffs": []}
    confirm = f"/api/v1/operations/{proposed['operation_id']}/confirm"
    ok(alex.http.post(confirm, json={"decision": "approve"}))

    [waiting] = ok(agent.http.get(HANDOFFS))["handoffs"]
    assert set(waiting) == {"id", "reference", "requested_at"}
    taken = ok(agent.http.post(f"{HANDOFFS}/{waiting['id']}/take"))
    assert refused(colleague("admin").http.post(f"{HANDOFFS}/{waiting['id']}/take"), 409) == "handoff_not_yours"
    closed = ok(agent.http.post(f"{HANDOFFS}/{waiting['id']}/close"))

    assert (taken["status"], taken["customer_id"]) == ("taken", str(customer_id_of(fresh, ALEX)))
    assert (taken["packet"]["reason"], taken["packet"]["door"]) == ("about my mortgage", "rest")
    assert closed["status"] == "closed"


def test_customers_and_auditors_take_nothing_over(server: str, meet: Meet, colleague: SignIn):
    somebody = f"{HANDOFFS}/{uuid4()}/take"

    assert refused(meet(server, ALEX).http.get(HANDOFFS), 403) == "staff_only"
    assert refused(meet(server, ALEX).http.post(somebody), 403) == "staff_only"
    assert refused(meet(server).http.get(HANDOFFS), 401) == "unauthorized"
    assert refused(colleague("auditor").http.post(somebody), 403) == "role_not_allowed"
    assert refused(colleague("agent").http.post(somebody), 409) == "handoff_not_yours"
