"""The seam's observations as spans of OpenTelemetry. Names and attributes follow its semantic conventions, with those
for generative AI; what these have no name for is ``tellergraph.<fact>``. Texts are left out.
"""

from contextvars import Token
from dataclasses import dataclass

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, StatusCode, Tracer, TracerProvider, set_span_in_context

from core.telemetry.observing import Facts, Kind, Plain, Running, told
from core.version import VERSION

SCOPE = "tellergraph"
_NAMES = {
    "session": "session.id",
    "customer": "user.hash",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
}
"""Conventions for facts of any kind."""
_OPERATIONS = {Kind.TOOL: "execute_tool", Kind.MODEL: "chat"}
_NAMED = {Kind.TOOL: "gen_ai.tool.name", Kind.MODEL: "gen_ai.request.model"}
"""What the conventions call the name of such a one."""


@dataclass(frozen=True, slots=True)
class _RunningSpan:
    span: Span
    token: Token[Context]

    def note(self, facts: Facts) -> None:
        if self.span.is_recording():
            self.span.set_attributes(attributes_of(facts))

    def end(self, error: str | None) -> None:
        detach(self.token)
        if error:
            self.span.set_attribute("error.type", error)
            self.span.set_status(StatusCode.ERROR)
        self.span.end()


class Spans:
    """An observer. A span is the current one until its end, so that what SQL and Redis tell stands in it."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer: Tracer = provider.get_tracer(SCOPE, VERSION)

    def begin(self, kind: Kind, name: str, facts: Facts, parent: Running | None) -> Running:  # noqa: ARG002
        """The parent is the current span: that of the request, where nothing else is observed yet."""
        span = self._tracer.start_span(_span_name(kind, name))
        if span.is_recording():
            span.set_attributes({"tellergraph.kind": kind.value, **_operation(kind, name), **attributes_of(facts)})
        return _RunningSpan(span, attach(set_span_in_context(span)))


def attributes_of(facts: Facts) -> dict[str, Plain]:
    return {_NAMES.get(name, f"tellergraph.{name}"): fact for name, fact in told(facts).items()}


def _operation(kind: Kind, name: str) -> dict[str, Plain]:
    return {"gen_ai.operation.name": _OPERATIONS[kind], _NAMED[kind]: name} if kind in _OPERATIONS else {}


def _span_name(kind: Kind, name: str) -> str:
    """``turn``, ``node understand``, ``execute_tool list_cards``, ``chat offline``."""
    return name if kind is Kind.TURN else f"{_OPERATIONS.get(kind, kind.value)} {name}"
