"""Brings a knowledge base in line with a folder of documents.

Only documents whose bytes have changed are parsed, embedded and written, each in a transaction of its own; documents
whose file is gone are deleted. A file that cannot be read is reported and skipped, and what an earlier version of it
left in the knowledge base stays.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from knowledge.article import Article, ArticleError, Audience
from knowledge.chunk import Chunk, cut_article
from knowledge.corpus import Source, list_sources, parse_source
from knowledge.embed import Encoder, Vectors
from knowledge.store import Document, Store, StoredDocument, open_store

Progress = Callable[[int, int], None]
"""Told documents done and documents in all."""

_INDEX_VERSION = "1"
"""Raise it when chunks, vectors or postings are made in another way: every document is then made anew."""
_TITLE_SHARE = 0.3
"""How much of a passage's vector is its article's title, which is phrased as customers ask. Chosen on BANKING77."""


class TextEncoder(Protocol):
    """Threads share one."""

    def encode(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class FailedFile:
    file: str
    message: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the documents, in numbers; of those that failed, why."""

    added: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    failed: tuple[FailedFile, ...] = ()


def ingest_folder(
    owner_url: str,
    path: Path,
    kb: str = "help",
    *,
    load_encoder: Callable[[], TextEncoder] = Encoder.load,
    audience: Audience = "public",
    progress: Progress | None = None,
) -> IngestReport:
    """Brings knowledge base ``kb`` in line with the documents under ``path``.

    Args:
        owner_url: the login that owns the tables.
        load_encoder: called once, and only if something has changed.
        audience: of documents that name none.

    Raises:
        InvalidInput: ``path`` holds no documents, or ``kb`` is no name for a knowledge base.
        Unavailable: the database cannot be reached.
    """
    sources = list_sources(path)
    with open_store(owner_url, kb) as store:
        return _Ingest(store, load_encoder, audience, progress).run(sources)


@dataclass
class _Ingest:
    store: Store
    load_encoder: Callable[[], TextEncoder]
    audience: Audience
    progress: Progress | None
    failed: list[FailedFile] = field(default_factory=list[FailedFile])

    def run(self, sources: Sequence[Source]) -> IngestReport:
        stored = {document.source: document for document in self.store.list_stored()}
        hashes = {source.name: self._hash(source) for source in sources}
        changed = [s for s in sources if s.name not in stored or stored[s.name].content_hash != hashes[s.name]]
        changing = {source.name for source in changed}
        kept = {d.id: name for name, d in stored.items() if name in hashes and name not in changing}
        documents = self._parse(changed, hashes, kept)
        known = {document.id for document in stored.values()}
        gone = self._gone(stored, hashes, documents)
        for document_id in gone:
            self.store.delete(document_id)
        self._put(documents)
        if gone or documents:
            self.store.settle()
        added = sum(document.article.about.id not in known for document in documents)
        return IngestReport(
            added=added,
            updated=len(documents) - added,
            deleted=len(gone),
            unchanged=len(sources) - len(changed),
            failed=tuple(self.failed),
        )

    def _parse(self, changed: Sequence[Source], hashes: dict[str, str], owners: dict[str, str]) -> list[Document]:
        """The changed documents that can be read; the others go to ``failed``.

        Args:
            owners: document id -> file, of the documents that stay as they are; gains the changed ones.
        """
        documents: list[Document] = []
        for source in changed:
            try:
                article = parse_source(source)
                _claim(owners, article.about.id, source.name)
            except ArticleError as error:
                self.failed.append(FailedFile(source.name, error.message.removeprefix(f"{source.name}: ")))
                continue
            audience = article.about.audience or self.audience
            documents.append(Document(article, source.name, hashes[source.name], audience))
        return documents

    def _gone(
        self, stored: dict[str, StoredDocument], hashes: dict[str, str], documents: Sequence[Document]
    ) -> list[str]:
        """Documents that are in no file any more: the file went, or now holds another document."""
        rewritten = {document.source: document.article.about.id for document in documents}
        present = set(rewritten.values())
        return [
            document.id
            for name, document in stored.items()
            if document.id not in present and (name not in hashes or rewritten.get(name, document.id) != document.id)
        ]

    def _put(self, documents: Sequence[Document]) -> None:
        """Embeds on all cores and stores in order as the vectors come."""
        if not documents:
            return
        encoder = self.load_encoder()
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            embedded = threads.map(partial(_embed, encoder), documents)
            for done, (document, (chunks, vectors)) in enumerate(zip(documents, embedded, strict=True), 1):
                self.store.put(document, chunks, vectors)
                if self.progress is not None:
                    self.progress(done, len(documents))

    def _hash(self, source: Source) -> str:
        digest = hashlib.sha256(f"{_INDEX_VERSION} {self.audience}\n".encode())
        digest.update(source.content)
        return digest.hexdigest()


def embed_chunks(encoder: TextEncoder, article: Article, chunks: Sequence[Chunk]) -> Vectors:
    """Unit vectors of an article's passages, float32 [len(chunks), 384]: the text under its title and heading, drawn
    towards the title alone."""
    title = article.about.title
    vectors = encoder.encode([title, *(_embedded_text(title, chunk) for chunk in chunks)])
    mixed = (1 - _TITLE_SHARE) * vectors[1:] + _TITLE_SHARE * vectors[:1]
    return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def _embed(encoder: TextEncoder, document: Document) -> tuple[list[Chunk], Vectors]:
    chunks = cut_article(document.article)
    return chunks, embed_chunks(encoder, document.article, chunks)


def _embedded_text(title: str, chunk: Chunk) -> str:
    return "\n".join([title, chunk.text] if chunk.heading == title else [title, chunk.heading, chunk.text])


def _claim(owners: dict[str, str], document_id: str, name: str) -> None:
    owner = owners.setdefault(document_id, name)
    if owner != name:
        raise ArticleError(f"{name}: `id: {document_id}` is that of {owner} already. Give one of them another id.")
