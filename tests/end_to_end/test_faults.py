"""What a customer sees when a server dies in the middle of an answer: an error that says so, and soon an answer."""

from pathlib import Path

import httpx2
import pytest

from core.audit.checkpoints import Journal
from core.audit.verify import verify_log
from core.services import Services
from tests.core.core_servers import find_server
from tests.end_to_end.conftest import Records
from tests.scripted_model import Finish, Gate, ScriptedModel, Text, says
from tests.talking import ALEX, Caller, Meet
from tests.waiting import eventually

QUESTION = "How do I activate my new card?"
RECOVERY = 10.0
"""Seconds within which a right answer must come again: the issue's bound."""


def answers_again(caller: Caller, message: str) -> bool:
    response = caller.http.post("/api/v1/chat", json=caller.body(message))
    assert response.status_code in {200, 409, 503}, response.text
    return response.status_code == httpx2.codes.OK


@pytest.mark.parametrize("name", ["postgres", "redis-server"])
def test_a_server_that_dies_in_mid_answer_is_an_error_and_then_the_conversation_goes_on(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records, data_dir: Path, name: str
) -> None:
    gate = Gate()
    model.will([Text("Slowly "), gate, Text("but surely."), Finish()])
    alex = meet(model_server, ALEX)
    with alex.streaming(QUESTION) as events:
        seen = [next(events)]
        gate.wait_until_reached()
        find_server(data_dir, name).kill()
        gate.open()
        seen += list(events)
    assert seen[-1].name == "error"
    assert seen[-1].content["code"] == "service_unavailable"
    assert [event.name for event in seen].count("error") == 1

    # No model is asked about the weather, however often it takes.
    eventually(lambda: answers_again(alex, "What is the weather in Paris?"), within=RECOVERY)
    model.will(says("Here again."))
    assert "Here again." in alex.ask(QUESTION)["response"]
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
