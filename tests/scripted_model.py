"""An OpenAI-compatible model that says exactly what a test tells it to: the real protocol over loopback HTTP.

A test queues one script for each request that it expects. A script is a list of steps, or a function of the request's
body that gives one. A request without a script gets an error, and ``serve_scripted_model`` fails at its end.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from evals.scripted_wire import Call, Finish, Request, Status, Step, Text, Wait, WireServer, in_words

__all__ = ["Call", "Finish", "Gate", "Request", "ScriptedModel", "Status", "Text", "calls", "says"]

_PATIENCE = 60.0


@dataclass(frozen=True)
class Gate(Wait):
    """The model says nothing more until the test opens it. As the first step it holds even the headers back."""

    reached: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)

    def wait(self) -> None:
        self.reached.set()
        assert self.opened.wait(_PATIENCE), "nobody opened the gate"

    def wait_until_reached(self) -> None:
        assert self.reached.wait(_PATIENCE), "the model was not asked"

    def open(self) -> None:
        self.opened.set()


Script = Sequence[Step] | Callable[[dict[str, Any]], Sequence[Step]]


def says(text: str) -> list[Step]:
    """A whole answer, a word at a time."""
    return [*in_words(text), Finish()]


def calls(name: str, arguments: str = "{}") -> list[Step]:
    return [Call(name, arguments), Finish("tool_calls")]


@dataclass
class ScriptedModel:
    base_url: str = ""
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
    model = ScriptedModel()
    with WireServer(model.next_steps, lambda: model.tags).serving() as server:
        model.base_url = server.base_url
        try:
            yield model
            assert model.faults == []
            assert model.scripts == [], "the model was asked less often than the test expected"
        finally:
            for gate in model.gates:
                gate.open()
