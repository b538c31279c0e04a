"""Documents and knowledge bases as staff see them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from knowledge.article import Audience
from knowledge.store import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDocument:
    """One revision of a document: the published or retired one, or the one that waits beside it."""

    id: str
    revision: int
    status: Status
    title: str
    audience: Audience
    language: str
    product: str
    version: str
    jurisdiction: str
    valid_from: date | None
    valid_to: date | None
    flags: list[dict[str, Any]]
    """`kind` and `quote`: what somebody should look at before it is published."""
    source: str
    """The file it came from."""
    uploaded_by: UUID | None
    """The member of staff; null for a document that a folder brings and takes away."""
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDocument(ListedDocument):
    intents: list[str]
    content_hash: str
    body: str
    """Markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBase:
    kb: str
    passages: int
    index_version: int
    """Rises with every change of what is searched."""
    updated_at: datetime
    published: int
    waiting: int
    retired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseStatistics(KnowledgeBase):
    flagged: int
    """Waiting documents that somebody should look at."""
    expired: int
    """Published documents that do not hold any more."""
    upcoming: int
    """Published documents that do not hold yet."""
    uploaded: int
    characters: int
    """Of what is published."""
    audiences: dict[str, int]
    """Published documents by audience; likewise below."""
    languages: dict[str, int]
    products: dict[str, int]
