"""The connection to Langfuse: its library behind a tracer provider of its own, so that nothing else's spans reach it
and its spans reach nothing else; queues that drop what does not fit; an end that waits for nobody.

Imported only where Langfuse is configured: the library takes a second and 40 MiB.
"""

import asyncio
import gzip
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
from pydantic import SecretStr

from agent.langfuse.masking import CleanTexts, Details, Veil, not_masked
from agent.langfuse.posting import ScorePost
from agent.langfuse.scores import Score, scores_of
from agent.langfuse.spans import OverTurn, TurnEncoder
from core.security.outgoing_libraries import guarded_httpx, guarded_requests
from core.settings import Settings
from core.telemetry.batches import Batches
from core.telemetry.observing import Observation
from core.telemetry.seldom import Seldom
from core.telemetry.wire import Wire
from core.version import VERSION

_TRACES = "/api/public/otel/v1/traces"
_PATIENCE = 3
"""Seconds for an answer of Langfuse."""
_PAUSE = 5.0
"""Seconds between two batches: as long as OpenTelemetry's."""
_QUICK = 1
"""Level of compression: a turn is a seventh of its size. The highest makes it an eighth, at twice the cost."""
_BATCH = 256
"""Scores, or spans of evals, of one, at most."""
_TURNS, _WAITING_TURNS = 32, 256
"""Turns of one, and that wait, at most."""
_LAST_WORDS = 2.0
"""Seconds for what still waits when the process stops."""
_TALKATIVE = ("langfuse", "backoff")
"""Loggers that have a line, or several, for each batch that is lost."""

_not_sent = Seldom("langfuse_not_sent")


class _TellsLoss(OTLPSpanExporter):
    """Of evals: says what was not taken."""

    on_loss: Callable[[], None]

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        if result is SpanExportResult.FAILURE:
            self.on_loss()
        return result


class _TurnSender:
    """Of turns, and of what they are scored: nothing without the turn."""

    def __init__(self, settings: Settings, encoder: TurnEncoder, on_loss: Callable[[], None]) -> None:
        address = _address(settings)
        authorization = address["headers"]["Authorization"]
        address["headers"]["Content-Encoding"] = "gzip"
        self._encoder = encoder
        self._wire = Wire(**address, compression=Compression.NoCompression)
        about = {"environment": settings.env}
        self._scores = ScorePost(address["session"], str(settings.langfuse_base_url), authorization, about)
        self._on_loss = on_loss

    def send(self, turns: Sequence[OverTurn]) -> None:
        if not self._wire.send(gzip.compress(self._encoder.encode(turns), _QUICK)):
            self._on_loss()
            return
        scores = [
            self._scores.score(over.trace_id, each, over.turn.ended) for over in turns for each in scores_of(over.turn)
        ]
        if scores and not self._scores.send(scores, _PATIENCE):
            self._on_loss()

    def end(self) -> None:
        self._wire.shutdown()


class Connection:
    """One for each process."""

    def __init__(self, settings: Settings) -> None:
        # It looks for files in texts and would upload them before anything is masked; there is no argument for it.
        os.environ["LANGFUSE_MEDIA_UPLOAD_ENABLED"] = "false"
        for name in _TALKATIVE:
            logging.getLogger(name).addFilter(self._told_seldom)
        self.lost = 0
        """Batches that were not taken; of scores, what the library says of them."""
        self._clean = CleanTexts()
        self._sampled_below = round(settings.langfuse_sample_rate * 2**64)
        about = {"service.name": "tellergraph", "langfuse.environment": settings.env, "langfuse.release": VERSION}
        self._sender = _TurnSender(settings, TurnEncoder(about, self._clean), self._note_loss)
        self._turns = Batches(
            self._sender.send, "turns for Langfuse", size=_TURNS, waiting=_WAITING_TURNS, pause=_PAUSE
        )
        # The library's own spans are those of evals.
        self._provider = TracerProvider(resource=Resource(about), shutdown_on_exit=False)
        exporter = _TellsLoss(**_address(settings), compression=Compression.Gzip)
        exporter.on_loss = self._note_loss
        self.api = Langfuse(
            public_key=_revealed(settings.langfuse_public_key),
            secret_key=_revealed(settings.langfuse_secret_key),
            base_url=settings.langfuse_base_url,
            timeout=_PATIENCE,
            httpx_client=guarded_httpx(settings.outgoing_networks, _PATIENCE),
            span_exporter=exporter,
            flush_at=_BATCH,
            flush_interval=_PAUSE,
            environment=settings.env,
            release=VERSION,
            tracer_provider=self._provider,
            mask_otel_spans=self._mask,
            should_export_span=lambda _: True,
        )

    def take(self, turn: Observation, trace_id: str, details: Callable[[], Details]) -> None:
        """Waits for nothing: it is masked, scored and sent later, in a thread of its own. ``details``: of its
        customer."""
        self._turns.put(OverTurn(turn, trace_id, details))

    def apart(self) -> Veil:
        """For a text that comes by itself."""
        return Veil(Details(), self._clean)

    def is_sampled(self, trace_id: str) -> bool:
        """As OpenTelemetry's sampler by ratio decides: by the last 64 bits."""
        return int(trace_id[-16:], 16) < self._sampled_below

    def score(self, trace_id: str, score: Score) -> None:
        """Of a turn that is over. Waits for nothing. The same score of the same turn again takes its place. The comment
        is masked here."""
        self.api.create_score(
            name=score.name,
            value=score.value,
            data_type=score.data_type,
            comment=self.apart().text(score.comment) if score.comment else None,
            trace_id=trace_id,
            score_id=f"{trace_id}-{score.name}",
        )

    def end(self) -> None:
        """Sends what waits, as long as that takes."""
        self._turns.end()
        self._sender.end()
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
        return MaskOtelSpansResult(span_patches={name: self._masked(span) for name, span in params.spans.items()})

    def _masked(self, span: OtelSpanData) -> OtelSpanPatch:
        """A span that cannot be masked loses all that it says; the others of its batch are sent."""
        try:
            veil = self.apart()
            masked = {veil.text(key): veil.attribute(value) for key, value in span.attributes.items()}
        # Any error, of ours as well: what was not masked to its end does not leave.
        except Exception as error:
            not_masked.warn(exc_info=error)
            masked = dict[str, Any]()
        return OtelSpanPatch(set_attributes=masked, delete_attributes=tuple(span.attributes))


def _address(settings: Settings) -> dict[str, Any]:
    """What an exporter is made with."""
    public, secret = _revealed(settings.langfuse_public_key), _revealed(settings.langfuse_secret_key)
    return {
        "endpoint": f"{settings.langfuse_base_url}{_TRACES}",
        "headers": {"Authorization": aiohttp.encode_basic_auth(public, secret), "x-langfuse-ingestion-version": "4"},
        "timeout": _PATIENCE,
        "session": guarded_requests(settings.outgoing_networks),
    }


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
