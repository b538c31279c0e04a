"""Where the chains of the audit log stand, and the file of checkpoints that is told every few minutes."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from core.audit.checkpoints import CheckpointFile, checkpoint_path, get_signing_key
from core.audit.entries import QUERIES, Head
from core.db.database import Database
from core.errors import ConfigurationError, Unavailable
from core.logging import get_logger
from core.settings import Settings

_log = get_logger(__name__)


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

    async def keep(self, database: Database, now: datetime, *, is_last: bool = False) -> None:
        """Writes a checkpoint where one is due, or it is the last one. What cannot be written is tried again the next
        time: payments do not wait for a disk that is full."""
        if not is_last and self._last is not None and now - self._last < self._interval:
            return
        try:
            heads = await database.fetch(Head, QUERIES["list_heads"])
            await asyncio.to_thread(self._file.append, heads, now)
            self._last = now
        except (ConfigurationError, Unavailable) as error:
            _log.error("audit_checkpoint_failed", reason=error.message)
