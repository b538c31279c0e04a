"""A customer pays in the chat: the proposal stops for the customer, a risky one for a code as well. Design rule 2."""

from typing import Any

import httpx2
import pytest

from tests.talking import ALEX, BLAIR, Caller, Meet

from .conftest import Records

SMALL = "Send 50 pounds to Maria Lopez"
LARGE = "pay Maria 300 quid"


def everyday(records: Records) -> int:
    [row] = records("select balance_minor from accounts where name = 'Everyday' and balance_minor > 100000 limit 1")
    return row["balance_minor"]


def statuses(records: Records) -> list[str]:
    return [row["status"] for row in records("select status from banking_operations order by created_at, id")]


def decide(caller: Caller, asked: dict[str, Any], code: str | None) -> httpx2.Response:
    body = {"operation_id": asked["confirmation"]["operation_id"], "decision": "approve", "code": code}
    return caller.http.post(f"/api/v1/chat/turns/{asked['turn_id']}/confirm", json=body)


def newest_code(caller: Caller) -> str:
    return caller.http.get("/api/v1/demo/outbox").json()["data"]["messages"][0]["code"]


def test_a_payment_is_proposed_and_made_once_when_it_is_approved(server: str, meet: Meet, records: Records):
    alex = meet(server, ALEX)
    asked = alex.ask(SMALL)
    shown = asked["confirmation"]
    assert (shown["type"], shown["amount"], shown["currency"]) == ("pay_payee", "50.00", "GBP")
    assert (shown["payee"], shown["account"], shown["step_up"]) == ("Maria Lopez", "Everyday", False)
    assert everyday(records) == 248015

    assert alex.decide(asked, "approve").json()["data"]["operation"]["status"] == "completed"
    assert alex.decide(asked, "approve").status_code == 409

    assert everyday(records) == 243015
    assert records("select * from ledger_faults") == []
    [linked] = records(
        """select m.content from banking_operations o join chat_messages m on m.id = o.chat_message_id"""
    )
    assert linked["content"] == SMALL.replace("Maria Lopez", "[PERSON_1]")


def test_a_typed_yes_makes_a_small_payment(server: str, meet: Meet, records: Records):
    alex = meet(server, ALEX)
    alex.ask(SMALL)
    answer = alex.ask("yes")
    assert answer["operation"]["status"] == "completed"
    assert everyday(records) == 243015


@pytest.mark.parametrize("said", ["yes", "yes, go ahead", "approve 123456", "the code is 123456"])
def test_nothing_typed_makes_a_payment_that_needs_a_code(server: str, meet: Meet, records: Records, said: str):
    alex = meet(server, ALEX)
    asked = alex.ask(LARGE)
    assert asked["confirmation"]["step_up"] is True
    said = said.replace("123456", newest_code(alex))

    answer = alex.ask(said)

    assert answer["operation"] is None
    assert (everyday(records), statuses(records)) == (248015, ["pending"])


def test_a_yes_to_a_payment_that_needs_a_code_is_told_where_to_enter_it(server: str, meet: Meet):
    alex = meet(server, ALEX)
    alex.ask(LARGE)
    answer = alex.ask("yes")
    assert "security code" in answer["response"]
    assert answer["confirmation"]["step_up"] is True


def test_a_wrong_code_is_refused_and_the_right_one_pays(server: str, meet: Meet, records: Records):
    alex = meet(server, ALEX)
    asked = alex.ask(LARGE)
    right = newest_code(alex)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    missing, refused = decide(alex, asked, None), decide(alex, asked, wrong)
    assert (missing.status_code, missing.json()["error"]["code"]) == (422, "step_up_required")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "wrong_code")
    assert everyday(records) == 248015

    paid = decide(alex, asked, right)
    assert paid.json()["data"]["operation"]["status"] == "completed"
    assert everyday(records) == 218015


def test_after_five_wrong_codes_the_payment_is_over(server: str, meet: Meet, records: Records):
    alex = meet(server, ALEX)
    asked = alex.ask(LARGE)
    right = newest_code(alex)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    answers = [decide(alex, asked, wrong) for _ in range(5)]
    late = decide(alex, asked, right)

    assert [answer.status_code for answer in answers[:4]] == [422] * 4
    assert answers[4].json()["data"]["operation"]["status"] == "failed"
    assert late.status_code == 409
    assert (everyday(records), statuses(records)) == (248015, ["failed"])


def test_correcting_the_amount_asks_again_and_voids_the_first(server: str, meet: Meet, records: Records):
    alex = meet(server, ALEX)
    first = alex.ask(SMALL)
    second = alex.ask("Send 20 pounds to Maria Lopez")
    assert second["confirmation"]["amount"] == "20.00"

    assert alex.decide(first, "approve").json()["data"]["operation"]["status"] == "cancelled"
    assert alex.decide(second, "approve").json()["data"]["operation"]["status"] == "completed"

    assert everyday(records) == 246015


def test_somebody_else_cannot_confirm_it(server: str, meet: Meet, records: Records):
    alex, blair = meet(server, ALEX), meet(server, BLAIR)
    asked = alex.ask(SMALL)
    assert blair.decide(asked, "approve").status_code == 404
    operation_id = asked["confirmation"]["operation_id"]
    assert blair.http.post(f"/api/v1/operations/{operation_id}/confirm", json={}).status_code == 404
    assert everyday(records) == 248015


def test_what_cannot_be_paid_is_said_and_leaves_nothing(server: str, meet: Meet, records: Records):
    alex = meet(server, ALEX)
    assert "not enough money" in alex.ask("Send 5000 pounds to Maria Lopez")["response"]
    assert "more than zero" in alex.ask("Send 0 pounds to Maria Lopez")["response"]
    assert "Maria Lopez" in alex.ask("Send 10 pounds to Zelda")["response"]
    assert (everyday(records), statuses(records)) == (248015, [])
