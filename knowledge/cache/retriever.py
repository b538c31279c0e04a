"""The retriever with its cache before it, for whoever has the question's vector already."""

import hashlib
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import numpy.typing as npt

from core.db.database import NOBODY
from knowledge.cache.cache import PassageCache
from knowledge.cache.entry import Found
from knowledge.cache.key import Question
from knowledge.retrieve import Passage, Retriever, Wanted


@dataclass(frozen=True, slots=True)
class CachedRetriever:
    retriever: Retriever
    cache: PassageCache

    async def retrieve(
        self, query_text: str, vector: npt.NDArray[np.float32], **wanted: Unpack[Wanted]
    ) -> list[Passage]:
        """As ``Retriever.retrieve``."""

        async def look_up() -> Found:
            found = await self.retriever.look_up(query_text, vector, **wanted)
            return Found(found.passages, is_complete=found.is_complete)

        ours = wanted.get("ours")
        options = {
            **wanted,
            "scope": None,
            "vector": hashlib.blake2b(vector.tobytes(), digest_size=32).hexdigest(),
            "intents": [[intent, round(trust, 3)] for intent, trust in wanted.get("intents", ())],
            "ours": None if ours is None else round(ours, 3),
        }
        question = Question(wanted.get("kb", "help"), query_text, wanted.get("scope", NOBODY).audiences, options)
        return (await self.cache.find(question, look_up)).passages
