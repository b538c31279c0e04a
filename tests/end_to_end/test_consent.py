"""A bank that asks before it lets models of other companies answer: who has not agreed is answered by its own, at once
and also after they took a yes back."""

from tests.scripted_model import Finish, ScriptedModel, Text
from tests.talking import ALEX, Caller, Meet

from .conftest import Serve

QUESTION = "How do I activate my new card?"
OUTSIDE = "openai:scripted"


def agree(caller: Caller, *, give: bool) -> None:
    prepared = caller.http.put("/api/v1/profile/consents/outside_models", json={"give": give})
    assert prepared.status_code == 201, prepared.text
    operation = prepared.json()["data"]["operation_id"]
    done = caller.http.post(f"/api/v1/operations/{operation}/confirm", json={"decision": "approve"})
    assert done.json()["data"]["status"] == "completed", done.text


def answered_by(caller: Caller) -> str:
    return caller.ask(QUESTION)["metadata"]["model_version"].partition("/")[0]


def test_other_companies_models_answer_while_their_customer_agrees(serve: Serve, model: ScriptedModel, meet: Meet):
    url = serve(outside_models_need_consent=True)
    alex = meet(url, ALEX)
    assert answered_by(alex) == "offline"

    agree(alex, give=True)
    model.will([Text("Open the app."), Finish()])
    assert answered_by(alex) == OUTSIDE

    agree(alex, give=False)
    assert answered_by(alex) == "offline"
    assert len(model.requests) == 1


def test_a_visitor_cannot_agree(serve: Serve, meet: Meet):
    assert answered_by(meet(serve(outside_models_need_consent=True))) == "offline"


def test_a_bank_that_does_not_ask_is_answered_as_before(serve: Serve, model: ScriptedModel, meet: Meet):
    model.will([Text("Open the app."), Finish()])
    assert answered_by(meet(serve(), ALEX)) == OUTSIDE
