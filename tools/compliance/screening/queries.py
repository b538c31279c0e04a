"""The statements of screening, by name."""

from pathlib import Path

from core.db.queries import Queries

QUERIES = Queries(Path(__file__).with_name("screening.sql"))
