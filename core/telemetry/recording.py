"""Makes spans for OpenTelemetry's API: a name, two moments and attributes. The SDK's spans lock, copy and limit each
attribute, which is for whatever a library may do; ours are few, small and belong to one task, and cost a tenth.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from random import getrandbits
from time import time_ns
from types import TracebackType
from typing import Any

from opentelemetry.context import Context
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

CURRENT: ContextVar[Span | None] = ContextVar("span", default=None)
"""What is done now, as far as it was observed (spans.py): asked before OpenTelemetry's context, which has the request's
span. To put one in there and take it out again costs as much as the span."""
_SAMPLED, _NOT_SAMPLED = TraceFlags(TraceFlags.SAMPLED), TraceFlags(TraceFlags.DEFAULT)


class Recorded(Span):
    """Texts of exceptions and statuses, events and links are not kept: they may quote what a customer wrote."""

    __slots__ = (
        "_take", "attributes", "ended", "has_failed", "is_from_afar", "kind", "name", "parent_id", "scope", "span_id",
        "started", "trace_id",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        trace_id: int,
        parent_id: int,
        kind: SpanKind,
        scope: tuple[str, str],
        attributes: dict[str, AttributeValue],
        started: int,
        take: "Callable[[Recorded], None]",
        *,
        is_from_afar: bool = False,
    ) -> None:
        """Args:
        parent_id: 0 for a root.
        scope: name and version of what made it.
        started: nanoseconds since the epoch.
        is_from_afar: its parent is in another process.
        """
        self.name = name
        self.trace_id = trace_id
        self.span_id = _new_id(64)
        self.parent_id = parent_id
        self.is_from_afar = is_from_afar
        self.kind = kind
        self.scope = scope
        self.attributes = attributes
        self.started = started
        self.ended: int | None = None
        self.has_failed = False
        self._take = take

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        if kind is not None:
            self.fail(kind.__name__)
        self.end()

    def end(self, end_time: int | None = None) -> None:
        if self.ended is None:
            self.ended = end_time or time_ns()
            self._take(self)

    def fail(self, kind: str) -> None:
        """``kind``: the class of an exception."""
        self.attributes["error.type"] = kind
        self.has_failed = True

    def get_span_context(self) -> SpanContext:
        return SpanContext(self.trace_id, self.span_id, False, _SAMPLED)

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
        above = current_span() if context is None else get_current_span(context)
        own = dict(attributes) if attributes else {}
        started = start_time or time_ns()
        if type(above) is Recorded:  # asking an abstract class costs as much as the rest of this
            return Recorded(name, above.trace_id, above.span_id, kind, self._scope, own, started, self._recorder.take)
        parent = above.get_span_context()
        if parent.is_valid and not parent.is_remote:
            return above
        if not parent.is_valid and kind is SpanKind.CLIENT:
            return INVALID_SPAN
        trace_id = parent.trace_id if parent.is_valid else _new_id(128)
        if not self._is_sampled(name, context, trace_id, kind):
            return NonRecordingSpan(SpanContext(trace_id, _new_id(64), False, _NOT_SAMPLED))
        return Recorded(
            name, trace_id, parent.span_id, kind, self._scope, own, started, self._recorder.take,
            is_from_afar=parent.is_valid,
        )  # fmt: skip

    def _is_sampled(self, name: str, context: Context | None, trace_id: int, kind: SpanKind) -> bool:
        decided = self._recorder.sampler.should_sample(context, trace_id, name, kind)
        return decided.decision is Decision.RECORD_AND_SAMPLE

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
        before = CURRENT.set(span)
        try:
            with use_span(span, end_on_exit, record_exception, set_status_on_exception):
                yield span
        finally:
            CURRENT.reset(before)


def current_span() -> Span:
    """In which the next one begins."""
    return CURRENT.get() or get_current_span()


def _new_id(bits: int) -> int:
    """0 is none."""
    return getrandbits(bits) or 1


def _forget(_span: Recorded) -> None:
    pass
