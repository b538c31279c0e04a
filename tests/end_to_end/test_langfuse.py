"""What a Langfuse of the bank's gets to read of a turn: all that helps to understand it, and nothing that is personal.
And what a turn notices of Langfuse: nothing."""

import json
import re
from collections.abc import Iterator
from typing import Any

import opentelemetry.trace
import pytest
from pydantic import SecretStr

from agent.prompts.templates import shipped
from tests.langfuse_server import LangfuseServer, ReceivedSpan, langfuse_server
from tests.scripted_model import Call, Finish, ScriptedModel, Status, calls, says
from tests.talking import ALEX, Meet
from tests.waiting import eventually

from .conftest import Records, Serve

QUESTION = (
    "what are my payees? I am Zara Quill, zara.quill@mail.example, +44 7700 900123, GB29 NWBK 6016 1331 9268 19,"
    " and my password is Swordfish-77"
)
MODEL = "openai:gpt-4o-mini"
TYPED = ["zara", "quill", "mail.example", "900123", "6016 1331", "Swordfish", "NWBK"]


@pytest.fixture
def langfuse() -> Iterator[LangfuseServer]:
    with langfuse_server() as server:
        yield server


@pytest.fixture
def personal(records: Records) -> list[str]:
    """What identifies alex and the people alex pays, with the parts of names by themselves."""
    people = records(
        "select p.name, p.iban, p.account_number, p.sort_code from payees p join credentials using (customer_id)"
        " where email = %s union all select c.full_name, a.iban, a.account_number, a.sort_code"
        " from customers c join credentials l on l.customer_id = c.id join accounts a on a.customer_id = c.id"
        " where email = %s",
        ALEX[0],
        ALEX[0],
    )
    [own] = records(
        "select c.id::text, phone, address_line, postcode, email from customers c"
        " join credentials l on l.customer_id = c.id where email = %s",
        ALEX[0],
    )
    found = {value for row in (*people, own) for value in row.values() if value}
    assert len(found) > 15
    return [*found, "Lopez", "Carter", "Chan", "Lettings"]


