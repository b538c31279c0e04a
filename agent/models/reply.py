"""What a model said, put together from its stream and checked before anything acts on it.

LangChain repairs a tool call whose JSON was cut off into a valid one (``{"amount": 10`` of 1000), and takes a stream
that just ends for a whole answer. Here both are failures of the provider.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

import orjson
from langchain_core.messages import AIMessageChunk

from agent.messages import ToolCall
from agent.models.faults import Fault, ModelFailed

MOST_CALLS = 8
"""In one reply."""
LONGEST_ARGUMENTS = 16_384
"""Characters of all of them together."""
LONGEST_TEXT = 20_000
"""Characters. A model that says more does not know how to end."""

_WHOLE = frozenset({"stop", "tool_calls", "function_call"})
"""Finish reasons of an answer that is all there; "length" and "content_filter" are not."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ID = re.compile(r"[\x21-\x7e]{1,64}")


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
        self._calls: list[_Fragments] = []
        self._at: dict[int, _Fragments] = {}
        """The latest call at each index of the protocol."""
        self._length = self._arguments_length = 0
        self._finish_reason: str | None = None
        self.usage: dict[str, int] = {}

    @property
    def has_begun(self) -> bool:
        return bool(self._text or self._calls)

    @property
    def length(self) -> int:
        """Characters so far."""
        return self._length + self._arguments_length

    def add(self, chunk: AIMessageChunk) -> str:
        """Returns the chunk's text. Raises ProviderFailed when there is more than an answer can have."""
        # PostgreSQL cannot store the null character.
        text = str(chunk.text).replace("\x00", "")
        if text:
            self._text.append(text)
            self._length += len(text)
        for part in chunk.tool_call_chunks:
            self._add_call(part["index"] or 0, part["id"], part["name"], part["args"] or "")
        if chunk.usage_metadata:
            self.usage = {
                "input_tokens": chunk.usage_metadata["input_tokens"],
                "output_tokens": chunk.usage_metadata["output_tokens"],
            }
        metadata = cast(dict[str, Any], chunk.response_metadata)
        self._finish_reason = metadata.get("finish_reason") or self._finish_reason
        # A local model says with which weights.
        self._model = metadata.get("model_name") or self._model
        if self._length > LONGEST_TEXT or self._arguments_length > LONGEST_ARGUMENTS or len(self._calls) > MOST_CALLS:
            raise ModelFailed("The model's answer has no end.", Fault.BAD_REPLY)
        return text

    def _add_call(self, index: int, call_id: str | None, name: str | None, arguments: str) -> None:
        call = self._at.get(index)
        # Some servers give all calls of an answer the same index.
        if call is None or (call_id and call.id and call_id != call.id):
            call = self._at[index] = _Fragments()
            self._calls.append(call)
        call.id = call_id or call.id
        call.name = name or call.name
        call.arguments.append(arguments)
        self._arguments_length += len(arguments)

    def build(self) -> Reply:
        """Raises ProviderFailed for a reply that is cut off, empty or not what the protocol allows."""
        if self._finish_reason not in _WHOLE:
            fault = Fault.BAD_REPLY if self._finish_reason else Fault.CUT_OFF
            raise ModelFailed(f"The model's answer was cut off (finish reason {self._finish_reason}).", fault)
        known: set[str] = set()
        calls = [_parse(call, known) for _, call in sorted(self._indexed(), key=lambda each: each[0])]
        text = "".join(self._text)
        if not calls and not text.strip():
            raise ModelFailed("The model gave an empty answer.", Fault.BAD_REPLY)
        return Reply(text, calls, self.usage, self._model)

    def _indexed(self) -> Iterable[tuple[int, _Fragments]]:
        """Calls with their index where indexes tell them apart, else as they came."""
        return self._at.items() if len(self._at) == len(self._calls) else enumerate(self._calls)


def refuse_repeats(calls: list[ToolCall], earlier: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """A call that this turn has made already would give the same again, for ever.

    Raises:
        ModelFailed: a call is among ``earlier`` (name and arguments), or twice among ``calls``.
    """
    made = {_key(name, arguments) for name, arguments in earlier}
    for call in calls:
        key = _key(call["name"], call["arguments"])
        if key in made:
            raise ModelFailed(f"The model calls {call['name']} with the same arguments again.", Fault.TOOL_LOOP)
        made.add(key)


def _key(name: str, arguments: dict[str, Any]) -> tuple[str, bytes]:
    return name, orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)


def _parse(call: _Fragments, known: set[str]) -> ToolCall:
    try:
        arguments = orjson.loads("".join(call.arguments) or "{}")
    except orjson.JSONDecodeError as error:
        raise ModelFailed("The model's tool call is not valid JSON.", Fault.BAD_REPLY) from error
    if not isinstance(arguments, dict) or not _NAME.fullmatch(call.name):
        raise ModelFailed("The model's tool call has no name or no arguments object.", Fault.BAD_REPLY)
    # Two results with the same id could not be told apart.
    is_good = _ID.fullmatch(call.id) and call.id not in known
    call_id = call.id if is_good else f"call_{uuid4().hex}"
    known.add(call_id)
    return ToolCall(id=call_id, name=call.name, arguments=cast(dict[str, Any], arguments))
