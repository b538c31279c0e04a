"""OpenTelemetry: what makes spans, and what sends them over OTLP. Imported only where traces are on (switch.py).

Its own tracer provider: no global one is set, so that no library sends what it was not asked for. The SDK's
``OTEL_*`` variables count: address, headers, certificate, compression and time limit of the exporter, sampler, rhythm
of the batches, name of the service.
"""

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypedDict

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_span_id, format_trace_id

from core.errors import ConfigurationError
from core.logging import set_trace_ids
from core.security.outgoing import TRACE_CONFIGS
from core.settings import Settings
from core.telemetry.batches import Batches
from core.telemetry.incoming_spans import IncomingSpans
from core.telemetry.observing import observed_by
from core.telemetry.outgoing_spans import make_trace_config
from core.telemetry.recording import Recorder, current_span
from core.telemetry.sending import TraceSender
from core.telemetry.spans import Spans
from core.telemetry.traced_calls import traced_calls
from core.version import VERSION

_PATIENCE = 2.0
"""Seconds that the last spans may take to be sent when the process ends."""
_UNNAMED = "unknown_service"
_PATH = "/v1/traces"


class _Rhythm(TypedDict):
    """Of batches, as OpenTelemetry's specification names it and begins with."""

    size: int
    waiting: int
    pause: float


class Tracing:
    """Of one process. ``incoming`` is ready at once; spans are sent while ``running``."""

    def __init__(self, settings: Settings) -> None:
        self._rhythm = _read_rhythm()
        self._sender = TraceSender(_make_resource(), _find_endpoint(settings))
        # The SDK itself reads the environment.
        self._provider = Recorder(TracerProvider(resource=Resource({}), shutdown_on_exit=False).sampler)
        self.incoming = IncomingSpans(self._provider)

    @contextmanager
    def running(self) -> Generator[None]:
        """Before connections are opened: theirs are traced from then on. Leaving sends what is left, but waits only a
        little for a collector that does not answer."""
        # Its complaints about a collector that is away come with every batch; ours come seldom.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        calls = make_trace_config(self._provider)
        set_trace_ids(_current_ids)
        TRACE_CONFIGS.append(calls)
        batches = Batches(self._sender.send, "traces", **self._rhythm)
        self._provider.take = batches.put
        try:
            with traced_calls(self._provider), observed_by(Spans(self._provider)):
                yield
        finally:
            set_trace_ids(None)
            TRACE_CONFIGS.remove(calls)
            batches.end(_PATIENCE)
            self._sender.end()


def _current_ids() -> dict[str, str]:
    context = current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace": format_trace_id(context.trace_id), "span": format_span_id(context.span_id)}


def _read_rhythm() -> _Rhythm:
    return {
        "size": _read_count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
        "waiting": _read_count("OTEL_BSP_MAX_QUEUE_SIZE", 2_048),
        "pause": _read_count("OTEL_BSP_SCHEDULE_DELAY", 5_000) / 1_000,
    }


def _read_count(name: str, usual: int) -> int:
    given = os.environ.get(name) or str(usual)
    if not given.isdecimal() or int(given) < 1:
        raise ConfigurationError(f"{name} has to be a whole number above 0.")
    return int(given)


def _find_endpoint(settings: Settings) -> str | None:
    is_named = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" in os.environ
    return f"{settings.otlp_endpoint}{_PATH}" if settings.otlp_endpoint and not is_named else None


def _make_resource() -> Resource:
    found = Resource.create({SERVICE_VERSION: VERSION})
    is_unnamed = str(found.attributes[SERVICE_NAME]).startswith(_UNNAMED)
    return found.merge(Resource({SERVICE_NAME: "tellergraph"})) if is_unnamed else found
