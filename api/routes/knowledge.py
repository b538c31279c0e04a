"""What the assistant reads: a search of the published documents, for whoever asks, as far as they may read."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from agent.lookup import Finder
from agent.whose import scope_of
from api.dependencies import AnyoneDep, NowDep, ReplyDep, RunningDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from core.clock import BANK_TIME_ZONE
from knowledge.plain import to_plain
from knowledge.retrieve import Passage

KB_NAME = r"^[a-z0-9_]{1,40}$"
KbQuery = Annotated[str, Query(pattern=KB_NAME, description="The knowledge base.")]
_LIST = 10
"""Passages from which somebody wants a list rather than an answer."""

router = APIRouter(prefix="/knowledge", tags=["knowledge"])


class SearchQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=4_000, pattern=r"^[^\x00]*$", description="A question, or words.")
    kb: str = Field(default="help", pattern=KB_NAME)
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$", description="Of the documents; any by default.")
    limit: int = Field(default=5, ge=1, le=50)
    broad: bool | None = Field(
        default=None,
        description=(
            "Whether all documents that a matter needs are wanted, rather than the answer to a question. By default "
            f"from a `limit` of {_LIST} on."
        ),
    )


class FoundPassage(BaseModel):
    id: str
    document_id: str
    title: str
    heading: str
    url: str = Field(description="Opens the document at the passage.")
    quote: str = Field(description="The passage as plain text.")
    score: float
    why: str = Field(description="What spoke for it.")

    @classmethod
    def of(cls, passage: Passage) -> "FoundPassage":
        return cls(
            id=passage.id,
            document_id=passage.document_id,
            title=passage.title,
            heading=passage.heading,
            url=passage.url,
            quote=to_plain(passage.text),
            score=passage.score,
            why=passage.why,
        )


class SearchResult(BaseModel):
    kb: str
    intent: str = Field(description="What the question seems to want; documents that name it are preferred.")
    confidence: float
    passages: list[FoundPassage] = Field(description="Best first; none if no document is about it.")


@router.get(
    "/search",
    operation_id="search_knowledge",
    responses={
        401: {"model": ErrorEnvelope, "description": "- `invalid_token`, `token_expired`: log in, or send no token."},
        422: {"model": ErrorEnvelope, "description": "- `invalid_input`: `details.fields` says what is wrong."},
    },
    dependencies=[require("knowledge:read")],
)
async def search(
    query: Annotated[SearchQuery, Query()], identity: AnyoneDep, running: RunningDep, now: NowDep, reply: ReplyDep
) -> Envelope[SearchResult]:
    """The passages that the assistant would read to answer. Visitors find what is public, customers what is for them,
    staff everything."""
    parts = running.parts
    cached = parts.retriever
    finder = Finder(parts.encoder, parts.heads, cached.retriever, parts.encoder_threads, cached.cache)
    found = await finder.look_up(
        query.q,
        scope=scope_of(identity),
        today=now.astimezone(BANK_TIME_ZONE).date(),
        kb=query.kb,
        languages=[query.language] if query.language else None,
        limit=query.limit,
        broad=query.limit >= _LIST if query.broad is None else query.broad,
    )
    passages = [FoundPassage.of(passage) for passage in found.passages]
    return reply(SearchResult(kb=query.kb, intent=found.intent, confidence=found.confidence, passages=passages))
