"""What staff do with documents. Who may do what is the database's to say: agents upload, supervisors and administrators
publish and retire, auditors look. What is changed is written to the audit log in the same transaction.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from psycopg.types.json import Jsonb

from core.db.database import Database, Params, Scope
from core.db.queries import Queries
from core.errors import Conflict
from knowledge.article import Article, FrontMatter
from knowledge.documents.shapes import BaseStatistics, KnowledgeBase, ListedDocument, StaffDocument
from knowledge.passages import TextEncoder, make_passages
from knowledge.store import Document, Status, describe_document, describe_passages

Row = TypeVar("Row")

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True, slots=True)
class _Changed:
    revision: int


@dataclass(frozen=True, slots=True)
class Library:
    """One member of staff's hands on the knowledge bases."""

    database: Database
    staff_id: UUID
    now: datetime

    async def list_bases(self) -> list[KnowledgeBase]:
        return await self._all(KnowledgeBase, "list_bases", {})

    async def measure_base(self, kb: str, today: date) -> BaseStatistics:
        """Raises NotFound."""
        return await self._one(BaseStatistics, "measure_base", {"kb": kb, "today": today})

    async def list_documents(
        self, kb: str, *, status: Status | None = None, after: tuple[str, int] = ("", 0), limit: int = 50
    ) -> list[ListedDocument]:
        """Revisions by id and number, from the one after ``after``."""
        wanted = {"kb": kb, "status": status, "after_id": after[0], "after_revision": after[1], "limit": limit}
        return await self._all(ListedDocument, "list_documents", wanted)

    async def get_document(self, kb: str, document_id: str, revision: int | None = None) -> StaffDocument:
        """One revision, the newest by default. Raises NotFound."""
        return await self._one(StaffDocument, "get_document", {"kb": kb, "id": document_id, "revision": revision})

    async def upload(self, kb: str, article: Article, source: str) -> StaffDocument:
        """Stores an article that waits until somebody publishes it.

        Raises:
            Conflict: the document with its id comes from a folder, which would bring it back.
            NotFound: there is no such knowledge base.
            Forbidden: not for that role.
        """
        digest = hashlib.sha256(article.body.encode()).hexdigest()
        described = Jsonb(describe_document(Document(article, source, digest)))
        return await self._change("upload_document", kb, article.about.id, document=described)

    async def publish(
        self, kb: str, document_id: str, revision: int, encoder: TextEncoder, *, despite_flags: bool = False
    ) -> StaffDocument:
        """Publishes a revision that waits or is retired, in place of the published one.

        Raises:
            Conflict: ``flagged``, and nobody has said that it is to be published all the same; ``already_published``.
            NotFound: there is no such revision, or it was replaced meanwhile.
            Forbidden: not for that role.
        """
        document = await self.get_document(kb, document_id, revision)
        if document.status == "published":
            raise Conflict("This revision is published already.", code="already_published")
        if document.flags and not despite_flags:
            raise Conflict(
                "Look at what was flagged first, and say that it is to be published all the same.",
                code="flagged",
                details={"flags": document.flags},
            )
        passages = await asyncio.to_thread(make_passages, encoder, _article_of(document))
        described = Jsonb(describe_passages(kb, document_id, passages))
        return await self._change("publish_document", kb, document_id, revision=revision, passages=described)

    async def retire(self, kb: str, document_id: str) -> StaffDocument:
        """Takes a published document away from its readers; it can be published again.

        Raises:
            NotFound: nothing with that id is published.
            Forbidden: not for that role.
        """
        return await self._change("retire_document", kb, document_id)

    @property
    def _scope(self) -> Scope:
        return Scope(staff_id=self.staff_id)

    async def _all(self, row: type[Row], query: str, params: Params) -> list[Row]:
        return await self.database.fetch(row, QUERIES[query], params, scope=self._scope)

    async def _one(self, row: type[Row], query: str, params: Params) -> Row:
        async with self.database.reading(self._scope) as db:
            return await db.get(row, QUERIES[query], params)

    async def _change(self, query: str, kb: str, document_id: str, **change: object) -> StaffDocument:
        """Makes the change and returns the revision that it was about."""
        about = {"kb": kb, "id": document_id}
        async with self.database.writing(self._scope) as db:
            changed = await db.get(_Changed, QUERIES[query], about | change | {"now": self.now})
            return await db.get(StaffDocument, QUERIES["get_document"], about | {"revision": changed.revision})


def _article_of(document: StaffDocument) -> Article:
    about = {field: getattr(document, field) for field in FrontMatter.model_fields}
    return Article(FrontMatter.model_validate(about), document.body)
