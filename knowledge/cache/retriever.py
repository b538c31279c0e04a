"""The retriever with its cache before it, for whoever has the question's vector already."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from core.db.database import NOBODY, Scope
from knowledge.cache.cache import PassageCache
from knowledge.cache.entry import Found
from knowledge.cache.key import Question
from knowledge.retrieve import Passage, Retriever


@dataclass(frozen=True, slots=True)
class CachedRetriever:
    retriever: Retriever
    cache: PassageCache

    async def retrieve(
        self,
        query_text: str,
        vector: npt.NDArray[np.float32],
        *,
        today: date,
        scope: Scope = NOBODY,
        kb: str = "help",
        languages: Sequence[str] | None = None,
        intents: Sequence[tuple[str, float]] = (),
        ours: float | None = None,
        limit: int = 5,
        per_document: int = 2,
        tokens: int | None = None,
        broad: bool = False,
    ) -> list[Passage]:
        """As ``Retriever.retrieve``."""

        async def look_up() -> Found:
            found = await self.retriever.look_up(
                query_text,
                vector,
                today=today,
                scope=scope,
                kb=kb,
                languages=languages,
                intents=intents,
                ours=ours,
                limit=limit,
                per_document=per_document,
                tokens=tokens,
                broad=broad,
            )
            return Found(found.passages, is_complete=found.is_complete)

        options = {
            "vector": hashlib.sha256(vector.tobytes()).hexdigest(),
            "today": today,
            "languages": languages,
            "intents": [[intent, round(trust, 3)] for intent, trust in intents],
            "ours": None if ours is None else round(ours, 3),
            "limit": limit,
            "per_document": per_document,
            "tokens": tokens,
            "broad": broad,
        }
        found = await self.cache.find(Question(kb, query_text, scope.audiences, options), scope, look_up)
        return found.passages
