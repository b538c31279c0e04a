"""What somebody thinks of an answer: kept once for each turn, masked, by nobody but who asked, and for as long as the
conversation is."""

from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from core.services import Services
from tests.talking import ALEX, BLAIR, Caller, Meet


def judge(caller: Caller, turn_id: str, rating: str = "up", **rest: Any) -> httpx2.Response:
    return caller.http.post(f"/api/v1/chat/turns/{turn_id}/feedback", json={"rating": rating, **rest})


def kept(services: Services, turn_id: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(services.owner_url) as owner:
        query = "select owner, rating, comment, changed_at >= created_at from feedback where turn_id = %s"
        return owner.execute(query, [turn_id]).fetchall()


@pytest.mark.parametrize("login", [None, ALEX], ids=["visitor", "alex"])
def test_a_thumb_is_kept_and_can_be_turned(
    shared_server: str, shared_services: Services, meet: Meet, login: tuple[str, str] | None
) -> None:
    caller = meet(shared_server, login)
    turn = caller.ask("How do I activate my new card?")["turn_id"]

    first = judge(caller, turn, "up")
    second = judge(caller, turn, "down", comment="It did not say where the button is.")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["data"] == {"turn_id": turn, "rating": "up", "comment": None}
    said = "It did not say where the button is."
    assert second.json()["data"] == {"turn_id": turn, "rating": "down", "comment": said}
    [(owner, *row)] = kept(shared_services, turn)
    assert (owner.partition(":")[0], row) == ("customer" if login else "visitor", ["down", said, True])


def test_the_history_shows_what_was_thought_of_an_answer(shared_server: str, meet: Meet) -> None:
    alex = meet(shared_server, ALEX)
    turn = alex.ask("what's my balance?")["turn_id"]
    alex.ask("thanks")
    judge(alex, turn, "down", comment="Too long.")
    assert [(said["rating"], said["comment"]) for said in alex.history()] == [
        (None, None),
        ("down", "Too long."),
        (None, None),
        (None, None),
    ]


def test_a_comment_is_kept_without_what_is_personal(shared_server: str, shared_services: Services, meet: Meet) -> None:
    alex = meet(shared_server, ALEX)
    turn = alex.ask("what are my payees?")["turn_id"]
    comment = "You forgot sunrise lettings, GB29NWBK60161331926819. Write to zara.quill@mail.example, my PIN is 4921."
    answer = judge(alex, turn, "down", comment=comment).json()["data"]["comment"]
    [(_, _, stored, _)] = kept(shared_services, turn)
    assert stored == answer
    for personal in ("sunrise", "GB29", "zara", "4921"):
        assert personal not in stored
    assert "You forgot [PERSON_1], [IBAN_1]" in stored


def test_a_turn_of_somebody_else_answers_as_one_that_nobody_had(
    shared_server: str, shared_services: Services, meet: Meet
) -> None:
    alex, blair, visitor = meet(shared_server, ALEX), meet(shared_server, BLAIR), meet(shared_server)
    of_alex, missing = alex.ask("hi")["turn_id"], str(uuid4())
    for stranger in (blair, visitor):
        foreign, nobodys = judge(stranger, of_alex), judge(stranger, missing)
        assert (foreign.status_code, nobodys.status_code) == (404, 404)
        assert foreign.json()["error"] == nobodys.json()["error"]
    assert kept(shared_services, of_alex) == []


@pytest.mark.parametrize(
    "body",
    [{}, {"rating": "great"}, {"rating": "up", "comment": ""}, {"rating": "up", "comment": "x" * 1001},
     {"rating": "up", "comment": "a\x00b"}, {"rating": "up", "owner": "customer:1"}],
)  # fmt: skip
def test_what_is_no_judgement_is_refused(shared_server: str, meet: Meet, body: dict[str, str]) -> None:
    visitor = meet(shared_server)
    turn = visitor.ask("hi")["turn_id"]
    refused = visitor.http.post(f"/api/v1/chat/turns/{turn}/feedback", json=body)
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "invalid_input"


def test_it_goes_with_the_conversation(shared_server: str, shared_services: Services, meet: Meet) -> None:
    visitor = meet(shared_server)
    turn = visitor.ask("hi")["turn_id"]
    judge(visitor, turn)
    assert visitor.http.delete(f"/api/v1/chat/history/{visitor.session_id}").status_code == 200
    assert kept(shared_services, turn) == []


def test_thumbs_are_counted_and_changes_of_them_once(shared_server: str, meet: Meet) -> None:
    def counted(rating: str) -> float:
        text = httpx2.get(f"{shared_server}/metrics").text
        line = next(
            (each for each in text.splitlines() if f'tellergraph_feedback_total{{rating="{rating}"}}' in each), "0"
        )
        return float(line.split()[-1])

    visitor = meet(shared_server)
    turn = visitor.ask("hi")["turn_id"]
    before = counted("up"), counted("down")
    judge(visitor, turn, "up")
    judge(visitor, turn, "up")
    judge(visitor, turn, "down")
    assert (counted("up") - before[0], counted("down") - before[1]) == (1, 1)
