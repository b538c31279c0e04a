"""Brings a knowledge base in line with a folder of documents.

Only documents whose bytes have changed are parsed, embedded and written, each in a transaction of its own; documents
whose file is gone are deleted, those that staff have uploaded stay. A file that cannot be read is reported and skipped,
and what an earlier version of it left in the knowledge base stays.
"""

import hashlib
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import astuple, dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from knowledge.article import Article, ArticleError
from knowledge.corpus import UNSTATED, Defaults, Source, is_from, list_sources, parse_content, parse_source
from knowledge.embed import Encoder
from knowledge.flags import Flag
from knowledge.parsers.apart import ParsingProcess
from knowledge.parsers.formats import PLAIN
from knowledge.passages import DEFAULT_CUTTING, Cutting, Passages, TextEncoder, make_passages
from knowledge.store import Document, Status, Store, StoredDocument, open_store

Progress = Callable[[int, int], None]
"""Told documents done and documents in all."""
Hold = Literal["none", "flagged", "all"]
"""Which new and changed documents wait in quarantine until somebody publishes them."""

PATIENCE = timedelta(minutes=5)
"""For reading one document: a PDF of 3,000 pages takes about two minutes."""
_LARGE = 200_000
"""Bytes from which a plain text may take long."""

_INDEX_VERSION = "3"
"""Raise it when documents are parsed, or passages are made, in another way: every document is then made anew."""


