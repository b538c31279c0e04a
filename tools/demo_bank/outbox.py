"""Who may write the demo outbox, where security codes lie open: the runtime role, in demo mode, and nobody else. The
right comes with the demo bank (``ensure_demo_bank``), a server outside demo mode takes it back before it starts, and
core/db/health.py refuses a database where it is left."""

import psycopg

from tools.demo_bank.bulk import QUERIES, OwnerConnection


def open_outbox(connection: OwnerConnection) -> None:
    """For demo mode."""
    connection.execute(QUERIES["open_outbox"])


def close_outbox(owner_url: str) -> None:
    """For every other mode. What was written stays readable for its customer."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(QUERIES["close_outbox"])
