"""Staff over HTTP: files for a reason, the audit log, and changes that one proposes and another approves. Issue 3,
"Row-level security everywhere" and "Maker-checker for staff actions"."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from core.services import Services
from tests.api.conftest import SignIn, customer_id_of, ok, refused
from tests.talking import ALEX, BLAIR, Caller, Meet

NOBODYS = UUID("0199aaaa-0000-7000-8000-000000000000")
ADMIN = "/api/v1/admin"
LOOK = {"reason": "asked about it"}


def open_file(caller: Caller, customer_id: object, reason: str = "asked about a payment") -> httpx2.Response:
    return caller.http.post(f"{ADMIN}/customers/{customer_id}/file", json={"reason": reason})


def find(caller: Caller, login: tuple[str, str]) -> dict[str, Any]:
    body = {"email": login[0], "reason": "asked about a payment"}
    return ok(caller.http.post(f"{ADMIN}/customers/search", json=body))


def freezing(file: dict[str, Any]) -> dict[str, Any]:
    """What proposes to freeze the first account of a file."""
    whose = {"customer_id": file["customer"]["id"], "account_id": file["accounts"][0]["account_id"]}
    return whose | {"kind": "freeze_account", "reason": "card stolen"}


def test_an_account_of_another_customer_is_not_found_by_proposing(fresh: Services, colleague: SignIn):
    frozen = freezing(find(colleague("agent"), BLAIR)) | {"customer_id": str(customer_id_of(fresh, ALEX))}
    response = colleague("agent").http.post(f"{ADMIN}/actions", json=frozen)
    assert refused(response, 404) == "not_found"
    nobodys = frozen | {"account_id": str(uuid4())}
    again = colleague("agent").http.post(f"{ADMIN}/actions", json=nobodys)
    assert again.json()["error"] == response.json()["error"]


def test_a_payment_is_reversed_by_two_people(server: str, meet: Meet, colleague: SignIn):
    file = find(colleague("agent"), ALEX)
    paid = next(one for one in file["transactions"] if one["entry_id"] and one["amount"].startswith("-"))
    account = next(one for one in file["accounts"] if one["name"] == paid["account"])
    whose = {"customer_id": file["customer"]["id"]}
    body = whose | {"kind": "reverse_entry", "entry_id": paid["entry_id"], "reason": "paid twice"}
    action = ok(colleague("agent").http.post(f"{ADMIN}/actions", json=body), 201)
    assert (action["status"], action["customer_id"]) == ("pending", file["customer"]["id"])

    waiting = ok(colleague("supervisor").http.get(f"{ADMIN}/actions"))["actions"]
    assert [one["id"] for one in waiting] == [action["id"]]
    assert file["customer"]["id"] not in repr(waiting)
    done = ok(colleague("supervisor").http.post(f"{ADMIN}/actions/{action['id']}/approve", json={}))

    assert done["status"] == "completed"
    again = ok(colleague("admin").http.post(f"{ADMIN}/actions/{action['id']}/approve", json={}))
    assert again == done
    after = find(colleague("agent"), ALEX)
    money_back = next(one for one in after["accounts"] if one["account_id"] == account["account_id"])
    assert float(money_back["balance"]) == pytest.approx(float(account["balance"]) - float(paid["amount"]))
    [operation] = ok(meet(server, ALEX).http.get("/api/v1/operations"))["operations"]
    assert (operation["type"], operation["initiated_by"]) == ("reverse_entry", "staff")


def test_the_maker_does_not_approve(colleague: SignIn):
    body = freezing(find(colleague("supervisor"), BLAIR))
    action = ok(colleague("supervisor").http.post(f"{ADMIN}/actions", json=body), 201)

    for end, more in (("approve", {}), ("reject", {"remark": "no need"})):
        response = colleague("supervisor").http.post(f"{ADMIN}/actions/{action['id']}/{end}", json=more)
        assert refused(response, 403) == "four_eyes"
    assert refused(colleague("agent").http.post(f"{ADMIN}/actions/{action['id']}/approve", json={}), 403) == (
        "role_not_allowed"
    )
    assert ok(colleague("agent").http.get(f"{ADMIN}/actions/{action['id']}", params=LOOK)) == action
    assert refused(colleague("agent").http.get(f"{ADMIN}/actions/{action['id']}"), 422) == "invalid_input"

    rejected = ok(colleague("admin").http.post(f"{ADMIN}/actions/{action['id']}/reject", json={"remark": "no need"}))
    assert (rejected["status"], rejected["remark"]) == ("rejected", "no need")
    response = colleague("admin").http.post(f"{ADMIN}/actions/{action['id']}/approve", json={})
    assert refused(response, 409) == "already_decided"


def test_a_reversal_of_money_that_is_gone_is_refused_with_the_reason(fresh: Services, colleague: SignIn):
    file = find(colleague("agent"), BLAIR)
    with psycopg.connect(fresh.owner_url) as owner:
        query = "select max(entry_id) from transactions where kind = 'salary' and customer_id = %s"
        [(salary,)] = owner.execute(query, [file["customer"]["id"]]).fetchall()
    whose = {"customer_id": file["customer"]["id"]}
    body = whose | {"kind": "reverse_entry", "entry_id": salary, "reason": "sent in error"}

    assert refused(colleague("agent").http.post(f"{ADMIN}/actions", json=body), 422) == "below_limit"

    assert find(colleague("agent"), BLAIR)["accounts"] == file["accounts"]
    assert ok(colleague("agent").http.get(f"{ADMIN}/actions"))["actions"] == []


def test_an_approval_that_comes_too_late_is_refused_with_the_reason(fresh: Services, colleague: SignIn):
    body = freezing(find(colleague("agent"), BLAIR))
    action = ok(colleague("agent").http.post(f"{ADMIN}/actions", json=body), 201)
    with psycopg.connect(fresh.owner_url) as owner:
        owner.execute("update accounts set status = 'frozen' where id = %s", [body["account_id"]])

    response = colleague("supervisor").http.post(f"{ADMIN}/actions/{action['id']}/approve", json={})

    assert refused(response, 422) == "already_frozen"
    assert ok(colleague("agent").http.get(f"{ADMIN}/actions/{action['id']}", params=LOOK))["status"] == "failed"


def test_every_look_is_in_the_audit_log_and_only_some_may_read_it(fresh: Services, colleague: SignIn):
    alex = customer_id_of(fresh, ALEX)
    assert ok(open_file(colleague("agent"), alex, "a lost card"))["customer"]["email"] == ALEX[0]

    query = {"reason": "monthly review", "customer_id": str(alex)}
    [line] = ok(colleague("auditor").http.get(f"{ADMIN}/audit", params=query))["lines"]
    assert (line["action"], line["detail"]) == ("staff.file_opened", {"role": "agent", "reason": "a lost card"})
    assert line["actor"].startswith("staff:")
    for role in ("agent", "supervisor"):
        assert refused(colleague(role).http.get(f"{ADMIN}/audit", params=query), 403) == "role_not_allowed"


def test_no_password_and_no_full_number_is_in_a_file(fresh: Services, colleague: SignIn):
    file = open_file(colleague("agent"), customer_id_of(fresh, ALEX)).text
    assert "argon2" not in file
    for account in find(colleague("agent"), ALEX)["accounts"]:
        assert len(account["last4"]) <= 4


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/customers/{NOBODYS}/file", {"reason": "no reason"}),
        ("POST", "/customers/search", {"email": "blair@demo.example", "reason": "no reason"}),
        ("GET", "/audit?reason=review", None),
        ("GET", "/actions", None),
        ("GET", f"/actions/{NOBODYS}?reason=review", None),
        (
            "POST",
            "/actions",
            {"kind": "reverse_entry", "customer_id": str(NOBODYS), "entry_id": 1, "reason": "no reason"},
        ),
        ("POST", f"/actions/{NOBODYS}/approve", {}),
        ("POST", f"/actions/{NOBODYS}/reject", {"remark": "no reason"}),
    ],
)
def test_customers_and_visitors_are_sent_away(
    shared_server: str, meet: Meet, method: str, path: str, body: dict[str, Any] | None
):
    options = {} if body is None else {"json": body}
    customer = meet(shared_server, ALEX).http.request(method, ADMIN + path, **options)
    assert refused(customer, 403) == "staff_only"
    assert refused(meet(shared_server).http.request(method, ADMIN + path, **options), 401) == "unauthorized"


FREEZE = {
    "kind": "freeze_account",
    "customer_id": str(NOBODYS),
    "account_id": str(NOBODYS),
    "reason": "a reason",
}
REVERSE = {"kind": "reverse_entry", "customer_id": str(NOBODYS), "entry_id": 1, "reason": "a reason"}
OVERDRAFT = FREEZE | {"kind": "set_overdraft", "amount": "1.00", "currency": "GBP"}


@pytest.mark.parametrize(
    "body",
    [
        {name: value for name, value in REVERSE.items() if name != "reason"},
        {name: value for name, value in REVERSE.items() if name != "customer_id"},
        REVERSE | {"reason": "  "},
        REVERSE | {"entry_id": 0},
        REVERSE | {"account_id": str(NOBODYS)},
        FREEZE | {"account_id": "Everyday"},
        FREEZE | {"customer_id": "alex"},
        FREEZE | {"maker": str(NOBODYS)},
        FREEZE | {"kind": "close_account"},
        FREEZE | {"reason": "with a \x00 in it"},
        OVERDRAFT | {"amount": "-1"},
        OVERDRAFT | {"amount": "1.005"},
        OVERDRAFT | {"amount": "9" * 19},
        OVERDRAFT | {"currency": "XXX"},
    ],
)
def test_a_wrong_proposal_is_refused_and_nothing_waits(shared_server: str, meet: Meet, body: dict[str, Any]):
    agent = meet(shared_server, ("agent@demo.example", "demo-agent-1"))

    assert 400 <= agent.http.post(f"{ADMIN}/actions", json=body).status_code < 500

    assert ok(agent.http.get(f"{ADMIN}/actions"))["actions"] == []


def test_who_is_not_there_is_not_found(shared_server: str, meet: Meet):
    agent = meet(shared_server, ("agent@demo.example", "demo-agent-1"))
    assert refused(open_file(agent, uuid4()), 404) == "not_found"
    assert refused(agent.http.get(f"{ADMIN}/actions/{uuid4()}", params=LOOK), 404) == "not_found"
    body = {"email": "nobody@demo.example", "reason": "asked about a payment"}
    assert refused(agent.http.post(f"{ADMIN}/customers/search", json=body), 404) == "not_found"
    body = {"kind": "freeze_account", "customer_id": str(uuid4()), "account_id": str(uuid4()), "reason": "a reason"}
    assert refused(agent.http.post(f"{ADMIN}/actions", json=body), 404) == "not_found"
