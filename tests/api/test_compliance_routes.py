"""What compliance staff have over HTTP, and nobody else. Issue 6: "Tipping off is impossible"."""

from uuid import UUID

import pytest

from tests.api.conftest import SignIn, ok, refused
from tests.talking import ALEX, Meet

NOBODYS = UUID("0199aaaa-0000-7000-8000-000000000000")
HITS = "/api/v1/admin/screening/hits"
APPLICATIONS = "/api/v1/admin/kyc/applications"
LOOK = {"reason": "weekly review"}


@pytest.fixture
def colleague(shared_server: str, meet: Meet) -> SignIn:
    """Who only looks here, and leaves nothing but the line that says so."""
    return lambda role: meet(shared_server, (f"{role}@demo.example", f"demo-{role}-1"))


@pytest.mark.parametrize(("role", "status"), [("agent", 403), ("supervisor", 200), ("auditor", 200), ("admin", 200)])
def test_hits_are_for_compliance_staff(colleague: SignIn, role: str, status: int):
    assert colleague(role).http.get(HITS, params=LOOK).status_code == status


def test_a_look_at_hits_needs_a_reason(colleague: SignIn):
    assert refused(colleague("supervisor").http.get(HITS), 422) == "invalid_input"


@pytest.mark.parametrize("path", [HITS, APPLICATIONS])
def test_customers_and_visitors_are_sent_away(shared_server: str, meet: Meet, path: str):
    assert refused(meet(shared_server, ALEX).http.get(path, params=LOOK), 403) == "staff_only"
    assert meet(shared_server).http.get(path, params=LOOK).status_code == 401


def test_what_is_not_there_is_not_found(colleague: SignIn):
    supervisor = colleague("supervisor").http
    verdict = {"verdict": "true_match", "reason": "it is them"}
    assert refused(supervisor.post(f"{HITS}/{NOBODYS}/propose", json=verdict), 404) == "not_found"
    assert refused(supervisor.post(f"{HITS}/{NOBODYS}/decide", json={"decision": "approve"}), 404) == "not_found"
    assert refused(supervisor.post(f"{APPLICATIONS}/{NOBODYS}/take"), 404) == "not_found"
    assert refused(supervisor.post(f"{APPLICATIONS}/{NOBODYS}/documents/identity"), 404) == "not_found"
    given_back = {"verdict": "draft", "message": "more_needed", "reason": "not enough"}
    assert refused(supervisor.post(f"{APPLICATIONS}/{NOBODYS}/propose", json=given_back), 404) == "not_found"


def test_the_queue_of_applications_does_not_say_whose_they_are(colleague: SignIn):
    assert ok(colleague("agent").http.get(APPLICATIONS)) == {"applications": []}
    assert refused(colleague("auditor").http.get(APPLICATIONS), 403) == "role_not_allowed"


def test_a_customer_sees_how_their_identification_stands(shared_server: str, meet: Meet):
    found = ok(meet(shared_server, ALEX).http.get("/api/v1/kyc"))
    assert (found["identification"], found["application"]) == ("verified", None)
    assert found["next_step"] == "Nothing to do: you are identified."
