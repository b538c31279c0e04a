"""The connection to Langfuse: its library behind a tracer provider of its own, so that nothing else's spans reach it
and its spans reach nothing else; queues that drop what does not fit; an end that waits for nobody.

Imported only where Langfuse is configured: the library takes a second and 40 MiB.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any

import aiohttp
from langfuse import Langfuse
from langfuse.types import MaskOtelSpansParams, MaskOtelSpansResult, OtelSpanData, OtelSpanPatch
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from pydantic import SecretStr

from agent.langfuse.masking import Veils
from agent.langfuse.scores import Score
from agent.langfuse.spans import SAID, SpanMaker, TurnIds
from core.security.outgoing_libraries import guarded_httpx, guarded_requests
from core.settings import Settings
from core.telemetry.seldom import Seldom
from core.version import VERSION

_TRACES = "/api/public/otel/v1/traces"
_PATIENCE = 3
"""Seconds for an answer of Langfuse."""
_PAUSE = 2.0
"""Seconds between two batches."""
_BATCH = 256
"""Spans, or scores, of one, at most."""
_LAST_WORDS = 2.0
"""Seconds for what still waits when the process stops."""
_TALKATIVE = ("langfuse", "backoff")
"""Loggers that have a line, or several, for each batch that is lost."""

_not_sent = Seldom("langfuse_not_sent")
_not_masked = Seldom("langfuse_not_masked")


class _Exporter(OTLPSpanExporter):
    """Says what was not taken."""

    on_loss: Callable[[], None]

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        if result is SpanExportResult.FAILURE:
            self.on_loss()
        return result


class Connection:
    """One for each process."""

    def __init__(self, settings: Settings, *, unannounced: bool = False) -> None:
        """``unannounced``: as Veils."""
        # It looks for files in texts and would upload them before anything is masked; there is no argument for it.
        os.environ["LANGFUSE_MEDIA_UPLOAD_ENABLED"] = "false"
        for name in _TALKATIVE:
            logging.getLogger(name).addFilter(self._told_seldom)
        self.lost = 0
        """Batches that were not taken; of scores, what the library says of them."""
        self.veils = Veils(unannounced=unannounced)
        ids, self._sampler = TurnIds(), TraceIdRatioBased(settings.langfuse_sample_rate)
        about = {"service.name": "tellergraph", "langfuse.environment": settings.env, "langfuse.release": VERSION}
        self._provider = TracerProvider(
            sampler=self._sampler, resource=Resource(about), id_generator=ids, shutdown_on_exit=False
        )
        public, secret = _revealed(settings.langfuse_public_key), _revealed(settings.langfuse_secret_key)
        networks = settings.outgoing_networks
        exporter = _Exporter(
            endpoint=f"{settings.langfuse_base_url}{_TRACES}",
            headers={"Authorization": aiohttp.encode_basic_auth(public, secret), "x-langfuse-ingestion-version": "4"},
            timeout=_PATIENCE,
            compression=Compression.Gzip,
            session=guarded_requests(networks),
        )
        exporter.on_loss = self._note_loss
        self.api = Langfuse(
            public_key=public,
            secret_key=secret,
            base_url=settings.langfuse_base_url,
            timeout=_PATIENCE,
            httpx_client=guarded_httpx(networks, _PATIENCE),
            span_exporter=exporter,
            flush_at=_BATCH,
            flush_interval=_PAUSE,
            environment=settings.env,
            release=VERSION,
            tracer_provider=self._provider,
            mask_otel_spans=self._mask,
            should_export_span=lambda _: True,
        )
        self.spans = SpanMaker(self._provider.get_tracer("tellergraph", VERSION), ids)

    def is_sampled(self, trace_id: str) -> bool:
        decided = self._sampler.should_sample(None, int(trace_id, 16), "turn")
        return decided.decision is Decision.RECORD_AND_SAMPLE

    def score(self, trace_id: str, score: Score) -> None:
        """Waits for nothing. The same score of the same turn again takes its place. The comment is masked here."""
        self.api.create_score(
            name=score.name,
            value=score.value,
            data_type=score.data_type,
            comment=self.veils.apart().text(score.comment) if score.comment else None,
            trace_id=trace_id,
            score_id=f"{trace_id}-{score.name}",
        )

    def end(self) -> None:
        """Sends what waits, as long as that takes."""
        self.api.shutdown()
        self._provider.shutdown()
        for name in _TALKATIVE:
            logging.getLogger(name).removeFilter(self._told_seldom)

    def _told_seldom(self, record: logging.LogRecord) -> bool:
        """A filter: in place of the library's lines, which repeat what a server answered, one of ours a minute."""
        if record.levelno >= logging.ERROR:
            self._note_loss()
        return False

    def _note_loss(self) -> None:
        self.lost += 1
        _not_sent.warn()

    def _mask(self, *, params: MaskOtelSpansParams) -> MaskOtelSpansResult:
        patches = {identifier: self._masked(span) for identifier, span in params.spans.items()}
        for span in params.spans.values():
            if span.parent_span_id is None:
                self.veils.drop(span.trace_id)
        return MaskOtelSpansResult(span_patches=patches)

    def _masked(self, span: OtelSpanData) -> OtelSpanPatch:
        """A span that cannot be masked loses all that it says; the others of its batch are sent."""
        try:
            veil = self.veils.of(span.trace_id)
            masked = {
                veil.text(key, is_said=False): veil.attribute(value, is_said=key in SAID)
                for key, value in span.attributes.items()
            }
        except Exception as error:
            _not_masked.warn(error=type(error).__name__)
            masked = dict[str, Any]()
        return OtelSpanPatch(set_attributes=masked, delete_attributes=tuple(span.attributes))


@asynccontextmanager
async def connected(settings: Settings) -> AsyncGenerator[Connection]:
    """Needs the three ``LANGFUSE_*`` settings. Leaving sends what waits, for two seconds at most."""
    connection = Connection(settings)
    try:
        yield connection
    finally:
        # A daemon: what hangs in it does not keep the process.
        last_words = Thread(target=connection.end, name="langfuse end", daemon=True)
        last_words.start()
        await asyncio.to_thread(last_words.join, _LAST_WORDS)


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
