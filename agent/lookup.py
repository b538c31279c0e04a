"""One question looked up in a knowledge base, outside of any conversation."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date

from agent.understanding.heads import CLASSES_FILE, HEADS_DIR, WEIGHTS_FILE, Heads, Understanding
from core.db.database import Scope
from knowledge.cache import Found, PassageCache, Question
from knowledge.cache.key import fingerprint
from knowledge.embed import CHECKSUM_FILE, ENCODER_DIR, Encoder, Vectors
from knowledge.rank.statements import STATEMENTS
from knowledge.rank.weights import ANSWER, BROAD
from knowledge.retrieve import Retriever


def name_reader(*settings: str) -> bytes:
    """Of the models and parameters that read a question and find its passages: what others find is another answer."""
    models = [ENCODER_DIR / CHECKSUM_FILE, HEADS_DIR / WEIGHTS_FILE, HEADS_DIR / CLASSES_FILE]
    return fingerprint(models, STATEMENTS["search"], repr(ANSWER), repr(BROAD), *settings)


@dataclass(frozen=True, slots=True)
class Finder:
    """What the assistant would read before it answers, and the intent that leads it there."""

    encoder: Encoder
    heads: Heads
    retriever: Retriever
    threads: Executor
    """The encoder runs beside the event loop."""
    cache: PassageCache | None = None
    """Asked first, before the encoder; None: everything is looked up anew."""

    async def look_up(
        self,
        text: str,
        *,
        scope: Scope,
        today: date,
        kb: str = "help",
        languages: Sequence[str] | None = None,
        limit: int = 5,
        broad: bool = False,
    ) -> Found:
        """The passages about a text, with the intent that it seems to have.

        Args:
            broad: all documents that the matter needs, not the answer to a question.
        """

        async def look_up() -> Found:
            vector, understood = await asyncio.get_running_loop().run_in_executor(self.threads, self._read, text)
            found = await self.retriever.look_up(
                text,
                vector,
                today=today,
                scope=scope,
                kb=kb,
                languages=languages,
                intents=understood.topics,
                ours=understood.ours,
                limit=limit,
                broad=broad,
            )
            return Found(found.passages, understood.intent, understood.intent_confidence, found.is_complete)

        if self.cache is None:
            return await look_up()
        options = {"today": today, "languages": languages, "limit": limit, "broad": broad}
        return await self.cache.find(Question(kb, text, scope.audiences, options), look_up)

    def _read(self, text: str) -> tuple[Vectors, Understanding]:
        reading = self.encoder.read(text)
        return reading.vector, self.heads.predict(reading.views)
