"""Reads server-sent events (WHATWG HTML, section 9.2) from an open response."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    name: str
    data: dict[str, Any]
    id: str


def read_events(response: httpx2.Response) -> Iterator[ReceivedEvent]:
    name, data, last_id = "message", list[str](), ""
    for line in response.iter_lines():
        if not line:
            if data:
                yield ReceivedEvent(name, orjson.loads("\n".join(data)), last_id)
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                name = value
            case "data":
                data.append(value)
            case "id":
                last_id = value
            case _:
                """Comments and fields that mean nothing to us."""
