"""The client's copy of a conversation: what it asks, and which of our conversations it is a copy of.

Clients of this protocol remember for themselves and send everything again. Nothing of that becomes our memory, for who
holds a token could write there what we never said. But where the earlier messages are, to the letter, those of a
conversation that we had with the same customer, the question continues that one, with our own record of it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.openai_schema import Said
from api.routes.chat import ChatRequest
from core.errors import InvalidInput
from core.logging import get_logger

_log = get_logger(__name__)

KEPT = timedelta(days=1)
"""How long after its last answer a conversation can be continued by its text."""
AGAIN = timedelta(minutes=10)
"""How long it can be continued from where it was before."""
_SPOKEN = frozenset({"user", "assistant"})
_STANDING = frozenset({"system", "developer"})


def question(messages: Sequence[Said]) -> str:
    """The user's words that end the conversation, within the chat's own limits.

    Raises:
        InvalidInput: there are none, or they are not only text.
    """
    spoken = [said for said in messages if said.role not in _STANDING]
    if not spoken or spoken[-1].role != "user":
        raise _wrong("the last message must be the user's")
    content = spoken[-1].content
    if isinstance(content, list) and any(part.type != "text" for part in content):
        raise _wrong("only text can be read here")
    try:
        return ChatRequest.model_validate({"message": spoken[-1].text}).message
    except ValidationError as error:
        # Its own text would repeat the message.
        raise _wrong(str(error.errors()[0]["msg"])) from None


def _wrong(problem: str) -> InvalidInput:
    return InvalidInput(f"messages: {problem}", details={"fields": [{"field": "messages", "problem": problem}]})


class Threads:
    """The conversations of one customer, by the text that the client has of them.

    A conversation is found by its latest state. By an earlier one only for minutes, for a request that is sent again: a
    client that later goes back and asks something else there begins a new one.
    """

    def __init__(self, redis: Redis, subject: str) -> None:
        self._redis = redis
        self._subject = subject

    async def find(self, messages: Sequence[Said]) -> UUID | None:
        """The conversation that ended with the last answer in ``messages``."""
        if not (known := _until_last_answer(messages)):
            return None
        try:
            session_id: Any = await self._redis.get(self._key(known))
        except (RedisError, OSError):
            return None
        return UUID(session_id.decode()) if session_id else None

    async def keep(self, messages: Sequence[Said], answer: str, session_id: UUID) -> None:
        """Lets the client's next request find ``session_id``: when it sends ``messages`` again, and this answer."""
        said = [*messages, Said(role="assistant", content=answer)]
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.expire(self._key(_until_last_answer(messages)), AGAIN)
        pipeline.set(self._key(_until_last_answer(said)), str(session_id), ex=KEPT)
        try:
            await pipeline.execute()
        except (RedisError, OSError):
            _log.warning("thread_not_kept", session_id=str(session_id))

    def _key(self, said: Iterable[Said]) -> str:
        text = orjson.dumps([self._subject, *([each.role, each.text.strip()] for each in said)])
        return f"openai:thread:{hashlib.sha256(text).hexdigest()}"


def _until_last_answer(messages: Sequence[Said]) -> list[Said]:
    spoken = [said for said in messages if said.role in _SPOKEN]
    while spoken and spoken[-1].role != "assistant":
        spoken.pop()
    return spoken
