"""What a customer sees when a server dies in the middle of an answer: an error that says so, and soon an answer."""

from pathlib import Path

import httpx2

from core.audit.checkpoints import Journal
from core.audit.verify import verify_log
from core.services import Services
from tests.core.core_servers import find_server
from tests.end_to_end.conftest import Records
from tests.scripted_model import Finish, Gate, ScriptedModel, Text, says
from tests.talking import ALEX, Caller, Event, Meet
from tests.waiting import eventually

QUESTION = "How do I activate my new card?"
ANSWER = "Slowly but surely."
RECOVERY = 10.0
"""Seconds within which a right answer must come again: the issue's bound."""


def answers_again(caller: Caller, message: str) -> bool:
    response = caller.http.post("/api/v1/chat", json=caller.body(message))
    assert response.status_code in {200, 409, 503}, response.text
    return response.status_code == httpx2.codes.OK


def test_a_database_that_dies_in_mid_answer_is_an_error_and_then_the_conversation_goes_on(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records, data_dir: Path
) -> None:
    alex = meet(model_server, ALEX)
    seen = ask_while_one_dies(alex, model, data_dir, "postgres")

    assert_lost(seen)
    assert_goes_on(alex, model, records)


def test_an_answer_is_whole_or_an_error_though_redis_dies_in_its_middle_and_then_the_conversation_goes_on(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records, data_dir: Path
) -> None:
    """Redis's client tries again, so nothing is lost if the supervisor was quick: who wins is not ours to say."""
    alex = meet(model_server, ALEX)
    seen = ask_while_one_dies(alex, model, data_dir, "redis-server")

    if seen[-1].name == "done":
        assert "".join(event.content["text"] for event in seen if event.name == "token") == ANSWER
    else:
        assert_lost(seen)
    assert_goes_on(alex, model, records)


def ask_while_one_dies(caller: Caller, model: ScriptedModel, data_dir: Path, name: str) -> list[Event]:
    """The events of an answer in the middle of which the server ``name`` is killed."""
    gate = Gate()
    model.will([Text("Slowly "), gate, Text("but surely."), Finish()])
    with caller.streaming(QUESTION) as events:
        seen = [next(events)]
        gate.wait_until_reached()
        find_server(data_dir, name).kill()
        gate.open()
        seen += list(events)
    return seen


def assert_lost(seen: list[Event]) -> None:
    assert seen[-1].name == "error"
    assert seen[-1].content["code"] == "service_unavailable"
    assert [event.name for event in seen].count("error") == 1


def assert_goes_on(caller: Caller, model: ScriptedModel, records: Records) -> None:
    # No model is asked about the weather, however often it takes.
    eventually(lambda: answers_again(caller, "What is the weather in Paris?"), within=RECOVERY)
    model.will(says("Here again."))
    assert "Here again." in caller.ask(QUESTION)["response"]
    assert len(records("select 1 from chat_turns where status = 'running'")) == 0


def test_a_decision_that_loses_the_database_is_done_once_or_not_at_all(
    server: str, fresh: Services, meet: Meet, records: Records, data_dir: Path
) -> None:
    alex = meet(server, ALEX)
    asked = alex.ask("freeze my card ending 4821")
    find_server(data_dir, "postgres").kill()

    def decided() -> bool:
        response = alex.decide(asked, "approve")
        assert response.status_code in {200, 409, 500, 503}, response.text
        return response.status_code == httpx2.codes.OK or response.json()["error"]["code"] == "already_decided"

    eventually(decided, within=RECOVERY)
    assert records("select status from banking_operations") == [{"status": "completed"}]
    assert len(records("select 1 from audit_log where action = 'operation.completed'")) == 1
    assert records("select id from audit_log where id not in (select entry_id from audit_links)") == []
    assert verify_log(fresh.owner_url, Journal((), ())).is_whole
    assert len(records("select 1 from cards where last4 = '4821' and status = 'frozen'")) == 1
