"""The seam's observations as spans of OpenTelemetry. Names and attributes follow its semantic conventions, with those
for generative AI; what these have no name for is ``tellergraph.<fact>``. Texts are left out.
"""

from contextvars import Token
from functools import lru_cache
from typing import NamedTuple

from opentelemetry.trace import Span, Tracer, TracerProvider

from core.telemetry.observing import Facts, Kind, Observation, Plain, told
from core.telemetry.recording import CURRENT, Recorded
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
_DESCRIBED = 1_024


class _Running(NamedTuple):
    span: Span
    before: Token[Span | None]


class Spans:
    """An observer. A span is the current one until its end, so that what SQL and Redis tell stands in it."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer: Tracer = provider.get_tracer(SCOPE, VERSION)

    def begin(self, observation: Observation) -> _Running:
        """The parent is the current span: that of the request, where nothing else is observed yet."""
        name, attributes = _describe(observation.kind, observation.name)
        span = self._tracer.start_span(name, attributes=attributes, start_time=observation.began)
        return _Running(span, CURRENT.set(span))

    def end(self, observation: Observation, kept: _Running) -> None:
        CURRENT.reset(kept.before)
        span = kept.span
        if type(span) is Recorded:
            span.set_attributes(attributes_of(observation.facts))
            if observation.error:
                span.fail(observation.error)
        span.end(observation.ended)


def attributes_of(facts: Facts) -> dict[str, Plain]:
    return {_NAMES.get(name) or f"tellergraph.{name}": fact for name, fact in told(facts).items()}


@lru_cache(_DESCRIBED)
def _describe(kind: Kind, name: str) -> tuple[str, dict[str, Plain]]:
    """A span's name, such as ``turn``, ``node understand``, ``execute_tool list_cards`` or ``chat offline``, and what
    is known of it by then."""
    about: dict[str, Plain] = {"tellergraph.kind": kind.value}
    if kind is Kind.TURN:
        return name, about
    if kind in _OPERATIONS:
        about |= {"gen_ai.operation.name": _OPERATIONS[kind], _NAMED[kind]: name}
    return f"{_OPERATIONS.get(kind, kind.value)} {name}", about
