"""The SQL of logins, and the row that most of it answers with."""

from dataclasses import dataclass
from pathlib import Path

from core.db.queries import Queries

QUERIES = Queries(Path(__file__).parent / "queries.sql")


@dataclass(frozen=True, slots=True)
class Done:
    done: bool
