"""A customer's rights over their data, over HTTP: a copy, a correction, an answer within a month."""

import io
import json
import zipfile
from collections.abc import Iterator

import psycopg
import pytest

from core.services import Services
from core.settings import Settings
from tests.api.conftest import ok, refused
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import ALEX, BLAIR, Meet

SUPERVISOR, AGENT = (("supervisor@demo.example", "demo-supervisor-1"), ("agent@demo.example", "demo-agent-1"))
WRONG_NAME = {
    "kind": "rectification",
    "field": "full_name",
    "wanted": "Blair Newname",
    "reason": "I have married.",
}


@pytest.fixture(scope="module")
def own_services(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as own:
        yield own


@pytest.fixture(scope="module")
def own_server(settings: Settings, own_services: Services) -> Iterator[str]:
    with serving(settings, own_services) as url:
        yield url


def test_a_customer_gets_a_copy_of_their_data_and_nobody_elses(own_server: str, own_services: Services, meet: Meet):
    alex = meet(own_server, ALEX)
    alex.ask("mail me at holiday.home@example.org about cards")
    response = alex.http.get("/api/v1/profile/export")

    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    assert response.headers["cache-control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    said = json.loads(archive.read("chat_messages.json"))
    assert any(row["original"] and "holiday.home@example.org" in row["original"] for row in said)
    assert json.loads(archive.read("customers.json"))[0]["full_name"].startswith("Alex")
    with psycopg.connect(own_services.owner_url) as owner:
        query = "select customer_id from credentials where email = %s"
        (blair,) = owner.execute(query, [BLAIR[0]]).fetchall()[0]
    assert str(blair) not in "".join(archive.read(name).decode("latin-1") for name in archive.namelist())


def test_a_copy_is_for_customers_alone(own_server: str, meet: Meet):
    supervisor = meet(own_server, SUPERVISOR)
    assert refused(meet(own_server).http.get("/api/v1/profile/export"), 401) == "unauthorized"
    assert refused(supervisor.http.get("/api/v1/profile/export"), 403) == "customers_only"


def test_a_wrong_name_is_corrected_by_staff_on_record(own_server: str, own_services: Services, meet: Meet):
    blair, supervisor = meet(own_server, BLAIR), meet(own_server, SUPERVISOR)
    made = ok(blair.http.post("/api/v1/profile/privacy-requests", json=WRONG_NAME), 201)
    assert made["status"] == "open"
    assert refused(blair.http.post("/api/v1/profile/privacy-requests", json=WRONG_NAME), 409) == "already_asked"
    waiting = ok(supervisor.http.get("/api/v1/admin/privacy/requests"))["requests"]
    assert made["id"] in [each["id"] for each in waiting]
    assert "customer_id" not in waiting[0]

    opened = ok(supervisor.http.post(f"/api/v1/admin/privacy/requests/{made['id']}/open"))
    assert opened["wanted"] == "Blair Newname"
    decision = {"decision": "grant", "answer": "Corrected, as your certificate says."}
    address = f"/api/v1/admin/privacy/requests/{made['id']}/decide"
    assert ok(supervisor.http.post(address, json=decision))["status"] == "done"
    assert refused(supervisor.http.post(address, json=decision), 404) == "not_found"

    profile = ok(blair.http.get("/api/v1/profile"))
    assert profile["name"] == "Blair Newname"
    (mine,) = ok(blair.http.get("/api/v1/profile/privacy-requests"))["requests"]
    assert (mine["status"], mine["answer"]) == ("done", decision["answer"])
    assert ok(meet(own_server, ALEX).http.get("/api/v1/profile/privacy-requests"))["requests"] == []
    with psycopg.connect(own_services.owner_url) as owner:
        lines = owner.execute("select action, detail from audit_log where action like 'privacy_request.%' order by id")
        assert lines.fetchall() == [
            ("privacy_request.made", {"kind": "rectification"}),
            ("privacy_request.done", {"kind": "rectification", "field": "full_name"}),
        ]


def test_an_agent_reads_requests_and_does_not_decide(own_server: str, meet: Meet):
    asked = {"kind": "objection", "reason": "No profiling, please."}
    made = ok(meet(own_server, ALEX).http.post("/api/v1/profile/privacy-requests", json=asked), 201)
    agent = meet(own_server, AGENT)
    ok(agent.http.post(f"/api/v1/admin/privacy/requests/{made['id']}/open"))
    decision = {"decision": "refuse", "answer": "We may."}
    response = agent.http.post(f"/api/v1/admin/privacy/requests/{made['id']}/decide", json=decision)
    assert refused(response, 403) == "role_not_allowed"
    nobodys = ok(meet(own_server, BLAIR).http.get("/api/v1/profile/privacy-requests"))["requests"]
    assert made["id"] not in [each["id"] for each in nobodys]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "rectification", "reason": "It is wrong."},
        {"kind": "rectification", "field": "date_of_birth", "wanted": "yesterday", "reason": "It is wrong."},
        {"kind": "rectification", "field": "date_of_birth", "wanted": "2999-01-01", "reason": "It is wrong."},
        {"kind": "erasure", "field": "full_name", "wanted": "x", "reason": "Please."},
        {"kind": "erasure", "reason": "x"},
        {"kind": "everything", "reason": "Please."},
        {"kind": "erasure", "reason": "Please.", "customer_id": "0199c0de-0000-7000-8000-000000000000"},
    ],
)
def test_a_request_that_says_too_little_or_too_much_is_refused(own_server: str, meet: Meet, body):
    response = meet(own_server, ALEX).http.post("/api/v1/profile/privacy-requests", json=body)
    assert response.status_code in (400, 422), response.text
    assert response.json()["error"]["code"] == "invalid_input"
