"""Alembic, driven from Python: no alembic.ini, one psycopg connection."""

from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

_DIRECTORY = Path(__file__).with_name("migrations")


def upgrade(owner_url: str, revision: str) -> None:
    """Each revision is one transaction.

    Raises:
        psycopg.Error: the driver's own, of the statement that failed.
    """
    _run(command.upgrade, owner_url, revision)


def downgrade(owner_url: str, revision: str) -> None:
    """As ``upgrade``; the revision may be ``base``."""
    _run(command.downgrade, owner_url, revision)


def _run(action: Any, owner_url: str, revision: str) -> None:
    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(owner_url)

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(_DIRECTORY).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            action(config, revision)
    except DBAPIError as error:
        raise error.orig or error from error
