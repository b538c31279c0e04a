"""The load generator's HTTP: one keep-alive connection that posts a question and times what comes back.

Raw streams and a chunked decoder of a few lines, since the load generator shares the cores with what it measures.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

_LIMIT = 1 << 20
_SESSION = re.compile(rb'"session_id": ?"([0-9a-f-]{36})"')


@dataclass(frozen=True)
class Target:
    """Where and how to ask one server.

    The patterns are searched in the decoded body: the first token, and what every good answer ends with.
    """

    port: int
    path: str
    headers: dict[str, str]
    begins: str
    ends: str


@dataclass(frozen=True)
class Turn:
    """One answer: seconds since the question was written (``None``: no token came), bytes read from the socket
    including HTTP heads, and what was wrong with it."""

    first_token_s: float | None
    total_s: float
    size: int
    error: str | None


class Connection:
    """One client of a server. Opened on first use and again when the server has closed it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._begins = re.compile(target.begins.encode())
        self._ends = re.compile(target.ends.encode())
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.session: str | None = None
        """The conversation that the last answer belongs to, where the server says so."""

    async def ask(self, body: bytes) -> Turn:
        """Post one body and read the answer to its end. Every failure becomes ``Turn.error``."""
        start = time.perf_counter()
        try:
            async with asyncio.timeout(60):
                return await self._exchange(body, start)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
            self.close()
            return Turn(None, time.perf_counter() - start, 0, f"{type(error).__name__}: {error}")

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, body: bytes, start: float) -> Turn:
        reader, writer = await self._open()
        writer.write(self._head(len(body)) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        size, text, first_token_s = len(head), bytearray(), None
        async for piece, wire_size in read_body(reader, head):
            text += piece
            size += wire_size
            if first_token_s is None and self._begins.search(text):
                first_token_s = time.perf_counter() - start
        total_s = time.perf_counter() - start
        named = _SESSION.search(text)
        self.session = named[1].decode() if named else None
        if b"connection: close" in head.lower() or reader.at_eof():
            self.close()
        return Turn(first_token_s, total_s, size, self._complaint(head, bytes(text)))

    def _complaint(self, head: bytes, text: bytes) -> str | None:
        status = head.split(b" ", 2)[1]
        if status == b"200" and self._ends.search(text):
            return None
        return f"{status.decode()}: ...{text[-400:].decode(errors='replace')}"

    def _head(self, length: int) -> bytes:
        headers = {"host": f"127.0.0.1:{self._target.port}", "content-type": "application/json"}
        headers |= {"accept": "text/event-stream", "content-length": str(length), **self._target.headers}
        lines = [f"POST {self._target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # A server ends connections that nobody used for a while.
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._target.port, limit=_LIMIT)
        return self._streams


async def read_body(reader: asyncio.StreamReader, head: bytes) -> AsyncIterator[tuple[bytes, int]]:
    """Pieces of a response's body as they arrive, each with its size on the wire.

    Args:
        head: the response's status line and headers, which say how the body is framed.
    """
    if match := re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE):
        body = await reader.readexactly(int(match[1]))
        yield body, len(body)
        return
    while True:
        line = await reader.readuntil(b"\r\n")
        length = int(line.split(b";")[0], 16)
        piece = await reader.readexactly(length + 2)
        yield piece[:-2], len(line) + len(piece)
        if length == 0:
            return
