"""The room's statements."""

from pathlib import Path

from core.db.queries import Queries

QUERIES = Queries(Path(__file__).with_name("privacy.sql"))
