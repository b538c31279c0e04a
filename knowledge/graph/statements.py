"""The statements of the graph."""

from pathlib import Path

from core.db.queries import Queries

STATEMENTS = Queries(Path(__file__).with_name("documents.sql"))
