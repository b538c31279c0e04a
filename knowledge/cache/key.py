"""What an answer is kept under: everything that it depends on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from core.version import VERSION


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the cache knows it: two with the same fields have the same answer."""

    kb: str
    text: str
    audiences: str | None
    """Those of the reader's scope."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Whatever else the answer depends on; what orjson can write."""

    @property
    def asked(self) -> bytes:
        """Encoder and full text search know neither case nor spaces."""
        text = " ".join(self.text.lower().split())
        audiences = sorted(set((self.audiences or "public").split(",")))
        return orjson.dumps([text, audiences, self.options], option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Key:
    kb: str
    digest: str

    @property
    def entry(self) -> str:
        return f"lightrag:{self.kb}:query:{self.digest}"

    @property
    def place(self) -> bytes:
        """What an entry is sealed for."""
        return self.entry.encode()

    @property
    def lock(self) -> str:
        return f"lightrag:{self.kb}:lock:{self.digest}"


def make_key(question: Question, stamp: str, made_by: bytes) -> Key:
    """Args:
    stamp: of the knowledge base in the state that the answer is about.
    made_by: the ``fingerprint`` of what answers.
    """
    digest = hashlib.blake2b(b"\x1f".join((made_by, stamp.encode(), question.asked)), digest_size=32).hexdigest()
    return Key(question.kb, digest)


def fingerprint(files: Sequence[Path], *parts: str) -> bytes:
    """Of the program and of the models and parameters that an answer depends on: processes of another version, or with
    other models, that share a Redis do not share answers. 32 bytes."""
    digest = hashlib.sha256("\x1f".join((VERSION, *parts)).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.digest()
