"""A dispute over HTTP from the customer's side and the bank's, and a case that the chat opened. Issue 6."""

from tests.api.conftest import SignIn, ok, refused
from tests.talking import ALEX, Meet

DISPUTES, ADMIN, CASES = "/api/v1/disputes", "/api/v1/admin/disputes", "/api/v1/admin/care-cases"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"


def test_a_dispute_is_opened_shown_evidenced_and_decided(server: str, meet: Meet, colleague: SignIn):
    alex, agent, supervisor = meet(server, ALEX), colleague("agent"), colleague("supervisor")
    payments = ok(alex.http.get("/api/v1/transactions", params={"limit": 50}))["transactions"]
    payment = next(one for one in payments if one["kind"] == "card_payment" and one["status"] == "booked")

    proposed = ok(alex.http.post(DISPUTES, json={"reference": payment["reference"], "reason": "not_received"}), 201)
    ok(alex.http.post(f"/api/v1/operations/{proposed['operation_id']}/confirm", json={}))
    [listed] = ok(alex.http.get(DISPUTES))["disputes"]
    assert (listed["state"], listed["transaction"]) == ("open", payment["reference"])
    sent = alex.http.post("/api/v1/attachments", files={"file": ("order.pdf", PDF)}, data={"purpose": "dispute"})
    attachment = sent.json()["data"]["attachment"]["id"]
    evidence = f"{DISPUTES}/{listed['reference']}/evidence"
    proposed = ok(alex.http.post(evidence, json={"attachment": attachment}), 201)
    ok(alex.http.post(f"/api/v1/operations/{proposed['operation_id']}/confirm", json={}))

    [waiting] = ok(agent.http.get(ADMIN))["disputes"]
    found = ok(agent.http.get(f"{ADMIN}/{waiting['id']}", params={"reason": "next in the queue"}))
    assert [one["attachment_id"] for one in found["evidence"]] == [attachment]
    file = agent.http.get(f"{ADMIN}/{waiting['id']}/evidence/{attachment}", params={"reason": "to decide"})
    assert (file.content, file.headers["content-security-policy"]) == (PDF, "sandbox; default-src 'none'")
    ok(agent.http.post(f"{ADMIN}/{waiting['id']}/investigate", json={"reason": "my turn"}))
    action = {"kind": "resolve_for_customer", "reason": "the order proves it"}
    [filed] = ok(agent.http.post(f"{ADMIN}/{waiting['id']}/actions", json=action), 201)["actions"]
    decision = f"{ADMIN}/{waiting['id']}/actions/{filed['id']}"
    assert refused(agent.http.post(decision, json={"decision": "approve"}), 403) == "role_not_allowed"
    ok(supervisor.http.post(decision, json={"decision": "approve"}))

    status = ok(alex.http.get(f"{DISPUTES}/{listed['reference']}"))
    assert status["dispute"]["state"] == "resolved_for_customer"
    assert ok(agent.http.get(ADMIN))["disputes"] == []
    assert refused(alex.http.get(ADMIN), 403) == "staff_only"


def test_a_case_that_the_chat_opened_is_taken_and_closed_by_a_colleague(server: str, meet: Meet, colleague: SignIn):
    alex, agent = meet(server, ALEX), colleague("agent")
    said = ok(alex.http.post("/api/v1/chat", json={"message": "my phone was stolen on the bus"}))["response"]
    [case] = ok(agent.http.get(CASES))["cases"]
    assert case["reference"] in said
    close = f"{CASES}/{case['id']}/close"
    assert refused(agent.http.post(close, json={"outcome": "not taken yet"}), 409) == "case_not_yours"
    taken = ok(agent.http.post(f"{CASES}/{case['id']}/take"))
    assert (taken["kind"], taken["said"]) == ("lost_phone", "my phone was stolen on the bus")
    assert ok(agent.http.post(close, json={"outcome": "app access reset"}))["outcome"] == "app access reset"
    assert ok(agent.http.get(CASES))["cases"] == []
    assert refused(alex.http.post(close, json={"outcome": "done"}), 403) == "staff_only"
