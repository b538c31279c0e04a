"""What a graph is made of: the published documents of a knowledge base, read as the owner of the tables."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import Connection
from psycopg.rows import class_row

from knowledge.graph.shapes import GraphDocument, GraphPassage
from knowledge.graph.statements import STATEMENTS


@dataclass(frozen=True, slots=True)
class Published:
    document_id: str
    title: str
    product: str
    intents: list[str]
    passages: list[str]
    """Their ids, in order."""

    def graph_id(self, extractor: str) -> str:
        """The same for the same text and front matter, read by the same extractor."""
        parts = (extractor, self.document_id, self.title, self.product, *self.intents, "", *self.passages)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Passage:
    id: str
    document_id: str
    heading: str
    text: str
    vector: list[float]


@dataclass(frozen=True, slots=True)
class Loaded:
    documents: list[GraphDocument]
    vectors: dict[str, npt.NDArray[np.float32]]
    """Of the passages, by id."""


class Library:
    """One knowledge base's documents."""

    def __init__(self, connection: Connection[Any], kb: str) -> None:
        self._connection = connection
        self._kb = {"kb": kb}

    def lock(self) -> bool:
        """Whether nobody else changes the graph now; held until the connection closes."""
        ((locked,),) = self._connection.execute(STATEMENTS["lock_graph"], self._kb).fetchall()
        return locked

    def read_state(self) -> str | None:
        """The name of the base's present state; None: there is no such base."""
        row = self._connection.execute(STATEMENTS["read_state"], self._kb).fetchone()
        return row and row[0]

    def list_published(self) -> list[Published]:
        with self._connection.cursor(row_factory=class_row(Published)) as cursor:
            return cursor.execute(STATEMENTS["list_published"], self._kb).fetchall()

    def load(self, documents: Sequence[Published], extractor: str) -> Loaded:
        """Their texts. One that was changed meanwhile has other passages than were listed, or none: it is left out, and
        the base has another state."""
        wanted = self._kb | {"documents": [each.document_id for each in documents]}
        with self._connection.cursor(row_factory=class_row(_Passage)) as cursor:
            rows = cursor.execute(STATEMENTS["read_passages"], wanted).fetchall()
        found: dict[str, list[_Passage]] = {}
        for row in rows:
            found.setdefault(row.document_id, []).append(row)
        unchanged = [each for each in documents if [row.id for row in found.get(each.document_id, [])] == each.passages]
        return Loaded(
            [_document(each, found[each.document_id], extractor) for each in unchanged],
            {row.id: np.array(row.vector, dtype=np.float32) for row in rows},
        )


def _document(published: Published, passages: Sequence[_Passage], extractor: str) -> GraphDocument:
    about = (published.title, published.product, published.intents)
    return GraphDocument(
        published.graph_id(extractor),
        [GraphPassage(row.id, about[0], row.heading, row.text, about[1], about[2]) for row in passages],
    )
