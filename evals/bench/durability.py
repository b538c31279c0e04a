"""Whether a PostgreSQL under test really waits for its disk; next to one that does not, figures mean nothing."""

from pathlib import Path

import psycopg

_SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


def read_durability(folder: Path) -> dict[str, str]:
    """Settings of the embedded server with its data under ``folder``, as its owner sees them; empty without one."""
    for path in folder.rglob("postmaster.pid"):
        _, _, _, port, socket_folder, *_ = path.read_text().splitlines()
        with psycopg.connect(host=socket_folder, port=port, user="postgres", dbname="postgres") as connection:
            return {name: _show(connection, name) for name in _SETTINGS}
    return {}


def _show(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""
