"""How far each knowledge base's graph has come, in a table beside LightRAG's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from knowledge.graph.statements import STATEMENTS


@dataclass(frozen=True, slots=True)
class GraphState:
    kb: str
    state: str
    """Which extractor has read which state of the base."""
    documents: int
    failed: int
    """Documents that are not in it and should be."""
    error: str | None
    """Why, of the first."""
    updated_at: datetime


def prepare_states(connection: Connection[Any]) -> None:
    connection.execute(STATEMENTS["prepare_states"])


def read_states(connection: Connection[Any]) -> dict[str, GraphState]:
    """By knowledge base; none before a graph was built."""
    if connection.execute("select to_regclass('lightrag.tellergraph_graphs')").fetchone() == (None,):
        return {}
    with connection.cursor(row_factory=class_row(GraphState)) as cursor:
        return {row.kb: row for row in cursor.execute(STATEMENTS["read_graphs"])}


def record_state(
    connection: Connection[Any], kb: str, state: str, *, documents: int, failed: int, error: str | None
) -> None:
    about = {"kb": kb, "state": state, "documents": documents, "failed": failed, "error": error and error[:500]}
    connection.execute(STATEMENTS["record_graph"], about)


def forget_state(connection: Connection[Any], kb: str) -> None:
    connection.execute(STATEMENTS["forget_graph"], {"kb": kb})
