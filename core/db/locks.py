"""One process at a time prepares or migrates a database, wherever the processes run."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import Connection

from core.db.queries import Queries
from core.errors import ConfigurationError

_QUERIES = Queries(Path(__file__).with_name("bootstrap.sql"))
_TIMEOUT = 300.0
"""Seconds; a migration of a large database takes its time."""


@contextmanager
def changing_database(connection: Connection[Any]) -> Generator[None]:
    """Holds the database's advisory lock. The connection is in autocommit.

    It asks again instead of waiting inside PostgreSQL: a waiting statement holds a snapshot, and the holder's CREATE
    INDEX CONCURRENTLY would wait for that for ever.
    """
    deadline = time.monotonic() + _TIMEOUT
    while not _value(connection, "try_lock"):
        if time.monotonic() > deadline:
            raise ConfigurationError("Another process has been migrating the database for minutes: look after it.")
        time.sleep(0.05)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(_QUERIES["unlock"])


def _value(connection: Connection[Any], name: str) -> Any:
    row = connection.execute(_QUERIES[name]).fetchone()
    return row[0] if row else None