@dataclass(frozen=True, slots=True)
class FailedFile:
    file: str
    message: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that nobody sees before it is published."""

    document_id: str
    file: str
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the documents, in numbers; of those that failed or wait, why."""

    added: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    failed: tuple[FailedFile, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    """Counted as added or updated as well."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an ingest does, before it has done anything."""

    documents: Sequence[Document]
    """New and changed."""
    known: frozenset[str]
    """Ids that are there already."""
    gone: Sequence[str]
    unchanged: int
    failed: tuple[FailedFile, ...]

    @property
    def report(self) -> IngestReport:
        updated = sum(document.article.about.id in self.known for document in self.documents)
        return IngestReport(
            added=len(self.documents) - updated,
            updated=updated,
            deleted=len(self.gone),
            unchanged=self.unchanged,
            failed=self.failed,
            waiting=tuple(_waiting(document) for document in self.documents if document.status != "published"),
        )


def ingest_folder(
    owner_url: str,
    path: Path,
    kb: str = "help",
    *,
    load_encoder: Callable[[], TextEncoder] = Encoder.load,
    defaults: Defaults = UNSTATED,
    hold: Hold = "none",
    cutting: Cutting = DEFAULT_CUTTING,
    patience: timedelta = PATIENCE,
    progress: Progress | None = None,
) -> IngestReport:
    """Brings knowledge base ``kb`` in line with the documents under ``path``; of a file, with those that it holds.

    Args:
        owner_url: the login that owns the tables.
        load_encoder: called once, and only if something is to be published.
        patience: for reading one document; one that takes longer cannot be read.

    Raises:
        InvalidInput: ``path`` holds no documents, or ``kb`` is no name for a knowledge base.
        Unavailable: the database cannot be reached.
    """
    sources = list_sources(path)
    with open_store(owner_url, kb) as store:
        plan = _Planner(store, path, defaults, hold, cutting, patience).plan(sources)
        _carry_out(plan, store, load_encoder, cutting, progress)
    return plan.report


def plan_ingest(
    owner_url: str,
    path: Path,
    kb: str = "help",
    *,
    defaults: Defaults = UNSTATED,
    hold: Hold = "none",
    cutting: Cutting = DEFAULT_CUTTING,
    patience: timedelta = PATIENCE,
) -> tuple[Plan, dict[str, str]]:
    """What ``ingest_folder`` would do, and the text that the changed documents have now, by id. Writes nothing.

    Raises:
        InvalidInput, Unavailable: as ``ingest_folder``.
    """
    sources = list_sources(path)
    with open_store(owner_url, kb, create=False) as store:
        plan = _Planner(store, path, defaults, hold, cutting, patience).plan(sources)
        return plan, store.read_bodies([*(document.article.about.id for document in plan.documents), *plan.gone])


@dataclass
class _Planner:
    store: Store
    path: Path
    defaults: Defaults
    hold: Hold
    cutting: Cutting
    patience: timedelta
    failed: list[FailedFile] = field(default_factory=list[FailedFile])

    def plan(self, sources: Sequence[Source]) -> Plan:
        everything = self.store.list_stored()
        stored = {d.source: d for d in everything if not d.uploaded and is_from(d.source, self.path)}
        hashes = {source.name: self._hash(source) for source in sources}
        changed = [s for s in sources if s.name not in stored or stored[s.name].content_hash != hashes[s.name]]
        changing = {source.name for source in changed}
        kept = {d.id: name for name, d in stored.items() if name in hashes and name not in changing}
        elsewhere = {d.id: "an uploaded document" for d in everything if d.uploaded}
        documents = self._parse(changed, hashes, kept | elsewhere, {d.id: d.status for d in everything})
        return Plan(
            documents=documents,
            known=frozenset(document.id for document in everything),
            gone=_list_gone(stored, hashes, documents),
            unchanged=len(sources) - len(changed),
            failed=tuple(self.failed),
        )

    def _parse(
        self, changed: Sequence[Source], hashes: dict[str, str], owners: dict[str, str], statuses: dict[str, Status]
    ) -> list[Document]:
        """The changed documents that can be read; the others go to ``failed``.

        Args:
            owners: document id -> file, of the documents that stay as they are; gains the changed ones.
        """
        documents: list[Document] = []
        with ParsingProcess(self.patience) as apart:
            for source in changed:
                try:
                    article = parse_source(source, self.defaults, partial(_parse, apart))
                    _claim(owners, article.about.id, source.name)
                except ArticleError as error:
                    self.failed.append(FailedFile(source.name, error.message.removeprefix(f"{source.name}: ")))
                    continue
                status = self._status(article.flags, statuses.get(article.about.id))
                documents.append(Document(article, source.name, hashes[source.name], status))
        return documents

    def _status(self, flags: Sequence[Flag], standing: Status | None) -> Status:
        """What staff have retired comes back when somebody looks at its new text."""
        waits = self.hold == "all" or (self.hold == "flagged" and flags) or standing == "retired"
        return "quarantine" if waits else "published"

    def _hash(self, source: Source) -> str:
        made_by = (_INDEX_VERSION, *astuple(self.defaults), *astuple(self.cutting))
        return hashlib.sha256(f"{made_by}\n{source.digest}".encode()).hexdigest()


def _carry_out(
    plan: Plan, store: Store, load_encoder: Callable[[], TextEncoder], cutting: Cutting, progress: Progress | None
) -> None:
    """Deletes first: a document may move into the file of one that goes."""
    for document_id in plan.gone:
        store.delete(document_id)
    with closing(_embed_all(plan.documents, load_encoder, cutting)) as embedded:
        for done, (document, passages) in enumerate(embedded, 1):
            store.put(document, passages)
            if progress is not None:
                progress(done, len(plan.documents))
    if plan.gone or plan.documents:
        store.settle()


def _embed_all(
    documents: Sequence[Document], load_encoder: Callable[[], TextEncoder], cutting: Cutting
) -> Generator[tuple[Document, Passages | None]]:
    """Each document with its passages, in order as they come, embedded on all cores; none for one that waits."""
    if not any(document.status == "published" for document in documents):
        yield from ((document, None) for document in documents)
        return
    embed = partial(_embed, load_encoder(), cutting)
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from zip(documents, threads.map(embed, documents), strict=True)
    finally:
        # Somebody who interrupts does not wait for what nobody wants any more.
        threads.shutdown(cancel_futures=True)


def _embed(encoder: TextEncoder, cutting: Cutting, document: Document) -> Passages | None:
    return make_passages(encoder, document.article, cutting) if document.status == "published" else None


def _list_gone(stored: dict[str, StoredDocument], hashes: dict[str, str], documents: Sequence[Document]) -> list[str]:
    """Documents that are in no file any more: the file went, or now holds another document."""
    rewritten = {document.source: document.article.about.id for document in documents}
    present = set(rewritten.values())
    return [
        document.id
        for name, document in stored.items()
        if document.id not in present and (name not in hashes or rewritten.get(name, document.id) != document.id)
    ]


def _parse(
    apart: ParsingProcess,
    content: bytes,
    name: str,
    suffix: str,
    defaults: Defaults = UNSTATED,
    *,
    stated: Mapping[str, Any] = MappingProxyType({}),
    flags: tuple[Flag, ...] = (),
) -> Article:
    """Here what is plain and small, else where it can do no harm."""
    parse = parse_content if suffix in PLAIN and len(content) < _LARGE else apart.parse
    return parse(content, name, suffix, defaults, stated=stated, flags=flags)


def _claim(owners: dict[str, str], document_id: str, name: str) -> None:
    owner = owners.setdefault(document_id, name)
    if owner != name:
        raise ArticleError(f"{name}: `id: {document_id}` is that of {owner} already. Give one of them another id.")


def _waiting(document: Document) -> Waiting:
    return Waiting(document.article.about.id, document.source, document.article.flags)
