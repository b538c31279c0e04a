"""One request to one model: its stream, how long it may take, and what of it the customer is told."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from math import inf
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from agent.messages import ToolCall
from agent.models.allowance import Allowance
from agent.models.counts import FIRST_TOKEN
from agent.models.faults import Fault, ModelFailed
from agent.models.fence import Fence, Opening
from agent.models.link import Link
from agent.models.reply import Reply, ReplyBuilder, refuse_repeats
from core.telemetry.observing import current_observation

OnText = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Ask:
    """What is wanted of whichever model answers."""

    messages: list[BaseMessage]
    tools: list[dict[str, Any]]
    on_text: OnText
    fence: Fence | None
    allowance: Allowance
    has_spoken: bool = False
    """Whether a text went out: it cannot be taken back."""

    async def say(self, text: str) -> None:
        if text:
            self.has_spoken = True
            await self.on_text(text)

    def earlier_calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that were made since the customer spoke."""
        calls: list[tuple[str, dict[str, Any]]] = []
        for message in reversed(self.messages):
            if isinstance(message, HumanMessage):
                break
            if isinstance(message, AIMessage):
                calls += [(call["name"], call["args"]) for call in message.tool_calls]
        return calls


class Attempt:
    """``run`` gives the whole reply, or raises ProviderFailed."""

    def __init__(self, link: Link, ask: Ask, *, begin_by: float, idle: float) -> None:
        """Args:
        begin_by: by ``ask.allowance.now``, the latest moment for its first token or call.
        idle: seconds that it may be silent after that.
        """
        self._link = link
        self._ask = ask
        self._begin_by = begin_by
        self._idle = idle
        is_fenced = ask.fence is not None and link.data_class == "masked"
        self._fence = ask.fence if is_fenced else None
        self.builder = ReplyBuilder(link.name)

    async def run(self) -> Reply:
        messages, opening = self._ask.messages, None
        if self._fence:
            messages = await self._fence.hide(messages)
            opening = self._fence.opening()
        await self._listen(messages, opening)
        reply = self.builder.build()
        if opening:
            await self._ask.say(opening.finish())
        if reply.calls and not self._ask.tools:
            raise ModelFailed("The model called a tool though none was offered.", Fault.BAD_REPLY)
        reply = _opened(reply, opening) if opening else reply
        if reply.calls:
            refuse_repeats(reply.calls, self._ask.earlier_calls())
        return reply

    async def _listen(self, messages: list[BaseMessage], opening: Opening | None) -> None:
        now, started = self._ask.allowance.now, self._ask.allowance.now()
        loop = asyncio.get_running_loop()
        limit = self._begin_by
        try:
            async with asyncio.timeout(None) as watch, aclosing(self._stream(messages)) as stream:
                while True:
                    watch.reschedule(loop.time() + min(limit, self._ends_at) - now())
                    chunk = await anext(stream, None)
                    # What is done with a text is no time of the model's.
                    watch.reschedule(None)
                    if chunk is None:
                        return
                    has_begun = self.builder.has_begun
                    text = self.builder.add(chunk)
                    if self.builder.has_begun:
                        limit = now() + self._idle
                        if not has_begun:
                            FIRST_TOKEN.add(self._link.name, seconds=now() - started)
                            current_observation().note(first_token_ms=round((now() - started) * 1000, 1))
                    await self._ask.say(opening.push(text) if opening else text)
        except TimeoutError as error:
            raise self._late(now() - started) from error

    @property
    def _ends_at(self) -> float:
        return inf if self._link.is_offline else self._ask.allowance.ends_at

    def _late(self, seconds: float) -> ModelFailed:
        if self._ask.allowance.seconds_left <= 0:
            return ModelFailed("The time for the turn is up.", Fault.TIME)
        if self.builder.has_begun:
            return ModelFailed(f"The model gave nothing more for {self._idle:g} s.", Fault.SLOW)
        return ModelFailed(f"The model gave nothing for {seconds:.1f} s.", Fault.SLOW)

    def _stream(self, messages: list[BaseMessage]) -> AsyncGenerator[AIMessageChunk]:
        options: dict[str, Any] = {"tools": self._ask.tools} if self._ask.tools else {}
        return cast(AsyncGenerator[AIMessageChunk], self._link.model.astream(messages, **options))


def _opened(reply: Reply, opening: Opening) -> Reply:
    calls = [
        ToolCall(id=call["id"], name=call["name"], arguments=opening.arguments(call["arguments"]))
        for call in reply.calls
    ]
    return Reply(reply.text, calls, reply.usage, reply.model)
