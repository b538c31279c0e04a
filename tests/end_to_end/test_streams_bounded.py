"""One customer cannot hold all places of those who follow answers. Issue 8, hardening."""

from tests.end_to_end.conftest import Serve
from tests.scripted_model import Finish, Gate, ScriptedModel, Text
from tests.talking import ALEX, BLAIR, Meet

QUESTION = "How do I activate my new card?"
UNASKED = "What is the weather in Paris?"
"""No model is asked about it."""


def test_a_person_follows_one_answer_at_a_time_where_one_is_allowed(
    serve: Serve, model: ScriptedModel, meet: Meet
) -> None:
    gate = Gate()
    model.will([Text("Slowly "), gate, Text("but surely."), Finish()])
    url = serve(streams_per_user=1)
    alex, blair = meet(url, ALEX), meet(url, BLAIR)
    with alex.streaming(QUESTION) as events:
        next(events)
        gate.wait_until_reached()
        refused = alex.http.post("/api/v1/chat", json={"message": UNASKED})
        other = blair.http.post("/api/v1/chat", json={"message": UNASKED})
        gate.open()
        list(events)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_streams")
    assert refused.headers["retry-after"] == "1"
    assert other.status_code == 200
    assert alex.http.post("/api/v1/chat", json={"message": UNASKED}).status_code == 200
