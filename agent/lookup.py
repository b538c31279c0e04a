"""One question looked up in a knowledge base, outside of any conversation."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date

from agent.understanding.heads import Heads, Understanding
from core.db.database import Scope
from knowledge.embed import Encoder, Vectors
from knowledge.retrieve import Passage, Retriever


@dataclass(frozen=True, slots=True)
class Lookup:
    intent: str
    confidence: float
    passages: list[Passage]
    """Best first; none if nothing in the knowledge base is about it."""


@dataclass(frozen=True, slots=True)
class Finder:
    """What the assistant would read before it answers, and the intent that leads it there."""

    encoder: Encoder
    heads: Heads
    retriever: Retriever
    threads: Executor
    """The encoder runs beside the event loop."""

    async def look_up(
        self,
        text: str,
        *,
        scope: Scope,
        today: date,
        kb: str = "help",
        languages: Sequence[str] | None = None,
        limit: int = 5,
    ) -> Lookup:
        vector, understood = await asyncio.get_running_loop().run_in_executor(self.threads, self._read, text)
        passages = await self.retriever.retrieve(
            text,
            vector,
            today=today,
            scope=scope,
            kb=kb,
            languages=languages,
            intents=understood.intents,
            limit=limit,
        )
        return Lookup(understood.intent, understood.intent_confidence, passages)

    def _read(self, text: str) -> tuple[Vectors, Understanding]:
        reading = self.encoder.read(text)
        return reading.vector, self.heads.predict(reading.views)
