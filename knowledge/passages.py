"""An article's passages as they are searched: cut, and each with its vector."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from knowledge.article import Article
from knowledge.chunk import MAX_WORDS, Chunk, cut_article
from knowledge.embed import Vectors

TITLE_SHARE = 0.3
"""How much of a passage's vector is its article's title, which is phrased as customers ask. Chosen on BANKING77."""


class TextEncoder(Protocol):
    """Threads share one."""

    def encode(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Cutting:
    """How articles become passages. Documents that were cut in another way are cut anew."""

    max_words: int = MAX_WORDS
    title_share: float = TITLE_SHARE


@dataclass(frozen=True, slots=True)
class Passages:
    chunks: Sequence[Chunk]
    vectors: Vectors
    """Unit vectors of the chunks, float32 [len(chunks), 384]."""


DEFAULT_CUTTING = Cutting()


def make_passages(encoder: TextEncoder, article: Article, cutting: Cutting = DEFAULT_CUTTING) -> Passages:
    """Each passage's vector is that of its text under title and heading, drawn towards that of the title alone."""
    chunks = cut_article(article, cutting.max_words)
    title = article.about.title
    vectors = encoder.encode([title, *(_embedded_text(title, chunk) for chunk in chunks)])
    mixed = (1 - cutting.title_share) * vectors[1:] + cutting.title_share * vectors[:1]
    return Passages(chunks, mixed / np.linalg.norm(mixed, axis=1, keepdims=True))


def _embedded_text(title: str, chunk: Chunk) -> str:
    return "\n".join([title, chunk.text] if chunk.heading == title else [title, chunk.heading, chunk.text])
