"""Between the code and PostgreSQL: hears which of our named statements are sent, with which values, and may send
another text in place of one."""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from agent.conversations import QUERIES as AGENT
from api.people import QUERIES as API
from core.db.queries import Queries
from core.security.encryption.data_keys import DATA_KEYS
from tools.queries import QUERIES as TOOLS
from tools.staff.queries import QUERIES as STAFF

ROOMS: dict[str, Queries] = {"tools": TOOLS, "staff": STAFF, "agent": AGENT, "api": API}
KEYS = ("find_data_key", "insert_data_key")
"""Of the customers' keys. The other statements are the operator's: core/security/encryption/rotation.py."""
STATEMENTS = {f"{room}.{name}": queries[name] for room, queries in ROOMS.items() for name in queries.names()} | {
    f"keys.{name}": DATA_KEYS[name] for name in KEYS
}
"""Every statement that requests send, by room and name."""
_NAMES = {text: name for name, text in STATEMENTS.items()}

OWNER_FILTER = re.compile(r"(\w+\.)?(customer_id|id) = (%\(customer_id\)s|app_customer_id\(\))|owner = %\(owner\)s")
FILTERED = [name for name, text in STATEMENTS.items() if OWNER_FILTER.search(text)]


def without_filter(name: str) -> str:
    return OWNER_FILTER.sub("true", STATEMENTS[name])


@dataclass
class Wire:
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Names and values, in order."""
    instead: dict[str, str] = field(default_factory=dict)
    """Texts to send, by name."""

    @contextmanager
    def forgetting(self, name: str) -> Generator[None]:
        """Sends a statement without its owner filter."""
        self.instead[name] = without_filter(name)
        yield
        del self.instead[name]

    @contextmanager
    def listening(self) -> Generator[list[tuple[str, dict[str, Any]]]]:
        """What is heard inside."""
        before = len(self.heard)
        inside: list[tuple[str, dict[str, Any]]] = []
        yield inside
        inside += self.heard[before:]


@contextmanager
def tapped() -> Iterator[Wire]:
    wire, send = Wire(), psycopg.AsyncCursor.execute

    async def execute(self: Any, query: Any, params: Mapping[str, Any] | None = None, **options: Any) -> Any:
        name = _NAMES.get(query) if isinstance(query, str) else None
        if name is not None:
            wire.heard.append((name, dict(params or {})))
            query = wire.instead.get(name, query)
        return await send(self, query, params, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", execute)
        yield wire
