"""Makes spans for OpenTelemetry's API: a name, two moments and attributes. The SDK's spans lock, copy and limit each
attribute, which is for whatever a library may do; ours are few, small and belong to one task, and cost a seventh.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from time import time_ns
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
    get_current_span,
    use_span,
)
from opentelemetry.util.types import Attributes, AttributeValue

_SAMPLED, _NOT_SAMPLED = TraceFlags(TraceFlags.SAMPLED), TraceFlags(TraceFlags.DEFAULT)


class Recorded(Span):
    """Texts of exceptions and statuses, events and links are not kept: they may quote what a customer wrote."""

    __slots__ = ("_take", "attributes", "context", "ended", "has_failed", "kind", "name", "parent", "scope", "started")

    def __init__(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        scope: tuple[str, str],
        attributes: dict[str, AttributeValue],
        started: int,
        take: "Callable[[Recorded], None]",
    ) -> None:
        """``started``: nanoseconds since the epoch. ``scope``: name and version of what made it."""
        self.name = name
        self.context = context
        self.parent = parent
        self.kind = kind
        self.scope = scope
        self.attributes = attributes
        self.started = started
        self.ended: int | None = None
        self.has_failed = False
        self._take = take

    def end(self, end_time: int | None = None) -> None:
        if self.ended is None:
            self.ended = end_time or time_ns()
            self._take(self)

    def get_span_context(self) -> SpanContext:
        return self.context

    def set_attributes(self, attributes: Any) -> None:
        self.attributes.update(attributes)

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        pass

    def update_name(self, name: str) -> None:
        self.name = name

    def is_recording(self) -> bool:
        return self.ended is None

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:  # noqa: ARG002
        code = status.status_code if isinstance(status, Status) else status
        self.has_failed = code is StatusCode.ERROR

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,  # noqa: ARG002
        timestamp: int | None = None,  # noqa: ARG002
        escaped: bool = False,  # noqa: ARG002
    ) -> None:
        self.attributes["error.type"] = type(exception).__name__


class Recorder(TracerProvider):
    """A span whose parent was made here is recorded if its parent is; of others a sampler decides. Calls of databases
    and other servers that belong to nothing are not: the rounds of what works in the background would be most of all
    traces, and say nothing."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.ids: IdGenerator = RandomIdGenerator()
        self.take: Callable[[Recorded], None] = _forget
        """What becomes of a span that is over."""

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,  # noqa: ARG002
        attributes: Attributes = None,  # noqa: ARG002
    ) -> "SpanTracer":
        return SpanTracer(self, (instrumenting_module_name, instrumenting_library_version or ""))


class SpanTracer(Tracer):
    def __init__(self, recorder: Recorder, scope: tuple[str, str]) -> None:
        self._recorder = recorder
        self._scope = scope

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: ARG002
        set_status_on_exception: bool = True,  # noqa: ARG002
    ) -> Span:
        above = get_current_span(context)
        if type(above) is Recorded:  # asking an abstract class costs as much as the rest of this
            parent = above.context
            own = SpanContext(parent.trace_id, self._recorder.ids.generate_span_id(), False, _SAMPLED)
        else:
            parent = above.get_span_context()
            if parent.is_valid and not parent.is_remote:
                return above
            if not parent.is_valid and kind is SpanKind.CLIENT:
                return INVALID_SPAN
            if not (own := self._begin(name, context, parent if parent.is_valid else None, kind)).trace_flags.sampled:
                return NonRecordingSpan(own)
        return Recorded(
            name,
            own,
            parent if parent.is_valid else None,
            kind,
            self._scope,
            dict(attributes or {}),
            start_time or time_ns(),
            self._recorder.take,
        )

    def _begin(self, name: str, context: Context | None, parent: SpanContext | None, kind: SpanKind) -> SpanContext:
        """Of a trace's first span here."""
        ids = self._recorder.ids
        trace_id = parent.trace_id if parent else ids.generate_trace_id()
        decided = self._recorder.sampler.should_sample(context, trace_id, name, kind).decision
        flags = _SAMPLED if decided is Decision.RECORD_AND_SAMPLE else _NOT_SAMPLED
        return SpanContext(trace_id, ids.generate_span_id(), False, flags)

    @contextmanager
    def start_as_current_span(  # pyright: ignore[reportIncompatibleMethodOverride] - theirs is a decorator as well
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Generator[Span]:
        span = self.start_span(name, context, kind, attributes, links, start_time)
        with use_span(span, end_on_exit, record_exception, set_status_on_exception):
            yield span


def _forget(_span: Recorded) -> None:
    pass
