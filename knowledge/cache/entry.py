"""What is kept of an answer, and how it becomes passages again."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import orjson

from knowledge.retrieve import Passage


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
    ids: list[str]
    """Of the passages, best first: hexadecimal."""
    evidence: list[list[Any]]
    """Why each was found: the fields of ``Passage`` that are not read anew, in its order."""
    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as the database has it, beside its knowledge base's stamp. All empty for a base where none is found."""

    stamp: str
    id: str
    kb: str
    document_id: str
    title: str
    heading: str
    anchor: str
    text: str


_READ = attrgetter("id", "kb", "document_id", "title", "heading", "anchor", "text")
_EVIDENCE = attrgetter("score", "cosine", "coverage", "likeness", "trust", "intents", "words", "graph")
_SEAL = 32
"""Bytes."""


def pack(found: Found, place: bytes, secret: bytes) -> bytes:
    """Sealed: without the secret nobody can write an entry, nor put one in another's place.

    Args:
        place: what it will be kept under.
    """
    ids = [passage.id for passage in found.passages]
    evidence = [_EVIDENCE(passage) for passage in found.passages]
    entry = orjson.dumps([ids, evidence, found.intent, found.confidence])
    return _seal(entry, place, secret) + entry


def unpack(value: bytes, place: bytes, secret: bytes) -> Entry | None:
    """None: this was not written by ``pack`` for this place, with this secret."""
    entry = value[_SEAL:]
    if not hmac.compare_digest(value[:_SEAL], _seal(entry, place, secret)):
        return None
    return Entry(*orjson.loads(entry))


def _seal(entry: bytes, place: bytes, secret: bytes) -> bytes:
    return hashlib.blake2b(place + entry, key=secret, digest_size=_SEAL).digest()


def restore(entry: Entry, stored: Mapping[str, StoredPassage]) -> Found | None:
    """The answer with the passages as they stand; None if the reader does not see all of them.

    Args:
        stored: what the reader sees of them, by id.
    """
    if not stored.keys() >= set(entry.ids):
        return None
    passages = [Passage(*_READ(stored[id_]), *why) for id_, why in zip(entry.ids, entry.evidence, strict=True)]
    return Found(passages, entry.intent, entry.confidence)
