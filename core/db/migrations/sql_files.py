"""A revision is a pair of files, ``sql/<revision>.up.sql`` and ``sql/<revision>.down.sql``."""

from pathlib import Path
from typing import Literal

from alembic import op

_DIRECTORY = Path(__file__).with_name("sql")


def run_file(revision: str, direction: Literal["up", "down"]) -> None:
    """Executes the file as it stands: several statements, percent signs, no parameters."""
    statements = (_DIRECTORY / f"{revision}.{direction}.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
