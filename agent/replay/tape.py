"""What a turn asks of the world outside the graph, and what it was told.

Whatever a node may be told differently tomorrow goes through the turn's tape: tools, passages, models, decisions. A
live turn's tape asks and writes down; a replayed turn's tape reads. The encoder, and the offline model where it speaks
for the bank, are not written down: they say the same whenever they are asked.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Protocol, TypeVar, cast

import orjson
from langchain_core.messages import AIMessage, BaseMessage
from pydantic import TypeAdapter

from agent.models.allowance import Allowance
from agent.models.chain import ModelChain
from agent.models.fence import Fence
from agent.models.reply import Reply
from core.errors import TellergraphError

T = TypeVar("T")
OnText = Callable[[str], Awaitable[None]]
OnCut = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question to the outside and its answer, as JSON."""

    port: str
    asked: Any
    answer: Any = None
    error: dict[str, str] | None = None
    """Of an error of ours that was the answer: its class, code and message."""


class Codec(Protocol[T]):
    def encode(self, value: T) -> Any: ...
    def decode(self, stored: Any) -> T: ...


class Streaming(Protocol):
    """As ``ModelChain`` has it."""

    @property
    def is_offline(self) -> bool: ...

    async def stream(
        self,
        messages: list[BaseMessage],
        *,
        tools: list[dict[str, Any]],
        on_text: OnText,
        fence: Fence | None = None,
        allowance: Allowance | None = None,
        on_cut: OnCut | None = None,
    ) -> Reply: ...


class Tape(Protocol):
    is_live: bool
    """Whether there is a world outside to ask."""

    async def through(
        self, port: str, asked: Mapping[str, Any], call: Callable[[], Awaitable[T]], codec: Codec[T]
    ) -> T: ...

    def model(self, chain: ModelChain) -> Streaming: ...

    def begin(self, memory: Mapping[str, Any]) -> None:
        """Is told the conversation's memory by the turn's first node."""
        ...


@dataclass(slots=True)
class LiveTape:
    """Asks, and writes down."""

    is_live = True
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    memory: dict[str, Any] | None = None

    def begin(self, memory: Mapping[str, Any]) -> None:
        if self.memory is None:
            self.memory = {name: memory[name] for name in (*MEMORY, "resolution") if name in memory}

    async def through(
        self, port: str, asked: Mapping[str, Any], call: Callable[[], Awaitable[T]], codec: Codec[T]
    ) -> T:
        try:
            answer = await call()
        except TellergraphError as error:
            fault = {"class": type(error).__name__, "code": error.error_code, "message": error.message}
            self.exchanges.append(Exchange(port, dict(asked), error=fault))
            raise
        self.exchanges.append(Exchange(port, dict(asked), codec.encode(answer)))
        return answer

    def model(self, chain: ModelChain) -> Streaming:
        return _LiveModel(chain, self.exchanges)


MEMORY = ("history", "dialogue", "sealed", "pending")
"""What of the state outlives a turn (agent/state.py)."""


@dataclass(frozen=True, slots=True)
class _LiveModel:
    chain: ModelChain
    exchanges: list[Exchange]

    @property
    def is_offline(self) -> bool:
        return self.chain.is_offline

    async def stream(
        self,
        messages: list[BaseMessage],
        *,
        tools: list[dict[str, Any]],
        on_text: OnText,
        fence: Fence | None = None,
        allowance: Allowance | None = None,
        on_cut: OnCut | None = None,
    ) -> Reply:
        said: list[str | None] = []

        async def hear(text: str) -> None:
            said.append(text)
            await on_text(text)

        async def hear_cut() -> None:
            said.append(None)
            if on_cut is not None:
                await on_cut()

        cut = None if on_cut is None else hear_cut
        reply = await self.chain.stream(
            messages, tools=tools, on_text=hear, fence=fence, allowance=allowance, on_cut=cut
        )
        self.exchanges.append(Exchange(MODEL, prompt_of(messages, tools), _fields_of(reply) | {"said": said}))
        return reply


MODEL = "model"


def _fields_of(reply: Reply) -> dict[str, Any]:
    return {field.name: getattr(reply, field.name) for field in fields(reply)}


def prompt_of(messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What a model was asked, as a digest: SHA-256 over roles, texts and calls, and the tools' schemas."""
    shown = [[message.type, str(message.text), _calls(message)] for message in messages]
    content = orjson.dumps([shown, list(tools)], option=orjson.OPT_SORT_KEYS)
    return {"prompt": hashlib.sha256(content).hexdigest(), "tools": len(tools)}


def _calls(message: BaseMessage) -> list[Any]:
    return [[call["name"], call["args"]] for call in message.tool_calls] if isinstance(message, AIMessage) else []


@dataclass(frozen=True, slots=True)
class _Typed:
    """Dataclasses and plain values, by their types."""

    adapter: TypeAdapter[Any]

    def encode(self, value: Any) -> Any:
        return self.adapter.dump_python(value, mode="json")

    def decode(self, stored: Any) -> Any:
        return self.adapter.validate_python(stored)


@cache
def codec_of(kind: Any) -> Codec[Any]:
    return cast(Codec[Any], _Typed(TypeAdapter(kind)))
