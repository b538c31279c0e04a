"""Somebody who talks with a real server over real HTTP: a visitor, or a customer who has signed in."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson

_PATIENCE = 30.0

ALEX = ("alex@demo.example", "demo-alex-1")
BLAIR = ("blair@demo.example", "demo-blair-1")


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event, with the very bytes that it came in."""

    id: int
    name: str
    content: dict[str, Any]
    wire: bytes


@dataclass
class Caller:
    """Keeps to one session, as a widget does."""

    http: httpx2.Client
    session_id: str | None = None

    def ask(self, message: str) -> dict[str, Any]:
        """The answer as JSON."""
        response = self.http.post("/api/v1/chat", json=self.body(message))
        return self._remember(response)

    def hear(self, message: str) -> list[Event]:
        """The answer as events, to the end."""
        with self.streaming(message) as events:
            return list(events)

    @contextmanager
    def streaming(self, message: str) -> Generator[Iterator[Event]]:
        """The answer's events as they come. Leaving early drops the connection."""
        with self.http.stream("POST", "/api/v1/chat/stream", json=self.body(message)) as response:
            assert response.status_code == 200, response.read()
            yield self._listened(read_events(response.iter_raw()))

    def resume(self, turn_id: str, after: int | str | None = None) -> httpx2.Response:
        """The rest of a turn's events after a number, whole."""
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        return self.http.get(f"/api/v1/chat/turns/{turn_id}/events", headers=headers)

    def decide(self, asked: dict[str, Any], decision: str) -> httpx2.Response:
        """Presses a button of the confirmation in ``asked`` (the data of the turn that proposed)."""
        body = {"operation_id": asked["confirmation"]["operation_id"], "decision": decision}
        return self.http.post(f"/api/v1/chat/turns/{asked['turn_id']}/confirm", json=body)

    def history(self) -> list[dict[str, Any]]:
        response = self.http.get(f"/api/v1/chat/history/{self.session_id}")
        assert response.status_code == 200, response.text
        return response.json()["data"]["messages"]

    def body(self, message: str) -> dict[str, Any]:
        return {"message": message} | ({"session_id": self.session_id} if self.session_id else {})

    def _remember(self, response: httpx2.Response) -> dict[str, Any]:
        assert response.status_code == 200, response.text
        answer = response.json()["data"]
        self.session_id = answer["session_id"]
        return answer

    def _listened(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if event.name == "turn":
                self.session_id = event.content["session_id"]
            yield event


Meet = Callable[..., Caller]
"""``meet(base_url, ALEX)``: the customer, signed in; ``meet(base_url)``: a visitor."""


@contextmanager
def talking(base_url: str, token: str | None = None) -> Generator[Caller]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx2.Client(base_url=base_url, headers=headers, timeout=_PATIENCE) as http:
        yield Caller(http)


def log_in(base_url: str, email: str, password: str) -> str:
    """An access token."""
    with talking(base_url) as stranger:
        response = stranger.http.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert response.status_code == 200, response.text
        return response.json()["data"]["access_token"]


def read_events(blocks: Iterator[bytes]) -> Iterator[Event]:
    """Events in the exact form that our server writes: ``id``, ``event`` and one line of ``data``. Skips comments."""
    rest = b""
    for block in blocks:
        *frames, rest = (rest + block).split(b"\n\n")
        for frame in frames:
            if not frame.startswith(b":"):
                yield _event(frame)
    assert rest == b"", "the stream ended within an event"


def _event(frame: bytes) -> Event:
    number, name, content = frame.split(b"\n")
    assert (number[:4], name[:7], content[:6]) == (b"id: ", b"event: ", b"data: "), frame
    return Event(int(number[4:]), name[7:].decode(), orjson.loads(content[6:]), frame + b"\n\n")


def texts(events: list[Event]) -> str:
    """What was streamed, put together."""
    return "".join(event.content["text"] for event in events if event.name == "token")


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]
