"""The statements of ranking."""

from pathlib import Path

from core.db.queries import Queries

STATEMENTS = Queries(Path(__file__).with_name("search.sql"), Path(__file__).with_name("index.sql"))
