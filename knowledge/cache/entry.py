"""What is kept of an answer, and how it becomes passages again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from knowledge.retrieve import Passage

_READ = ("id", "kb", "document_id", "title", "heading", "anchor", "text")
"""What the database says of a passage each time anew."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question finds."""

    passages: list[Passage] = field(default_factory=list[Passage])
    """Best first; none if nothing in the knowledge base is about it."""
    intent: str = ""
    """What it seems to want, where that was asked as well."""
    confidence: float = 0.0
    is_complete: bool = True
    """False: something did not answer in time, and the next one who asks may get more."""


@dataclass(frozen=True, slots=True)
class Entry:
    ids: list[Annotated[str, Field(pattern=r"^[^\x00]+$")]]
    """Of the passages, best first."""
    evidence: list[dict[str, Any]]
    """Why each was found."""
    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage in the database, beside its knowledge base's stamp; empty for a base where none is found."""

    stamp: UUID
    id: str | None
    kb: str | None
    document_id: str | None
    title: str | None
    heading: str | None
    anchor: str | None
    text: str | None


_ENTRY = TypeAdapter(Entry)
_PASSAGE = TypeAdapter(Passage)


def pack(found: Found) -> bytes:
    described = [asdict(passage) for passage in found.passages]
    evidence = [{name: value for name, value in one.items() if name not in _READ} for one in described]
    return orjson.dumps(Entry([one["id"] for one in described], evidence, found.intent, found.confidence))


def unpack(value: bytes) -> Entry | None:
    """None: this was not written by ``pack``."""
    try:
        return _ENTRY.validate_json(value, strict=True)
    except ValidationError:
        return None


def restore(entry: Entry, stored: Mapping[str, StoredPassage]) -> Found | None:
    """The answer with the passages as they stand; None if the reader does not see all of them, or the entry is not
    about passages at all.

    Args:
        stored: what the reader sees of them, by id.
    """
    try:
        passages = [
            _PASSAGE.validate_python(why | {name: getattr(stored[id_], name) for name in _READ})
            for id_, why in zip(entry.ids, entry.evidence, strict=True)
        ]
    except (KeyError, ValueError):
        return None
    return Found(passages, entry.intent, entry.confidence)