def keys_of(langfuse: LangfuseServer, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings. The library keeps one client for each public key as long as the process lives."""
    return {
        "llm": f"{MODEL},offline",
        "langfuse_base_url": langfuse.base_url,
        "langfuse_public_key": SecretStr(f"pk-{request.node.name}"),
        "langfuse_secret_key": SecretStr("sk-test"),
    }


@pytest.fixture
def watched(serve: Serve, langfuse: LangfuseServer, request: pytest.FixtureRequest) -> str:
    """A server whose Langfuse is there."""
    return serve(**keys_of(langfuse, request))


def only(spans: list[ReceivedSpan], kind: str) -> list[ReceivedSpan]:
    return [span for span in spans if span.type == kind]


def assert_nothing_personal(langfuse: LangfuseServer, personal: list[str]) -> None:
    """Neither in the bytes that came nor in what they decode to."""
    decoded = json.dumps([langfuse.scores, [[span.name, span.attributes] for span in langfuse.spans]])
    said = f"{langfuse.raw.decode(errors='replace')}\n{json.loads(json.dumps(decoded))}\n{langfuse.scores}"
    assert [one for one in personal if re.search(rf"(?i)(?<![a-z]){re.escape(one)}(?![a-z])", said)] == []


def test_a_turn_with_a_tool_and_a_model_is_one_tree_with_usage_cost_and_scores(
    watched: str, langfuse: LangfuseServer, model: ScriptedModel, meet: Meet, personal: list[str]
) -> None:
    model.will(
        calls("list_payees"),
        says("You have 5 payees: Maria Lopez, John Carter, Jimmy Chan, Gas Board and Sunrise Lettings."),
    )
    alex = meet(watched, ALEX)
    turn = alex.ask(QUESTION)
    [root] = langfuse.wait_for_turns(1)
    eventually(lambda: len(langfuse.scores) >= 3)

    assert (root.name, root.type) == ("turn", "agent")
    assert {span.trace_id for span in langfuse.spans} == {root.trace_id}
    assert [span.name for span in only(langfuse.below(root), "span")] == [
        "screen", "understand", "answer", "tools", "answer", "go_on", "verify", "remember",
    ]  # fmt: skip
    by_parent = {
        (span.name, span.type): next(each.name for each in langfuse.spans if each.id == span.parent_id)
        for span in langfuse.spans
        if span.parent_id
    }
    assert by_parent["list_payees", "tool"] == "tools"
    assert by_parent[MODEL, "generation"] == "answer"
    assert by_parent["release", "guardrail"] == "answer"
    assert by_parent["screen", "guardrail"] == "screen"

    first, second = only(langfuse.spans, "generation")
    for generation in (first, second):
        assert generation.attributes["langfuse.observation.model.name"] == MODEL
        assert json.loads(generation.attributes["langfuse.observation.usage_details"]) == {"input": 11, "output": 7}
        assert json.loads(generation.attributes["langfuse.observation.cost_details"]) == {"total": 6e-06}
        assert generation.metadata["prompt"] == "operation 1, permissions_customer 1, policy 1, system 2"
        assert "langfuse.observation.prompt.name" not in generation.attributes
    asked = json.loads(first.attributes["langfuse.observation.input"])
    assert [message["role"] for message in asked] == ["human"]

    answered = only(langfuse.spans, "tool")[0].attributes["langfuse.observation.output"]
    assert [word for word in re.findall(r"\[[A-Z_]+_\d+\]", answered) if word.startswith("[PERSON_")]
    assert root.attributes["langfuse.observation.input"].startswith("what are my payees? I am [PERSON_")
    assert root.attributes["langfuse.observation.output"]
    assert set(root.attributes["langfuse.trace.tags"]) == {"operation", turn["intent"], "chat", "customer", "done"}
    scores = {score["name"]: score["value"] for score in langfuse.scores}
    assert scores["guard_screen"] == 0  # a password was typed
    assert {score["traceId"] for score in langfuse.scores} == {root.trace_id}
    assert scores["groundedness"] == 1
    assert_nothing_personal(langfuse, [*personal, *TYPED])
    assert turn["turn_id"] not in langfuse.raw.decode(errors="replace")
    assert turn["session_id"] not in langfuse.raw.decode(errors="replace")


def test_a_memo_and_what_a_model_makes_of_it_are_hidden_too(
    watched: str, langfuse: LangfuseServer, model: ScriptedModel, meet: Meet, personal: list[str]
) -> None:
    """A name that nobody knows, in a payment's reference, in arguments that are refused, and in the name of a tool
    that there is not."""
    model.will(
        [
            Call("pay_payee", '{"payee": "Maria Lopez", "amount": "5", "reference": "for Zara Quill 07700 900123"}'),
            Call("tell_zara_quill", '{"email": "zara.quill@mail.example"}', id="call_2"),
            Call("list_payees", '{"customer": "Zara Quill"}', id="call_3"),
            Finish("tool_calls"),
        ],
    )
    meet(watched, ALEX).ask("pay Maria Lopez 5 pounds, reference for Zara Quill 07700 900123")
    langfuse.wait_for_turns(1)
    assert any(span.name == "pay_payee" for span in only(langfuse.spans, "tool"))
    assert_nothing_personal(langfuse, [*personal, "zara", "quill", "900123"])


def test_a_customer_has_one_name_there_and_a_conversation_too(
    watched: str, langfuse: LangfuseServer, model: ScriptedModel, meet: Meet
) -> None:
    alex, again, visitor = meet(watched, ALEX), meet(watched, ALEX), meet(watched)
    model.will(says("Hello."), says("Hello."), says("Hello."))
    for caller in (alex, alex, again):
        caller.ask("hi")
    visitor.ask("What is the weather in Paris?")
    one, two, other, nobody = (span.attributes for span in langfuse.wait_for_turns(4))
    assert one["user.id"] == two["user.id"] == other["user.id"]
    assert "user.id" not in nobody
    assert one["session.id"] == two["session.id"]
    assert len({each["session.id"] for each in (one, other, nobody)}) == 3


def test_the_prompt_that_langfuse_keeps_is_linked_to_what_was_made_with_it(
    serve: Serve, langfuse: LangfuseServer, model: ScriptedModel, meet: Meet, request: pytest.FixtureRequest
) -> None:
    path = "/api/public/v2/prompts/tellergraph-small_talk"
    text = shipped()["small_talk"].text
    langfuse.answers["GET", path] = {"type": "text", "version": 7, "prompt": text}
    url = serve(**keys_of(langfuse, request))
    visitor = meet(url)

    def is_used() -> bool:
        model.will(says("Hello."))
        return "small_talk langfuse-7" in visitor.ask("hi")["metadata"]["prompt_version"]

    eventually(is_used)
    linked = eventually(
        lambda: [
            one for one in only(langfuse.spans, "generation") if "langfuse.observation.prompt.name" in one.attributes
        ]
    )
    assert linked[0].attributes["langfuse.observation.prompt.name"] == "tellergraph-small_talk"
    assert linked[0].attributes["langfuse.observation.prompt.version"] == 7


def test_feedback_is_a_score_of_its_turn_that_a_later_one_replaces(
    watched: str, langfuse: LangfuseServer, meet: Meet, model: ScriptedModel, personal: list[str]
) -> None:
    alex = meet(watched, ALEX)
    model.will(says("Hello."))
    turn = alex.ask("hi")["turn_id"]
    where = f"/api/v1/chat/turns/{turn}/feedback"
    alex.http.post(where, json={"rating": "up"})
    comment = "Maria Lopez says you are wrong, ask zara.quill@mail.example"
    assert alex.http.post(where, json={"rating": "down", "comment": comment}).status_code == 200
    [root] = langfuse.wait_for_turns(1)
    up, down = eventually(
        lambda: found if len(found := [one for one in langfuse.scores if one["name"] == "feedback"]) == 2 else []
    )
    assert (up["value"], down["value"]) == (1, 0)
    assert up["id"] == down["id"]
    assert up["traceId"] == down["traceId"] == root.trace_id
    assert down["comment"] == "[PERSON_1] says you are wrong, ask [EMAIL_1]"
    assert_nothing_personal(langfuse, [*personal, "zara", "quill"])


def test_a_model_that_fails_is_an_error_by_its_class(
    watched: str, langfuse: LangfuseServer, meet: Meet, model: ScriptedModel
) -> None:
    model.will([Status(500, "no answer for zara.quill@mail.example")])
    meet(watched, ALEX).ask("hi")
    langfuse.wait_for_turns(1)
    failed, answered = only(langfuse.spans, "generation")
    assert failed.attributes["langfuse.observation.level"] == "ERROR"
    assert failed.attributes["langfuse.observation.status_message"] == "ModelFailed"
    assert failed.metadata["outcome"] == "overloaded"
    assert answered.name == "offline"
    assert "langfuse.observation.input" not in answered.attributes
    assert b"zara" not in langfuse.raw


@pytest.mark.parametrize("trouble", ["fails", "hangs", "is gone"])
def test_a_turn_notices_nothing_of_a_langfuse_that(
    serve: Serve, langfuse: LangfuseServer, meet: Meet, request: pytest.FixtureRequest, trouble: str
) -> None:
    """Its server ends in time as well: what hangs does not hold it."""
    settings = keys_of(langfuse, request) | {"llm": "offline"}
    langfuse.fails, langfuse.hangs = trouble == "fails", trouble == "hangs"
    if trouble == "is gone":
        settings["langfuse_base_url"] = "http://127.0.0.1:9"
    visitor = meet(serve(**settings))
    answers = [visitor.ask("How do I activate my new card?")["response"] for _ in range(3)]
    assert len(set(answers)) == 1
    judged = visitor.http.post(f"/api/v1/chat/turns/{visitor.history()[-1]['turn_id']}/feedback", json={"rating": "up"})
    assert judged.status_code == 200


def test_nothing_is_sent_where_tracing_is_off_and_nothing_else_is_ever_sent(
    serve: Serve, langfuse: LangfuseServer, meet: Meet, request: pytest.FixtureRequest
) -> None:
    settings = keys_of(langfuse, request) | {"llm": "offline"}
    for turned_off in ({"langfuse_tracing": "off"}, {"langfuse_sample_rate": 0.0}):
        meet(serve(**settings | turned_off)).ask("How do I activate my new card?")
    assert [sent.path for sent in langfuse.requests if sent.method == "POST"] == []
    # Its provider is its own: nobody else's spans can reach it.
    assert isinstance(opentelemetry.trace.get_tracer_provider(), opentelemetry.trace.ProxyTracerProvider)
