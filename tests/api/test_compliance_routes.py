"""Officers of compliance over HTTP; and staff who publish a policy."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg

from core.services import Services
from tests.api.conftest import SignIn, customer_id_of, ok, refused
from tests.talking import ALEX, BLAIR, Meet

CASES = "/api/v1/admin/compliance/cases"
POLICIES = "/api/v1/admin/policies"
WHY = {"reason": "morning round"}


def test_officers_work_a_case_from_opening_to_report(server: str, fresh: Services, colleague: SignIn, meet: Meet):
    officer = colleague("compliance")
    whose = str(customer_id_of(fresh, BLAIR))
    case = ok(officer.http.post(CASES, json={"customer_id": whose, "reason": "a tip by telephone"}), 201)
    address = f"{CASES}/{case['id']}"
    assert refused(officer.http.post(CASES, json={"customer_id": whose, "reason": "again"}), 409) == "case_open"
    [listed] = ok(officer.http.get(CASES))["cases"]
    assert listed["id"] == case["id"]
    assert whose not in repr(listed)

    assert ok(officer.http.post(f"{address}/notes", json={"text": "Asked the branch."}), 201)["notes"]
    with psycopg.connect(fresh.owner_url) as owner:
        [(me,)] = owner.execute("select id from staff where email = 'compliance@demo.example'").fetchall()
    assert ok(officer.http.post(f"{address}/assign", json={"officer_id": str(me)}))["assigned_to"] == "Sasha Lorne"
    draft = ok(officer.http.post(f"{address}/report", json=WHY | {"glossary": ["XXS99XX"]}))
    assert draft["fincen"]["Party"][2]["PartyName"][0]["RawEntityIndividualLastName"] == "Ahmed"
    assert draft["markdown"].startswith("# Suspicious activity report (draft) AML-")
    assert refused(officer.http.post(f"{address}/report", json=WHY | {"glossary": ["x"]}), 400) == "glossary_code"

    closing = {"outcome": "report_filed", "reason": "filed today"}
    assert (
        refused(officer.http.post(f"{address}/closing/approve", json={"remark": "yes"}), 409) == "closing_not_proposed"
    )
    assert ok(officer.http.post(f"{address}/closing", json=closing))["status"] == "closing"
    assert refused(officer.http.post(f"{address}/closing/approve", json={"remark": "yes"}), 403) == "four_eyes"
    assert ok(officer.http.get(address, params=WHY))["status"] == "closing"

    for role in ("agent", "supervisor", "auditor", "admin"):
        assert refused(colleague(role).http.get(CASES), 403) == "role_not_allowed"
        assert refused(colleague(role).http.get(address, params=WHY), 403) == "role_not_allowed"
    assert refused(meet(server, BLAIR).http.get(address, params=WHY), 403) == "staff_only"
    assert refused(officer.http.get(f"{CASES}/{uuid4()}", params=WHY), 404) == "not_found"
    # What others may read says nothing of it.
    lines = ok(colleague("auditor").http.get("/api/v1/admin/audit", params=WHY | {"limit": 200}))["lines"]
    assert case["id"] not in repr(lines)
    assert not any("compliance" in line["action"] for line in lines)


def test_two_publish_a_policy_and_customers_are_answered_by_it(server: str, colleague: SignIn, meet: Meet):
    admin, supervisor = colleague("admin"), colleague("supervisor")
    holding = ok(admin.http.get(POLICIES))["versions"][0]["version"]
    document = ok(admin.http.get(f"{POLICIES}/{holding}"))
    body = {
        "version": "next",
        "effective_on": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
        "document": document | {"step_up_over_minor": 10_000},
        "reason": "codes from a hundred pounds on",
    }
    proposal = ok(admin.http.post(f"{POLICIES}/proposals", json=body), 201)
    address = f"{POLICIES}/proposals/{proposal['id']}"
    assert [one["id"] for one in ok(supervisor.http.get(f"{POLICIES}/proposals"))["proposals"]] == [proposal["id"]]
    assert refused(admin.http.post(f"{address}/approve", json={}), 403) == "four_eyes"
    assert ok(supervisor.http.post(f"{address}/approve", json={}))["status"] == "published"
    assert refused(supervisor.http.post(f"{address}/reject", json={}), 409) == "already_decided"
    assert ok(admin.http.get(address))["approver"] == "Dana Whitlock"
    assert ok(admin.http.get(f"{POLICIES}/next"))["step_up_over_minor"] == 10_000
    assert refused(admin.http.get(f"{POLICIES}/never"), 404) == "not_found"
    wrong = body | {
        "version": "later",
        "document": document | {"limits": [{"operation": "pay_payee", "period": "year"}]},
    }
    assert refused(admin.http.post(f"{POLICIES}/proposals", json=wrong), 422) == "invalid_input"

    answer = ok(meet(server, ALEX).http.get("/api/v1/permissions", params={"operation": "pay_payee"}))
    [permission] = answer["permissions"]
    assert (permission["allowed"], permission["security_code_over"]) == (True, "250.00")
