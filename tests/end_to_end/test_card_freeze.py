"""A proposal waits for its customer; the customer's own decision is carried out once. Design rule 2."""

from typing import Any

import pytest

from tests.talking import ALEX, BLAIR, Caller, Meet, names

from .conftest import Records

FREEZE = "freeze my card ending 4821"


def card(records: Records) -> str:
    [row] = records("select status from cards where last4 = '4821' order by created_at limit 1")
    return row["status"]


def operations(records: Records) -> list[str]:
    return [row["status"] for row in records("select status from banking_operations order by created_at")]


def test_a_freeze_stops_for_confirmation_and_is_then_done_once(server: str, meet: Meet, records: Records) -> None:
    alex = meet(server, ALEX)
    asked = alex.ask(FREEZE)
    assert asked["confirmation"]["type"] == "freeze_card"
    assert asked["confirmation"]["card"] == "4821"
    assert asked["confirmation"]["step_up"] is False
    assert asked["task"] == "freeze_card"
    assert asked["suggested_next_steps"] == []
    assert (card(records), operations(records)) == ("active", ["pending"])

    approved = alex.decide(asked, "approve")
    assert approved.status_code == 200
    answer = approved.json()["data"]
    assert "frozen" in answer["response"]
    assert answer["confirmation"] is None
    assert answer["operation"] == {"operation_id": asked["confirmation"]["operation_id"], "status": "completed"}
    assert (card(records), operations(records)) == ("frozen", ["completed"])

    again = alex.decide(asked, "approve")
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "already_decided"
    denied = alex.decide(asked, "deny")
    assert denied.status_code == 409
    assert (card(records), operations(records)) == ("frozen", ["completed"])
    assert len(records("select 1 from audit_log where action = 'operation.completed'")) == 1
    assert "nothing to change" in alex.ask(FREEZE)["response"]


def test_a_refused_freeze_changes_nothing(server: str, meet: Meet, records: Records) -> None:
    alex = meet(server, ALEX)
    asked = alex.ask(FREEZE)
    denied = alex.decide(asked, "deny")
    assert denied.json()["data"]["operation"]["status"] == "cancelled"
    assert "not done it" in denied.json()["data"]["response"]
    assert alex.decide(asked, "approve").status_code == 409
    assert (card(records), operations(records)) == ("active", ["cancelled"])


@pytest.mark.parametrize(
    ("typed", "status", "state"),
    [("yes", "completed", "frozen"), ("Yes please.", "completed", "frozen"), ("no", "cancelled", "active")],
)
def test_a_typed_yes_or_no_decides(
    server: str, meet: Meet, records: Records, typed: str, status: str, state: str
) -> None:
    alex = meet(server, ALEX)
    asked = alex.ask(FREEZE)
    answer = alex.ask(typed)
    assert answer["operation"]["status"] == status
    assert (card(records), operations(records)) == (state, [status])
    assert alex.decide(asked, "approve").status_code == 409
    assert (card(records), operations(records)) == (state, [status])


def test_a_yes_with_nothing_pending_does_nothing(server: str, meet: Meet, records: Records) -> None:
    answer = meet(server, ALEX).ask("yes")
    assert answer["operation"] is None
    assert operations(records) == []


@pytest.mark.parametrize("decide", ["button", "yes"])
def test_a_question_in_between_leaves_the_proposal_open(server: str, meet: Meet, records: Records, decide: str) -> None:
    alex = meet(server, ALEX)
    asked = alex.ask(FREEZE)
    digression = alex.ask("what's my balance?")
    assert "£2,480.15" in digression["response"]
    assert digression["confirmation"] is None
    assert (card(records), operations(records)) == ("active", ["pending"])
    answer = alex.decide(asked, "approve").json()["data"] if decide == "button" else alex.ask("yes")
    assert answer["operation"]["status"] == "completed"
    assert (card(records), operations(records)) == ("frozen", ["completed"])


def test_a_second_proposal_withdraws_the_first(server: str, meet: Meet, records: Records) -> None:
    alex = meet(server, ALEX)
    first = alex.ask(FREEZE)
    second = alex.ask("freeze my card ending 9034")
    assert second["confirmation"]["card"] == "9034"
    stale = alex.decide(first, "approve")
    assert stale.status_code == 409 or stale.json()["data"]["operation"]["status"] == "cancelled"
    assert alex.ask("yes")["operation"]["status"] == "completed"
    assert card(records) == "active"
    assert operations(records) == ["cancelled", "completed"]


def test_the_decision_streams_when_the_client_accepts_it(server: str, meet: Meet, records: Records) -> None:
    alex = meet(server, ALEX)
    events = alex.hear(FREEZE)
    assert names(events) == ["turn", "route", "tool_call", "tool_result", "token", "confirm", "done"]
    asked = events[-1].content | {"turn_id": events[0].content["turn_id"]}
    assert events[-2].content == asked["confirmation"]
    alex.http.headers["Accept"] = "text/event-stream"
    response = alex.decide(asked, "approve")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert b"event: done" in response.content
    assert b"event: confirm" not in response.content
    assert card(records) == "frozen"


def test_nobody_else_can_decide(server: str, meet: Meet, records: Records) -> None:
    asked = meet(server, ALEX).ask(FREEZE)
    unknown = asked | {"turn_id": "00000000-0000-4000-8000-000000000000"}

    def refusal(caller: Caller, about: dict[str, Any]) -> tuple[int, Any]:
        response = caller.decide(about, "approve")
        return response.status_code, response.json()["error"]

    blair, visitor = meet(server, BLAIR), meet(server)
    assert refusal(blair, asked) == refusal(blair, unknown)
    assert refusal(blair, asked)[0] == 404
    assert refusal(visitor, asked) == refusal(visitor, unknown) == refusal(blair, asked)
    foreign = asked | {"confirmation": asked["confirmation"] | {"operation_id": unknown["turn_id"]}}
    assert refusal(meet(server, ALEX), foreign)[0] == 404
    assert (card(records), operations(records)) == ("active", ["pending"])


def test_the_same_words_in_another_session_ask_again(server: str, meet: Meet, records: Records) -> None:
    alex, elsewhere = meet(server, ALEX), meet(server, ALEX)
    alex.ask(FREEZE)
    assert elsewhere.ask("yes")["operation"] is None
    assert card(records) == "active"
