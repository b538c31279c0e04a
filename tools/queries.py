"""The tools' SQL, one file for each subject."""

from pathlib import Path

from core.db.queries import Queries

QUERIES = Queries(*sorted((Path(__file__).parent / "sql").glob("*.sql")))
