"""Whether a PostgreSQL under test really waits for its disk; next to one that does not, figures mean nothing."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


def read_durability(folder: Path) -> dict[str, str]:
    """Settings of the embedded server with its data under ``folder``, as its owner sees them; empty without one."""
    if not any(folder.rglob("postmaster.pid")):
        return {}
    with as_superuser(folder, "postgres") as connection:
        return {name: _show(connection, name) for name in _SETTINGS}


@contextmanager
def as_superuser(folder: Path, database: str) -> Generator[psycopg.Connection]:
    """A connection to the embedded server with its data under ``folder``."""
    _, _, _, port, socket_folder, *_ = next(folder.rglob("postmaster.pid")).read_text().splitlines()
    with psycopg.connect(host=socket_folder, port=port, user="postgres", dbname=database) as connection:
        yield connection


def _show(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""
