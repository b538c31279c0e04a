"""What leaves in a span: names and figures that are listed here, and nothing else. Libraries put more into theirs:
paths with ids, query strings, texts of exceptions with the row that was refused, statements as they were composed.
"""

import re
from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

from core.db.queries import NAMES
from core.telemetry.seldom import Seldom

_KEPT = frozenset(
    {
        "db.name",
        "db.namespace",
        "db.operation.name",
        "db.redis.args_length",
        "db.redis.database_index",
        "db.redis.pipeline_length",
        "db.system",
        "db.system.name",
        "error.type",
        "exception.type",
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.tool.name",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "server.address",
        "server.port",
        "session.id",
        "url.scheme",
        "user.hash",
    }
)
_OURS = "tellergraph."
_STATEMENTS = ("db.statement", "db.query.text")
_STATEMENT = "db.query.text"
_NAME = "db.query.summary"
_LITERAL = re.compile(r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|\b\d{4,}\b", re.DOTALL)
_LONGEST = 500
"""Characters of a statement that has no name."""


class CleanExporter(SpanExporter):
    """Hands on to another exporter. One that fails is told in the log once a minute."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._failed = Seldom("traces_not_sent")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export([cleaned(span) for span in spans])
        if result is not SpanExportResult.SUCCESS:
            self._failed.warn(spans=len(spans), hint="is the collector of OTEL_EXPORTER_OTLP_ENDPOINT there?")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def cleaned(span: ReadableSpan) -> ReadableSpan:
    attributes = span.attributes or {}
    statement = next((str(attributes[key]) for key in _STATEMENTS if key in attributes), None)
    name = NAMES.get(statement or "")
    return ReadableSpan(
        name=name or span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(attributes) | _described(statement, name),
        events=[Event(event.name, _kept(event.attributes or {}), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _kept(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    return {key: value for key, value in attributes.items() if key in _KEPT or key.startswith(_OURS)}


def _described(statement: str | None, name: str | None) -> dict[str, AttributeValue]:
    """A statement of ours by its name; another one without the values that may stand in it."""
    if statement is None:
        return {}
    return {_NAME: name} if name else {_STATEMENT: _LITERAL.sub("?", statement)[:_LONGEST]}
