"""What a model said, put together from its stream and checked before anything acts on it.

LangChain repairs a tool call whose JSON was cut off into a valid one (``{"amount": 10`` of 1000), and takes a stream
that just ends for a whole answer. Here both are failures of the provider.
"""

from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

import orjson
from langchain_core.messages import AIMessageChunk

from agent.messages import ToolCall
from core.errors import ProviderFailed

_WHOLE = frozenset({"stop", "tool_calls", "function_call"})
"""Finish reasons of an answer that is all there; "length" and "content_filter" are not."""


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    calls: list[ToolCall]
    usage: dict[str, int]
    model: str


@dataclass(slots=True)
class _Fragments:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


class ReplyBuilder:
    """Collects the chunks of one stream."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._text: list[str] = []
        self._calls: dict[int, _Fragments] = {}
        self._usage: dict[str, int] = {}
        self._finish_reason: str | None = None

    def add(self, chunk: AIMessageChunk) -> str:
        """Returns the chunk's text."""
        # PostgreSQL cannot store the null character.
        text = str(chunk.text).replace("\x00", "")
        if text:
            self._text.append(text)
        for part in chunk.tool_call_chunks:
            call = self._calls.setdefault(part["index"] or 0, _Fragments())
            call.id = part["id"] or call.id
            call.name = part["name"] or call.name
            call.arguments.append(part["args"] or "")
        if chunk.usage_metadata:
            self._usage = {
                "input_tokens": chunk.usage_metadata["input_tokens"],
                "output_tokens": chunk.usage_metadata["output_tokens"],
            }
        metadata = cast(dict[str, Any], chunk.response_metadata)
        self._finish_reason = metadata.get("finish_reason") or self._finish_reason
        return text

    def build(self) -> Reply:
        """Raises ProviderFailed for a reply that is cut off, empty or not what the protocol allows."""
        if self._finish_reason not in _WHOLE:
            raise ProviderFailed(f"The model's answer was cut off (finish reason {self._finish_reason}).")
        calls = [_parse(call) for _, call in sorted(self._calls.items())]
        text = "".join(self._text)
        if not calls and not text.strip():
            raise ProviderFailed("The model gave an empty answer.")
        return Reply(text, calls, self._usage, self._model)


def _parse(call: _Fragments) -> ToolCall:
    try:
        arguments = orjson.loads("".join(call.arguments) or "{}")
    except orjson.JSONDecodeError as error:
        raise ProviderFailed("The model's tool call is not valid JSON.") from error
    if not isinstance(arguments, dict) or not call.name:
        raise ProviderFailed("The model's tool call has no name or no arguments object.")
    return ToolCall(id=call.id or f"call_{uuid4().hex}", name=call.name, arguments=cast(dict[str, Any], arguments))
