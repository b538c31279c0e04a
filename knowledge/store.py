"""What ingest writes: one knowledge base's documents and passages, as the owner of the tables."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg import Connection
from psycopg.rows import class_row

from core.db.database import translate
from core.errors import InvalidInput
from knowledge.article import Article, Audience
from knowledge.chunk import Chunk
from knowledge.embed import Vectors
from knowledge.sql import QUERIES


@dataclass(frozen=True, slots=True)
class StoredDocument:
    id: str
    source: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Document:
    """An article ready to be stored."""

    article: Article
    source: str
    content_hash: str
    audience: Audience


class Store:
    """One knowledge base, locked against other ingests while it is open. Each change is a transaction."""

    def __init__(self, connection: Connection[Any], kb: str) -> None:
        self._connection = connection
        self._kb = {"kb": kb}

    def list_stored(self) -> list[StoredDocument]:
        with self._connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute(QUERIES["list_stored"], self._kb).fetchall()

    def put(self, document: Document, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Stores a document, or replaces the one with its id.

        Args:
            vectors: unit vectors of the chunks, float32 [len(chunks), 384].
        """
        about = document.article.about
        here = self._kb | {"document_id": about.id, "audience": document.audience}
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(QUERIES["put_document"], self._kb | _columns(document))
            cursor.execute(QUERIES["delete_chunks"], here)
            rows = [
                here | asdict(chunk) | {"id": self._chunk_id(about.id, chunk), "embedding": HalfVector(vector)}
                for chunk, vector in zip(chunks, vectors, strict=True)
            ]
            cursor.executemany(QUERIES["insert_chunk"], rows)
            cursor.execute(QUERIES["insert_postings"], here)

    def delete(self, document_id: str) -> None:
        self._connection.execute(QUERIES["delete_document"], self._kb | {"document_id": document_id})

    def delete_all(self) -> None:
        """The knowledge base and all that is in it."""
        self._connection.execute(QUERIES["delete_base"], self._kb)

    def settle(self) -> None:
        """Tells the planner and the search what the base holds now. Plans made from what it held before cost several
        times as much, and are kept for as long as a connection lives."""
        self._connection.execute(QUERIES["count_chunks"], self._kb)
        self._connection.execute(QUERIES["vacuum_base"])

    def _chunk_id(self, document_id: str, chunk: Chunk) -> str:
        parts = (self._kb["kb"], document_id, str(chunk.ordinal), chunk.heading, chunk.text)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@contextmanager
def open_store(owner_url: str, kb: str) -> Generator[Store]:
    """The knowledge base ``kb``, made if it is not there.

    Raises:
        InvalidInput: ``kb`` is no name for one.
        Unavailable: the database cannot be reached.
    """
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            register_vector(connection)
            connection.execute(QUERIES["lock_base"], {"kb": kb})
            connection.execute(QUERIES["open_base"], {"kb": kb})
            yield Store(connection, kb)
    except psycopg.errors.CheckViolation as error:
        raise InvalidInput(f"{kb!r} cannot name a knowledge base: use 1 to 40 of a-z, 0-9 and _.") from error
    except psycopg.Error as error:
        raise translate(error) from error


def _columns(document: Document) -> dict[str, Any]:
    about = document.article.about
    return about.model_dump() | {
        "intents": list(about.intents),
        "body": document.article.body,
        "source": document.source,
        "audience": document.audience,
        "content_hash": document.content_hash,
    }
