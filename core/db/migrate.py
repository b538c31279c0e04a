"""Brings a database's schema to a revision, forward and back.

Asking whether anything is to be done costs two connections; Alembic and LangGraph, slow to
import, are loaded only then.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

from core.db.locks import changing_database
from core.errors import ConfigurationError
from core.services.running import Services

BASE = "base"
"""Before the first revision."""

_VERSIONS = Path(__file__).with_name("migrations") / "versions"
_CHECKPOINTER = "langgraph-checkpoint-postgres"


@dataclass(frozen=True)
class Migrated:
    """From which revision to which; the same twice when there was nothing to do."""

    before: str
    after: str


def list_revisions() -> list[str]:
    """Oldest first."""
    return sorted(path.stem for path in _VERSIONS.glob("[0-9]*.py"))


def migrate(services: Services) -> Migrated:
    """To the newest revision, as tellergraph_owner, and LangGraph's tables to its own.

    Raises:
        ConfigurationError: the database is newer than this program, or a statement failed (nothing of it stays).
    """
    head = list_revisions()[-1]
    before = find_revision(services.owner_url)
    if before != head:
        _require_known(before)
        _change(services.owner_url, head, forward=True)
    if _checkpoint_version(services.checkpoint_url) != version(_CHECKPOINTER):
        _change_checkpoints(services.checkpoint_url)
    return Migrated(before, head)


def downgrade(services: Services, revision: str) -> Migrated:
    """Back to a revision, or ``base``, which also removes the conversations' checkpoints and the documents' graphs.
    Data goes with its tables.

    Raises:
        ConfigurationError: there is no such revision, or it is newer than the database.
    """
    before = find_revision(services.owner_url)
    _require_known(before)
    order = [BASE, *list_revisions()]
    if revision not in order:
        raise ConfigurationError(f"There is no revision {revision}: choose one of {', '.join(order)}.")
    if order.index(revision) > order.index(before):
        raise ConfigurationError(f"The database is at {before}, older than {revision}: run 'tellergraph db migrate'.")
    if revision == BASE:
        _drop_checkpoints(services.checkpoint_url)
        _drop_graphs(services.graph_url)
    if revision != before:
        _change(services.owner_url, revision, forward=False)
    return Migrated(before, revision)


@contextmanager
def explaining_old_schema(services: Services) -> Generator[None]:
    """For commands that do not migrate by themselves.

    Raises:
        ConfigurationError: a statement named a table, column or function that the database does not have yet.
    """
    try:
        yield
    except psycopg.ProgrammingError as error:
        head, found = list_revisions()[-1], find_revision(services.owner_url)
        if found == head:
            raise
        raise ConfigurationError(
            f"The database is at {found} and this needs {head}: run 'tellergraph db migrate'."
        ) from error


def find_revision(owner_url: str) -> str:
    """Where the database stands; ``base`` for an empty one."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        table = connection.execute("select to_regclass('public.alembic_version')").fetchone()
        if table is None or table[0] is None:
            return BASE
        row = connection.execute("select version_num from public.alembic_version").fetchone()
    return BASE if row is None else str(row[0])


def _require_known(revision: str) -> None:
    if revision not in {BASE, *list_revisions()}:
        raise ConfigurationError(
            f"The database is at revision {revision}, which this version of Tellergraph does not know: update it."
        )


def _change(owner_url: str, target: str, *, forward: bool) -> None:
    # Alembic with SQLAlchemy would cost each start half a second.
    from core.db import alembic_runner  # noqa: PLC0415

    with psycopg.connect(owner_url, autocommit=True) as lock, changing_database(lock):
        try:
            (alembic_runner.upgrade if forward else alembic_runner.downgrade)(owner_url, target)
        except psycopg.Error as error:
            raise ConfigurationError(f"The migration to {target} failed: {error.diag.message_primary}.") from error
        if target == BASE:
            lock.execute("drop table if exists public.alembic_version")


def _checkpoint_version(checkpoint_url: str) -> str | None:
    """The version of LangGraph's package that last set up its tables; it stands in the schema's comment."""
    with psycopg.connect(checkpoint_url, autocommit=True) as connection:
        row = connection.execute("select obj_description(to_regnamespace('checkpoints'))").fetchone()
    return None if row is None else row[0]


def _change_checkpoints(checkpoint_url: str) -> None:
    # LangGraph is slow to import too.
    from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415

    with psycopg.connect(checkpoint_url, autocommit=True) as lock, changing_database(lock):
        with PostgresSaver.from_conn_string(checkpoint_url) as saver:
            saver.setup()
        lock.execute(sql.SQL("comment on schema checkpoints is {}").format(sql.Literal(version(_CHECKPOINTER))))


def _drop_checkpoints(checkpoint_url: str) -> None:
    with psycopg.connect(checkpoint_url, autocommit=True) as connection, changing_database(connection):
        _drop_tables(connection, "checkpoints")
        connection.execute("comment on schema checkpoints is null")


def _drop_graphs(graph_url: str) -> None:
    with psycopg.connect(graph_url, autocommit=True) as connection, changing_database(connection):
        _drop_tables(connection, "lightrag")


def _drop_tables(connection: Connection[Any], schema: str) -> None:
    with connection.transaction():
        for (name,) in connection.execute("select tablename from pg_tables where schemaname = %s", [schema]).fetchall():
            connection.execute(sql.SQL("drop table {} cascade").format(sql.Identifier(schema, name)))
