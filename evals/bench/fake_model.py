"""An OpenAI-compatible chat model with fixed timing and text: 20 ms to the first token, then 64 tokens 5 ms apart.

Raw asyncio and bytes prepared at start, so that its own CPU does not disturb what it is there to measure. It answers
``POST /v1/chat/completions`` (streamed or not; ``tools`` are accepted and never called), ``GET /v1/models`` and
``GET /stats`` (``{"completions": n}``: how often it was asked).

    python -m evals.bench.fake_model PORT
"""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import uvloop

FIRST_TOKEN_S = 0.020
TOKEN_S = 0.005
_TEXT = (
    "You can do this in the app at any time. Open the menu, choose the account or card that you mean, and follow the "
    "steps on the screen. If something does not look right, stop there and write to us in the chat. We will check it "
    "with you and tell you what happens next. The article shown below explains every single step [1]."
)
TOKENS = tuple(word if index == 0 else f" {word}" for index, word in enumerate(_TEXT.split()))
USAGE = {"prompt_tokens": 200, "completion_tokens": len(TOKENS), "total_tokens": 200 + len(TOKENS)}
_ABOUT = {"id": "chatcmpl-fake", "created": 1_700_000_000, "model": "fake"}
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class FakeModel:
    """One server's count and its answers, ready as bytes."""

    def __init__(self) -> None:
        self._completions = 0
        first, *rest = [_event(_delta({"content": token})) for token in TOKENS]
        self._tokens = [_event(_delta({"role": "assistant", "content": ""})) + first, *rest]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until the client goes away."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._answer(head, await reader.readexactly(_content_length(head)), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        path = head.split(b" ", 2)[1].decode()
        if path.endswith("/chat/completions"):
            await self._complete(orjson.loads(body), writer)
        elif path == "/stats":
            _send(writer, "200 OK", {"completions": self._completions})
        elif path.endswith("/models"):
            _send(writer, "200 OK", {"object": "list", "data": [{"id": "fake", "object": "model"}]})
        else:
            _send(writer, "404 Not Found", {"error": {"message": f"no {path} here", "type": "invalid_request_error"}})
        await writer.drain()

    async def _complete(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        self._completions += 1
        start = asyncio.get_running_loop().time()
        if not request.get("stream"):
            await _until(start + _moment(len(TOKENS) - 1))
            _send(writer, "200 OK", _completion())
            return
        for index, token in enumerate(self._tokens):
            await _until(start + _moment(index))
            writer.write(_STREAM_HEAD + token if index == 0 else token)
        options: dict[str, Any] = request.get("stream_options") or {}
        writer.write(b"".join(_ending(bool(options.get("include_usage")))))


def _ending(wants_usage: bool) -> Iterator[bytes]:
    yield _event(_delta({}, "stop"))
    if wants_usage:
        yield _event(orjson.dumps({**_ABOUT, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}))
    yield _event(b"[DONE]")
    yield b"0\r\n\r\n"


def _delta(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return orjson.dumps({**_ABOUT, "object": "chat.completion.chunk", "choices": [choice]})


def _completion() -> dict[str, Any]:
    message = {"role": "assistant", "content": _TEXT}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**_ABOUT, "object": "chat.completion", "choices": [choice], "usage": USAGE}


def _event(payload: bytes) -> bytes:
    line = b"data: " + payload + b"\n\n"
    return f"{len(line):x}\r\n".encode() + line + b"\r\n"


def _send(writer: asyncio.StreamWriter, status: str, body: dict[str, Any]) -> None:
    payload = orjson.dumps(body)
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(payload)}\r\n\r\n"
    writer.write(head.encode() + payload)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _moment(index: int) -> float:
    return FIRST_TOKEN_S + index * TOKEN_S


async def _until(moment: float) -> None:
    """Deadlines count from the request, so a late wake-up does not add up over 64 tokens."""
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


async def main(port: int) -> None:
    server = await asyncio.start_server(FakeModel().serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
