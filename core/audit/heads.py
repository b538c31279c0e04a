"""Where the chains of the audit log stand, and the file of checkpoints that is told every few minutes."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from core.audit.checkpoints import CheckpointFile, checkpoint_path, get_signing_key
from core.audit.entries import QUERIES, Head
from core.db.database import Database
from core.settings import Settings


def read_heads(connection: Connection[Any]) -> list[Head]:
    with connection.cursor(row_factory=class_row(Head)) as cursor:
        return cursor.execute(QUERIES["list_heads"]).fetchall()


class Checkpointer:
    """Signs where the chains stand, once in every ``interval``."""

    def __init__(self, file: CheckpointFile, interval: timedelta) -> None:
        self._file = file
        self._interval = interval
        self._last: datetime | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Checkpointer":
        """Raises ConfigurationError for a key that is none."""
        return cls(CheckpointFile(checkpoint_path(settings), get_signing_key(settings)), settings.audit_interval)

    def is_due(self, now: datetime) -> bool:
        return self._last is None or now - self._last >= self._interval

    async def write(self, database: Database, now: datetime) -> None:
        """
        Raises:
            Unavailable: the database cannot be reached.
            ConfigurationError: the file cannot be written.
        """
        heads = await database.fetch(Head, QUERIES["list_heads"])
        await asyncio.to_thread(self._file.append, heads, now)
        self._last = now
