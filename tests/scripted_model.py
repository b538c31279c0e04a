"""An OpenAI-compatible model that says exactly what a test tells it to: the real protocol over loopback HTTP.

A test queues one script for each request that it expects. A script is a list of steps, or a function of the request's
body that gives one. A request without a script gets an error, and ``serve_scripted_model`` fails at its end.
"""

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

_PATIENCE = 60.0


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


@dataclass(frozen=True)
class Gate:
    """The model says nothing more until the test opens it. As the first step it holds even the headers back."""

    reached: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)

    def wait_until_reached(self) -> None:
        assert self.reached.wait(_PATIENCE), "the model was not asked"

    def open(self) -> None:
        self.opened.set()


Step = Text | Call | Finish | Status | Gate
Script = Sequence[Step] | Callable[[dict[str, Any]], Sequence[Step]]


def says(text: str) -> list[Step]:
    """A whole answer, a word at a time."""
    return [*(Text(word) for word in text.replace(" ", " \0").split("\0")), Finish()]


def calls(name: str, arguments: str = "{}") -> list[Step]:
    return [Call(name, arguments), Finish("tool_calls")]


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


@dataclass
class ScriptedModel:
    base_url: str
    """Ends in /v1."""
    scripts: list[Script] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    """The models that it has as an Ollama."""
    faults: list[str] = field(default_factory=list)

    def will(self, *scripts: Script) -> None:
        """The answers to the next requests, in order."""
        self.scripts.extend(scripts)

    def next_steps(self, request: Request) -> Sequence[Step]:
        self.requests.append(request)
        if not self.scripts:
            self.faults.append(f"nobody said what to answer to request {len(self.requests)}")
            return [Status(500)]
        script = self.scripts.pop(0)
        steps = script(request.body) if callable(script) else script
        self.gates.extend(step for step in steps if isinstance(step, Gate))
        return steps


@contextmanager
def serve_scripted_model() -> Generator[ScriptedModel]:
    """Serves it on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="scripted model")
    thread.start()
    try:
        yield server.model
        assert server.model.faults == []
        assert server.model.scripts == [], "the model was asked less often than the test expected"
    finally:
        for gate in server.model.gates:
            gate.open()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.model = ScriptedModel(f"http://127.0.0.1:{self.server_port}/v1")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is no fault of the model."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = Request(self.path, self.headers["Authorization"], body)
        steps = list(self.server.model.next_steps(request))
        while steps and isinstance(steps[0], Gate):
            _pass(steps.pop(0))
        if steps and isinstance(steps[0], Status):
            self._refuse(steps[0])
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
        found = self.path == "/api/tags" and self.server.model.tags
        models = [{"name": name, "size": 1} for name in self.server.model.tags]
        self._send(200 if found else 404, {"models": models} if found else {"error": "not found"})

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""

    def _play(self, step: Step) -> None:
        match step:
            case Text(text):
                self._delta({"content": text})
            case Call(name, arguments, call_id):
                for call in _in_pieces(name, arguments, call_id):
                    self._delta({"tool_calls": [call]})
            case Finish(reason):
                self._delta({}, reason)
                self._event({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})
                self._write(b"data: [DONE]\n\n")
            case _:
                _pass(step)

    def _delta(self, delta: dict[str, Any], reason: str | None = None) -> None:
        self._event({"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]})

    def _event(self, content: dict[str, Any]) -> None:
        about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "scripted"}
        self._write(b"data: " + json.dumps(about | content).encode() + b"\n\n")

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


def _pass(step: Step) -> None:
    assert isinstance(step, Gate), step
    step.reached.set()
    assert step.opened.wait(_PATIENCE), "nobody opened the gate"
