"""What becomes a span, and what a collector reads of it."""

from contextlib import suppress

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.util.types import AttributeValue

from core.telemetry.incoming_spans import IncomingSpans
from core.telemetry.observing import Kind, observe, observed_by
from core.telemetry.recording import Recorded, Recorder
from core.telemetry.sending import encode
from core.telemetry.spans import Spans
from core.telemetry.traced_calls import describe_statement
from core.telemetry.wire import encode_resource
from tests.otlp_receiver import ReceivedSpan, decode

NAME = "Jane Porter"


class Collected(Recorder):
    def __init__(self, sampler: Sampler = ALWAYS_ON) -> None:
        super().__init__(sampler)
        self.spans: list[Recorded] = []
        self.take = self.spans.append
        self.tracer = self.get_tracer("tests", "1")

    def received(self) -> list[ReceivedSpan]:
        return decode(encode(encode_resource({"service.name": "tellergraph"}), self.spans))


def test_a_span_arrives_with_its_place_its_times_and_what_it_may_say() -> None:
    made = Collected()
    with made.tracer.start_as_current_span("turn") as turn:
        turn.set_attributes({"tellergraph.route": "operation", "tellergraph.tools": ("a", "b"), "url.path": f"/{NAME}"})
        inner = made.tracer.start_span("insert_turn", kind=SpanKind.CLIENT, attributes={"server.port": 5432})
        inner.end()
        inner.end()

    below, above = made.received()
    assert (above.name, above.kind, above.parent_id, above.scope) == ("turn", "internal", "", "tests")
    assert above.attributes == {"tellergraph.route": "operation", "tellergraph.tools": ["a", "b"]}
    assert (below.kind, below.parent_id, below.trace_id) == ("client", above.span_id, above.trace_id)
    assert below.attributes == {"server.port": 5432}
    assert above.start <= below.start <= below.end <= above.end
    assert above.resource == {"service.name": "tellergraph"}


@pytest.mark.parametrize(
    "value",
    ["", "a", "£ \U0001f600", "word " * 5_000, 0, 1, 127, 128, 2**40, -1, -(2**63), 2**63 - 1, 0.0, -2.5, 1e300, True,
     False, ["a", "b" * 200], [1, -1], []],
)  # fmt: skip
def test_a_value_of_any_kind_arrives_as_it_was(value: AttributeValue) -> None:
    made = Collected()
    made.tracer.start_span("turn", attributes={"tellergraph.fact": value}).end()
    [span] = made.received()
    assert span.attributes == {"tellergraph.fact": value}
    assert type(span.attributes["tellergraph.fact"]) is type(value)


def test_a_span_begins_in_what_is_done_now_whoever_told_of_it() -> None:
    """Observations keep their span apart from OpenTelemetry's context; a library's span stands there alone."""
    made = Collected()
    with observed_by(Spans(made)), made.tracer.start_as_current_span("request"):
        with observe(Kind.NODE, "answer"):
            with made.tracer.start_as_current_span("library"), observe(Kind.TOOL, "list_cards"):
                made.tracer.start_span("find_cards", kind=SpanKind.CLIENT).end()
            made.tracer.start_span("find_payees", kind=SpanKind.CLIENT).end()
        made.tracer.start_span("find_turn", kind=SpanKind.CLIENT).end()

    received = made.received()
    names = {span.span_id: span.name for span in received}
    assert {span.name: names.get(span.parent_id) for span in received} == {
        "request": None,
        "node answer": "request",
        "library": "node answer",
        "execute_tool list_cards": "library",
        "find_cards": "execute_tool list_cards",
        "find_payees": "node answer",
        "find_turn": "request",
    }


@pytest.mark.parametrize(
    ("route", "status", "error", "told"),
    [
        ("/api/v1/cards/{card_id}", 200, None, ("GET /api/v1/cards/{card_id}", "unset", None)),
        (None, 404, None, ("GET", "unset", None)),
        ("/api/v1/cards", 503, None, ("GET /api/v1/cards", "error", "503")),
        ("/api/v1/cards", 500, ValueError(NAME), ("GET /api/v1/cards", "error", "ValueError")),
    ],
)
def test_a_request_is_told_by_its_route_and_what_broke_it(
    route: str | None, status: int, error: Exception | None, told: tuple[str, str, str | None]
) -> None:
    made = Collected()
    request = IncomingSpans(made).begin("GET", {"url.scheme": "https", "server.port": None})
    made.tracer.start_span("find_cards", kind=SpanKind.CLIENT).end()
    request.end(route, status, error)
    made.tracer.start_span("keep_house", kind=SpanKind.CLIENT).end()

    inner, received = made.received()
    assert (received.name, received.status, received.attributes.get("error.type")) == told
    assert (received.kind, received.parent_id, inner.parent_id) == ("server", "", received.span_id)
    assert received.attributes["http.response.status_code"] == status
    assert "server.port" not in received.attributes


def test_of_a_failure_its_class_is_kept_and_its_text_is_not() -> None:
    made = Collected()
    with suppress(ValueError), made.tracer.start_as_current_span("turn") as span:
        span.add_event("exception", {"exception.message": NAME})
        span.set_status(StatusCode.ERROR, NAME)
        raise ValueError(NAME)

    [received] = made.received()
    assert (received.status, received.attributes, received.events) == ("error", {"error.type": "ValueError"}, [])


def test_a_call_that_belongs_to_no_request_is_no_span() -> None:
    made = Collected()
    with made.tracer.start_as_current_span("XREAD", kind=SpanKind.CLIENT):
        assert not get_current_span().get_span_context().is_valid
    assert made.spans == []


def test_what_stands_in_a_request_that_is_not_sampled_is_not_either_and_logs_have_one_id() -> None:
    made = Collected(ALWAYS_OFF)
    with made.tracer.start_as_current_span("turn") as turn, made.tracer.start_as_current_span("node") as node:
        assert node.get_span_context().trace_id == turn.get_span_context().trace_id != 0
    assert made.spans == []


def test_a_trace_that_a_proxy_began_goes_on_as_it_decided() -> None:
    made = Collected(ParentBased(ALWAYS_OFF))
    for flag in (TraceFlags.SAMPLED, TraceFlags.DEFAULT):
        proxy = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(flag)))
        with use_span(made.tracer.start_span("POST", set_span_in_context(proxy)), end_on_exit=True):
            made.tracer.start_span("turn").end()

    inner, request = made.received()
    assert (request.trace_id, request.parent_id) == (f"{0xABC:032x}", f"{0xDEF:016x}")
    assert inner.parent_id == request.span_id


@pytest.mark.parametrize(
    ("statement", "name", "told"),
    [
        ("select * from payees where name = 'Jane Porter'", "SELECT", "select * from payees where name = ?"),
        (f"do $tag$ begin raise '{NAME}'; end $tag$", "DO", "do ?"),
        ("delete from holds where card = 4111111111111111", "DELETE", "delete from holds where card = ?"),
        (f"'{NAME}'", "SQL", "?"),
    ],
)
def test_a_statement_without_a_name_is_told_without_its_values(statement: str, name: str, told: str) -> None:
    assert describe_statement(statement) == (name, {"db.system.name": "postgresql", "db.query.text": told})
