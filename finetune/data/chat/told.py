"""What stands in for the encoder while dialogues are recorded, so that they follow from the seed alone.

A dialogue is written with what each of its messages means, so nothing has to guess it: `ToldEncoder` and `ToldHeads` give
back what they were told. `Articles` finds passages by the intents that the help centre's articles name and by words in
common; vectors would make the choice depend on the processor that multiplies them.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agent.understanding.heads import Floats, Understanding
from agent.understanding.intents import INTENT_ROUTES, Route
from knowledge.article import Article
from knowledge.chunk import cut_article
from knowledge.corpus import list_sources, parse_source
from knowledge.embed import EMBEDDING_DIM, Reading, Vectors
from knowledge.retrieve import Passage

HELP_CENTRE = Path(__file__).parents[3] / "knowledge" / "help_centre"
_VIEWS = 3 * EMBEDDING_DIM
_WORD = re.compile(r"[a-z]{3,}")
_OF_INTENT, _BESIDE = 1.0, 0.3
"""Worth of a passage of the right article, and of one beside it."""


@dataclass(slots=True)
class Meaning:
    """What the next message means."""

    intent: str = ""


class ToldEncoder:
    """In place of `knowledge.embed.Encoder`: sees nothing."""

    def read(self, text: str) -> Reading:  # noqa: ARG002
        return Reading(np.zeros(EMBEDDING_DIM, dtype=np.float32), np.zeros(_VIEWS, dtype=np.float32))


class ToldHeads:
    """In place of `agent.understanding.heads.Heads`: is sure of what it was told."""

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning

    def predict(self, views: Floats) -> Understanding:  # noqa: ARG002
        intent = self._meaning.intent
        meant = INTENT_ROUTES[intent]
        routes = (meant, *(route for route in Route if route is not meant))
        ranked = ((intent, 1.0),)
        return Understanding(
            meant, 1.0, intent, 1.0, ranked, ranked, tuple((route, float(route is meant)) for route in routes)
        )


@dataclass(frozen=True, slots=True)
class _Piece:
    article: Article
    heading: str
    anchor: str
    text: str
    words: Counter[str]


@dataclass(slots=True)
class Articles:
    """In place of the retriever. Not to be used by two dialogues at once."""

    pieces: list[_Piece]
    rarity: dict[str, float]
    rng: random.Random = field(default_factory=random.Random)
    """Draws what stands beside the right passages."""
    finds_nothing: bool = False

    @classmethod
    def load(cls, folder: Path = HELP_CENTRE) -> "Articles":
        articles = [parse_source(source) for source in list_sources(folder)]
        pieces = [
            _Piece(article, chunk.heading, chunk.anchor, chunk.text, _words(f"{article.about.title} {chunk.heading}"))
            for article in articles
            if article.about.audience in ("public", "customer")
            for chunk in cut_article(article)
        ]
        seen = Counter(word for piece in pieces for word in piece.words)
        return cls(pieces, {word: math.log(len(pieces) / count) for word, count in seen.items()})

    @property
    def questions(self) -> dict[str, list[str]]:
        """Of each intent, the titles of its articles: questions as customers put them."""
        found: dict[str, dict[str, None]] = {}
        for piece in self.pieces:
            for intent in piece.article.about.intents:
                found.setdefault(intent, {})[piece.article.about.title] = None
        return {intent: list(titles) for intent, titles in found.items()}

    async def retrieve(
        self, question: str, vector: Vectors, *, intents: Sequence[tuple[str, float]], limit: int, **_: Any
    ) -> list[Passage]:  # fmt: skip
        """The passages of the article that fits best, those of a few others behind them."""
        del vector
        if self.finds_nothing or not intents:
            return []
        meant, asked = intents[0][0], _words(question)
        right = [piece for piece in self.pieces if meant in piece.article.about.intents]
        right = right or sorted(self.pieces, key=lambda piece: self._overlap(asked, piece), reverse=True)[:6]
        right.sort(key=lambda piece: self._overlap(asked, piece), reverse=True)
        best = right[0].article.about.id
        answering = [piece for piece in right if piece.article.about.id == best][: self.rng.randint(1, 3)]
        rest = [piece for piece in self.pieces if piece.article.about.id != best]
        beside = self.rng.sample(rest, min(len(rest), self.rng.randint(1, 2)))
        shown = [_passage(piece, _OF_INTENT - 0.01 * place, meant) for place, piece in enumerate(answering)]
        return [*shown, *(_passage(piece, _BESIDE, "") for piece in beside)][:limit]

    def _overlap(self, asked: Counter[str], piece: _Piece) -> float:
        return sum(self.rarity[word] for word in sorted(asked.keys() & piece.words.keys()))


def _passage(piece: _Piece, score: float, intent: str) -> Passage:
    about = piece.article.about
    return Passage(
        id=f"{about.id}#{piece.anchor}",
        kb="help",
        document_id=about.id,
        title=about.title,
        heading=piece.heading,
        anchor=piece.anchor,
        text=piece.text,
        score=score,
        cosine=score,
        coverage=score,
        likeness=0.0,
        trust=score,
        intents=[intent] if intent else [],
        words=[],
    )


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))
