"""HTTP/1.1 as it is served: uvicorn's, with bounds on what a client may send before a request is one, and on how long
it may take to send and to read. Who is too slow or too large is cut off, and costs a socket until then.
"""

import asyncio
from http import HTTPStatus
from uuid import uuid4

import orjson
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.envelope import ErrorBody, ErrorEnvelope, Metadata
from api.foreign_traces import WithoutForeignTraces
from core.clock import system_clock
from core.settings import Settings

LONGEST_URL = 8_192
"""Bytes of a request's target (RFC 9110, section 4.1: 8,000 at least)."""
MOST_HEADERS = 100
MOST_HEADER_BYTES = 32_768
"""Of a request's line and headers together."""

_WORDS = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "The request cannot be read."),
    HTTPStatus.REQUEST_TIMEOUT: ("too_slow", "The request took too long to arrive."),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("too_large", "The address is too long."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("too_large", "The request has too many headers, or too large ones."),
}


def server_config(app: ASGIApp, settings: Settings, *, shutdown_patience: int | None = None) -> uvicorn.Config:
    """How uvicorn serves us. Proxies are believed by ``api/callers.py`` alone.

    Args:
        shutdown_patience: seconds for open requests when the server stops; None: as long as they take.
    """
    if settings.traces != "off":
        app = WithoutForeignTraces(app, settings.trusted_proxies)
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol_of(settings),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=shutdown_patience,
    )


def protocol_of(settings: Settings) -> type[asyncio.Protocol]:
    class Protocol(_GuardedProtocol):
        header_seconds = settings.header_timeout.total_seconds()
        write_seconds = settings.write_timeout.total_seconds()

    return Protocol


class _Refused(Exception):
    """Ends the parsing; uvicorn then answers with ``send_400_response``."""


class _GuardedProtocol(HttpToolsProtocol):
    header_seconds: float
    write_seconds: float

    _head_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _is_in_head = False
    _head_bytes = 0
    """Of the head that is coming in, in whole reads."""
    _header_bytes = 0
    _refusal = HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head and self._head_bytes > MOST_HEADER_BYTES:
            # A header that does not end reaches ``on_header`` never.
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self.send_400_response("")
            return
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._is_in_head:
            self._head_bytes += len(data)
        if self._is_idle() and self.timeout_keep_alive_task is None:
            # What came was no request yet, or the rest of a body that nobody reads: neither goes on for ever.
            self._start_head_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes, self._header_bytes = True, 0, 0
        self._start_head_timer()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LONGEST_URL:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if len(self.headers) > MOST_HEADERS or self._header_bytes > MOST_HEADER_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_head_timer()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """With the status of what was wrong, in the house's envelope."""
        code, message = _WORDS[self._refusal]
        about = Metadata(request_id=str(uuid4()), timestamp=system_clock())
        envelope = ErrorEnvelope(error=ErrorBody(code=code, message=message), metadata=about)
        body = orjson.dumps(envelope.model_dump(mode="json"))
        head = (
            f"HTTP/1.1 {self._refusal.value} {self._refusal.phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        self._refusal = status
        raise _Refused

    def _is_idle(self) -> bool:
        """Whether no request is being answered."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.header_seconds, self._end_head)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _end_head(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if not self._is_idle():
            # The answer before it is still under way.
            self._start_head_timer()
        elif self._is_in_head:
            self._refusal = HTTPStatus.REQUEST_TIMEOUT
            self.send_400_response("")
        else:
            self.transport.close()
