"""One answer as it comes: when its first words were there, and how it ended. Times are seconds of ``perf_counter``."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


@dataclass
class Streamed:
    """What was heard of a stream (docs/events.md)."""

    started: float
    first_token: float | None = None
    """A decision may be answered without one."""
    ended: float | None = None
    size: int = 0
    """Bytes."""
    session_id: str | None = None
    turn_id: str | None = None
    proposal: dict[str, Any] | None = None
    fault: str | None = None
    """Why it is no answer."""
    _name: str = field(default="", repr=False)

    def listen(self, lines: Iterable[bytes]) -> "Streamed":
        """To the end."""
        for line in lines:
            self.size += len(line) + 1
            if line.startswith(b"event: "):
                self._name = line[7:].decode()
            elif line.startswith(b"data: "):
                self._take(self._name, json.loads(line[6:]))
        if self.ended is None:
            self.ended = perf_counter()
            self.fault = self.fault or "the stream broke off"
        return self

    def _take(self, name: str, content: dict[str, Any]) -> None:
        match name:
            case "turn":
                self.session_id, self.turn_id = content["session_id"], content["turn_id"]
            case "token":
                self.first_token = self.first_token or perf_counter()
            case "confirm":
                self.proposal = content
            case "done":
                self.ended = perf_counter()
            case "error":
                self.ended, self.fault = perf_counter(), f"{content['code']}: {content['message']}"
            case _:
                """Of no meaning for times."""
