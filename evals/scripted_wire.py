"""An OpenAI-compatible model whose every answer somebody else decides: the real protocol over loopback HTTP."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self, cast

_ABOUT = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "scripted"}
_USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Call:
    """A tool call, its arguments as the JSON text that the model writes. Travels in pieces, as the protocol does."""

    name: str
    arguments: str = "{}"
    id: str = "call_1"


@dataclass(frozen=True)
class Finish:
    """The reason why the model stops, the usage, and the end of the stream. A script without one just breaks off."""

    reason: str = "stop"


@dataclass(frozen=True)
class Status:
    """An HTTP error instead of a stream."""

    code: int
    message: str = "no"
    retry_after: str | None = None
    error_code: str | None = None


class Wait(ABC):
    """The model says nothing more until ``wait`` returns. As the first step it holds even the headers back."""

    @abstractmethod
    def wait(self) -> None: ...


Step = Text | Call | Finish | Status | Wait


@dataclass
class Request:
    path: str
    authorization: str
    body: dict[str, Any]

    @property
    def tools(self) -> set[str]:
        return {tool["function"]["name"] for tool in self.body.get("tools", [])}

    def messages(self, role: str) -> list[str]:
        return [message["content"] for message in self.body["messages"] if message["role"] == role]


def in_words(text: str) -> Iterable[Text]:
    """A text as it streams: a word at a time."""
    return (Text(word) for word in text.replace(" ", " \0").split("\0"))


class WireServer(ThreadingHTTPServer):
    """Serves on a port of this machine, a free one by default, within ``serving``.

    Args:
        answer: what to say to a request; called from the thread of its connection.
        list_models: the models that it has as an Ollama.
    """

    daemon_threads = True

    def __init__(
        self,
        answer: Callable[[Request], Sequence[Step]],
        list_models: Callable[[], Sequence[str]] = tuple,
        *,
        port: int = 0,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.list_models = list_models

    @contextmanager
    def serving(self) -> Generator[Self]:
        """Answers in a thread of its own until it is left."""
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="scripted model")
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()

    @property
    def base_url(self) -> str:
        """Ends in /v1."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is no fault of the model."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = cast(WireServer, self.server)
        steps = list(server.answer(Request(self.path, self.headers["Authorization"], body)))
        while steps and isinstance(first := steps[0], Wait):
            first.wait()
            steps.pop(0)
        if steps and isinstance(steps[0], Status):
            self._refuse(steps[0])
            return
        if not body.get("stream"):
            self._send(200, _whole(steps))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._delta({"role": "assistant", "content": ""})
        for step in steps:
            self._play(step)
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self) -> None:
        """What Ollama answers to the question which models it has."""
        tags = cast(WireServer, self.server).list_models()
        found = self.path == "/api/tags" and bool(tags)
        models = [{"name": name, "size": 1} for name in tags]
        self._send(200 if found else 404, {"models": models} if found else {"error": "not found"})

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def _play(self, step: Step) -> None:
        match step:
            case Text(text):
                self._delta({"content": text})
            case Call(name, arguments, call_id):
                for call in _in_pieces(name, arguments, call_id):
                    self._delta({"tool_calls": [call]})
            case Finish(reason):
                self._delta({}, reason)
                self._event({"choices": [], "usage": _USAGE})
                self._write(b"data: [DONE]\n\n")
            case Status():
                raise ValueError("a stream that has begun has its status")
            case Wait():
                step.wait()

    def _delta(self, delta: dict[str, Any], reason: str | None = None) -> None:
        self._event({"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]})

    def _event(self, content: dict[str, Any]) -> None:
        chunk = _ABOUT | {"object": "chat.completion.chunk"} | content
        self._write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def _write(self, block: bytes) -> None:
        self.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")

    def _refuse(self, status: Status) -> None:
        error = {"message": status.message, "type": "server_error", "code": status.error_code}
        wait = {"Retry-After": status.retry_after} if status.retry_after else {}
        self._send(status.code, {"error": error}, wait)

    def _send(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _in_pieces(name: str, arguments: str, call_id: str) -> Iterable[dict[str, Any]]:
    middle = len(arguments) // 2
    yield {"index": 0, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    for piece in filter(None, (arguments[:middle], arguments[middle:])):
        yield {"index": 0, "function": {"arguments": piece}}


def _whole(steps: Iterable[Step]) -> dict[str, Any]:
    """The answer in one piece, for a client that does not stream."""
    steps = list(steps)
    calls = [
        {"id": step.id, "type": "function", "function": {"name": step.name, "arguments": step.arguments}}
        for step in steps
        if isinstance(step, Call)
    ]
    text = "".join(step.text for step in steps if isinstance(step, Text))
    message = {"role": "assistant", "content": text or None} | ({"tool_calls": calls} if calls else {})
    reason = next((step.reason for step in steps if isinstance(step, Finish)), "stop")
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return _ABOUT | {"object": "chat.completion", "choices": [choice], "usage": _USAGE}
