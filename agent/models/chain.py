"""The fallback chain: the first model that starts to answer gives the whole answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage

from agent.models.reply import Reply, ReplyBuilder
from core.errors import ProviderFailed
from core.logging import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """A model of the chain under the name that ``TELLERGRAPH_LLM`` gives it."""

    name: str
    model: BaseChatModel


class ModelChain:
    """Tries its links in order. Once text was released, a failure is final: text cannot be taken back."""

    def __init__(self, links: Sequence[Link], *, first_token_timeout: timedelta, idle_timeout: timedelta) -> None:
        self.links = tuple(links)
        self._first_token_timeout = first_token_timeout.total_seconds()
        self._idle_timeout = idle_timeout.total_seconds()

    async def stream(
        self,
        messages: list[BaseMessage],
        *,
        tools: list[dict[str, Any]],
        on_text: Callable[[str], Awaitable[None]],
    ) -> Reply:
        """Raises ProviderFailed when no link gives a whole answer."""
        failure = ProviderFailed("No language model could answer.")
        for link in self.links:
            released = False
            builder = ReplyBuilder(link.name)
            try:
                async for chunk in self._chunks(link, messages, tools):
                    if text := builder.add(chunk):
                        released = True
                        await on_text(text)
                reply = builder.build()
                if reply.calls and not tools:
                    raise ProviderFailed("The model called a tool though none was offered.")
                return reply
            except ProviderFailed as error:
                _log.warning("model_failed", model=link.name, reason=error.message, released=released)
                failure = error
                if released:
                    break
        raise failure

    async def _chunks(
        self, link: Link, messages: list[BaseMessage], tools: list[dict[str, Any]]
    ) -> AsyncIterator[AIMessageChunk]:
        options: dict[str, Any] = {"tools": tools} if tools else {}
        stream = link.model.astream(messages, **options)
        timeout = self._first_token_timeout
        while True:
            try:
                async with asyncio.timeout(timeout):
                    chunk = await anext(stream, None)
            except TimeoutError as error:
                raise ProviderFailed(f"The model gave nothing for {timeout:g} s.") from error
            if chunk is None:
                return
            yield chunk
            timeout = self._idle_timeout
