"""What ingest writes: one knowledge base's documents and passages, as the owner of the tables."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

import psycopg
from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from core.db.refusals import translate
from core.errors import InvalidInput
from knowledge.article import Article, FrontMatter
from knowledge.chunk import Chunk
from knowledge.flags import Flag
from knowledge.passages import Passages
from knowledge.rank.index import drop_index, keep_index
from knowledge.sql import QUERIES

Status = Literal["published", "quarantine", "retired"]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """The newest revision of a document."""

    id: str
    source: str
    content_hash: str
    status: Status
    uploaded: bool
    """By staff: no folder says what becomes of it."""


@dataclass(frozen=True, slots=True)
class Document:
    """An article ready to be stored."""

    article: Article
    source: str
    content_hash: str
    status: Status = "published"


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A revision that nobody reads."""

    article: Article
    revision: int
    source: str


class Store:
    """One knowledge base, locked against other ingests while it is open. Each change is a transaction."""

    def __init__(self, connection: Connection[Any], kb: str) -> None:
        self._connection = connection
        self._kb = {"kb": kb}

    def list_stored(self) -> list[StoredDocument]:
        with self._connection.cursor(row_factory=class_row(StoredDocument)) as cursor:
            return cursor.execute(QUERIES["list_stored"], self._kb).fetchall()

    def read_bodies(self, document_ids: Sequence[str]) -> dict[str, str]:
        """The newest text of each of them that is there."""
        wanted = self._kb | {"ids": list(document_ids)}
        return dict(self._connection.execute(QUERIES["read_bodies"], wanted).fetchall())

    def put(self, document: Document, passages: Passages | None) -> None:
        """Publishes a document in place of all others with its id, or lets it wait beside the published one.

        Args:
            passages: of a document to be published.
        """
        about = document.article.about
        stored = self._kb | {"document": Jsonb(describe_document(document)), "status": document.status}
        with self._connection.transaction():
            ((revision,),) = self._connection.execute(QUERIES["store_document"], stored).fetchall()
            if passages is not None:
                described = Jsonb(describe_passages(self._kb["kb"], about.id, passages))
                here = self._kb | {"document_id": about.id, "revision": revision, "passages": described}
                self._connection.execute(QUERIES["store_passages"], here)

    def list_unpublished(self, document_ids: Sequence[str] | None = None) -> list[Unpublished]:
        """What waits; of ``document_ids``, what waits or is retired."""
        wanted = self._kb | {"ids": None if document_ids is None else list(document_ids)}
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(QUERIES["list_unpublished"], wanted).fetchall()
        return [Unpublished(_article_from(row), row["revision"], row["source"]) for row in rows]

    def publish(self, unpublished: Unpublished, passages: Passages) -> None:
        document_id = unpublished.article.about.id
        described = Jsonb(describe_passages(self._kb["kb"], document_id, passages))
        here = self._kb | {"document_id": document_id, "revision": unpublished.revision, "passages": described}
        self._connection.execute(QUERIES["publish_revision"], here)

    def retire(self, document_id: str) -> None:
        """Raises NotFound, on closing the store."""
        self._connection.execute(QUERIES["retire_current"], self._kb | {"document_id": document_id})

    def delete(self, document_id: str) -> None:
        self._connection.execute(QUERIES["delete_document"], self._kb | {"document_id": document_id})

    def delete_all(self) -> None:
        """The knowledge base and all that is in it."""
        self._connection.execute(QUERIES["delete_base"], self._kb)
        drop_index(self._connection, self._kb["kb"])

    def settle(self) -> None:
        """Tells search and planner what the base holds now. Plans made from what it held before cost several times as
        much, and are kept for as long as a connection lives."""
        keep_index(self._connection, self._kb["kb"])
        self._connection.execute(QUERIES["vacuum_base"])


@contextmanager
def open_store(owner_url: str, kb: str, *, create: bool = True) -> Generator[Store]:
    """The knowledge base ``kb``, made if it is not there; without ``create``, an empty one.

    Raises:
        InvalidInput: ``kb`` is no name for one.
        Unavailable: the database cannot be reached.
    """
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(QUERIES["lock_base"], {"kb": kb})
            if create:
                connection.execute(QUERIES["open_base"], {"kb": kb})
            yield Store(connection, kb)
    except psycopg.errors.CheckViolation as error:
        raise InvalidInput(f"{kb!r} cannot name a knowledge base: use 1 to 40 of a-z, 0-9 and _.") from error
    except psycopg.Error as error:
        raise translate(error) from error


def list_bases(owner_url: str) -> list[dict[str, Any]]:
    """Every knowledge base with how much is in it. Raises Unavailable."""
    try:
        with psycopg.connect(owner_url) as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(QUERIES["list_bases"]).fetchall()
    except psycopg.Error as error:
        raise translate(error) from error


def _article_from(row: dict[str, Any]) -> Article:
    flags = tuple(Flag(**flag) for flag in row["flags"])
    return Article(FrontMatter.model_validate(row), row["body"], flags)


def describe_document(document: Document) -> dict[str, Any]:
    """As ``store_document()`` of the schema takes it."""
    return document.article.about.model_dump(mode="json") | {
        "body": document.article.body,
        "source": document.source,
        "content_hash": document.content_hash,
        "flags": [asdict(flag) for flag in document.article.flags],
    }


def describe_passages(kb: str, document_id: str, passages: Passages) -> list[dict[str, Any]]:
    """As ``store_passages()`` of the schema takes them. Equal content gets equal ids."""
    return [
        asdict(chunk) | {"id": _passage_id(kb, document_id, chunk), "embedding": vector.tolist()}
        for chunk, vector in zip(passages.chunks, passages.vectors, strict=True)
    ]


def _passage_id(kb: str, document_id: str, chunk: Chunk) -> str:
    parts = (kb, document_id, str(chunk.ordinal), chunk.heading, chunk.text)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
