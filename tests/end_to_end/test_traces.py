"""What a collector gets of a turn: one trace from the route to SQL and Redis, with nothing personal in it."""

import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from core.services import Services
from core.settings import Settings
from core.telemetry.pseudonyms import Pseudonyms
from tests.otlp_receiver import OtlpReceiver, ReceivedSpan, otlp_receiver
from tests.scripted_model import ScriptedModel, calls, says
from tests.serving import serving
from tests.talking import ALEX, Meet

from .conftest import Records

IBAN, CARD, MAIL, NAME = "GB29NWBK60161331926819", "4111111111111111", "jo@mail.example", "Jane Porter"


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture
def traced(settings: Settings, collector: OtlpReceiver) -> Settings:
    return settings.model_copy(update={"traces": "otlp", "otlp_endpoint": collector.url})


def by_name(spans: list[ReceivedSpan], name: str) -> ReceivedSpan:
    [span] = [span for span in spans if span.name == name]
    return span


def test_a_turn_is_one_trace_from_the_route_to_sql_and_redis(
    traced: Settings, fresh: Services, meet: Meet, collector: OtlpReceiver
) -> None:
    with serving(traced, fresh) as server:
        answer = meet(server, ALEX).ask("what's my balance?")

    spans = collector.trace(next(span.trace_id for span in collector.spans if span.name == "turn"))
    above = {span.span_id: span for span in spans}
    parent = {span.name: above[span.parent_id].name for span in spans if span.parent_id}
    request = by_name(spans, "POST /api/v1/chat")
    assert (request.kind, request.parent_id, request.scope) == ("server", "", "tellergraph")
    assert request.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/api/v1/chat",
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": urlsplit(server).port,
        "url.scheme": "http",
    }
    assert parent["turn"] == "POST /api/v1/chat"
    assert parent["node screen"] == parent["node understand"] == parent["node remember"] == "turn"
    [tool] = answer["tool_calls"]
    assert parent[f"execute_tool {tool}"] == "node tools"
    assert parent["chat offline"] == "node answer"
    sql = [span for span in spans if span.attributes.get("db.system.name") == "postgresql"]
    assert f"execute_tool {tool}" in {above[span.parent_id].name for span in sql}
    assert "insert_tool_call" in {span.name for span in sql}
    redis = [span for span in spans if span.attributes.get("db.system.name") == "redis"]
    assert any("XADD" in span.name for span in redis)
    assert not any("XREAD" in span.name for span in redis), "who waits for an event does no work"
    turn = by_name(spans, "turn")
    assert turn.attributes["tellergraph.turn"] == Pseudonyms(fresh.secret_key).trace_id(answer["turn_id"])
    assert turn.attributes["tellergraph.route"] == answer["route"]
    assert turn.resource["service.name"] == "tellergraph"
    assert all(span.trace_id == turn.trace_id for span in spans)


def test_nothing_of_a_person_stands_in_what_is_sent(
    traced: Settings, fresh: Services, meet: Meet, collector: OtlpReceiver, records: Records
) -> None:
    """In the question, in a memo that a tool reads, in addresses and in what goes wrong."""
    records(
        "update transactions set description = %s where id = (select t.id from transactions t join credentials c"
        " using (customer_id) where c.email = %s order by t.occurred_at desc limit 1) returning 1",
        f"for {NAME}, {MAIL}",
        ALEX[0],
    )
    with serving(traced, fresh) as server:
        alex = meet(server, ALEX)
        alex.ask("show my last 3 transactions")
        alex.ask(f"I am {NAME}, {MAIL}, card {CARD}, pay 10 pounds to {IBAN}")
        alex.ask(f"add {NAME} with IBAN {IBAN} as a payee")
        alex.http.get(
            f"/api/v1/payees/{NAME}?email={MAIL}", headers={"traceparent": "00-" + "ab" * 16 + "-" + "cd" * 8}
        )
        alex.http.get(f"/api/v1/chat/history/{alex.session_id}?q={IBAN}")
        turn = alex.ask("what's my balance?")["turn_id"]
        alex.http.post(f"/api/v1/chat/turns/{turn}/feedback", json={"rating": "up"})
        session, token = str(alex.session_id), alex.http.headers["Authorization"].removeprefix("Bearer ")

    [customer] = records("select customer_id::text as id from credentials where email = %s", ALEX[0])
    assert len(collector.spans) > 50
    sent = collector.raw.lower()
    for secret in (
        IBAN,
        CARD,
        MAIL,
        NAME,
        ALEX[0],
        "alex",
        turn,
        session,
        customer["id"],
        token,
        "user_agent",
        "?email",
    ):
        assert secret.lower().encode() not in sent, secret


def test_a_trace_that_a_stranger_began_is_not_ours(
    traced: Settings, fresh: Services, meet: Meet, collector: OtlpReceiver
) -> None:
    foreign = "ab" * 16
    header = {"traceparent": f"00-{foreign}-{'cd' * 8}-01"}
    with serving(traced, fresh) as server:
        meet(server).http.get("/api/v1/demo/logins", headers=header)
    with serving(traced.model_copy(update={"trusted_proxies": traced.outgoing_networks}), fresh) as server:
        meet(server).http.get("/api/v1/demo/logins", headers=header)

    ours, through_proxy = [span for span in collector.spans if span.kind == "server"]
    assert (ours.parent_id, ours.trace_id == foreign) == ("", False)
    assert (through_proxy.parent_id, through_proxy.trace_id) == ("cd" * 8, foreign)


def test_a_request_to_a_model_of_another_party_stands_in_the_trace(
    model_settings: Settings,
    fresh: Services,
    meet: Meet,
    model: ScriptedModel,
    collector: OtlpReceiver,
) -> None:
    model.will(calls("list_payees"), says("There."))
    traced = model_settings.model_copy(update={"traces": "otlp", "otlp_endpoint": collector.url})
    with serving(traced, fresh) as server:
        meet(server, ALEX).ask("who are my payees?")

    spans = {span.span_id: span for span in collector.spans}
    sent = [span for span in spans.values() if span.name == "POST" and span.kind == "client"]
    assert [span.attributes["http.response.status_code"] for span in sent] == [200, 200]
    assert {f"http://127.0.0.1:{span.attributes['server.port']}/v1" for span in sent} == {model.base_url}
    assert {spans[span.parent_id].name for span in sent} == {"chat openai:scripted"}
    chat = spans[sent[1].parent_id].attributes
    assert chat["tellergraph.prompt"].startswith("operation ")
    assert chat["gen_ai.usage.output_tokens"] > 0
    assert chat["tellergraph.outcome"] == "answered"


def test_a_collector_that_is_away_or_silent_changes_no_answer(
    traced: Settings, fresh: Services, meet: Meet, collector: OtlpReceiver
) -> None:
    collector.gate.clear()
    for endpoint in (collector.url, "http://127.0.0.1:9"):
        with serving(traced.model_copy(update={"otlp_endpoint": endpoint}), fresh) as server:
            assert meet(server, ALEX).ask("what's my balance?")["tool_calls"]
    assert collector.spans == []


def test_with_traces_off_nothing_that_makes_them_is_imported() -> None:
    """The server's own modules, in a process of its own. LangSmith, which LangChain needs, imports parts of the SDK
    whatever we do."""
    ours = ("opentelemetry.exporter", "opentelemetry.proto", "core.telemetry.tracing", "core.telemetry.spans")
    code = f"import api.serve, sys; sys.exit(any(name.startswith({ours}) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
