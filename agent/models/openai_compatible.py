"""Any server that speaks the OpenAI chat completions protocol (OpenAI, Ollama's ``/v1``, vLLM, ...), streamed.

Our own reader rather than langchain-openai's: see docs/decisions/0003-openai-protocol.md.
"""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, cast

import aiohttp
import orjson
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.outputs.chat_generation import ChatGeneration
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from agent.models.control_tokens import defuse, defuse_all
from agent.models.faults import Fault, ModelFailed
from agent.models.refusals import read_refusal
from core.security.outgoing import same_session

_PACE = 0.02
"""Seconds between two reads of a stream. Tokens that arrive meanwhile are handled together, which halves the cost of a
turn; a reader cannot tell."""
_LONGEST_LINE = 1 << 20
"""Bytes of one event."""
_LONGEST_REFUSAL = 8_192


class OpenAICompatibleChat(BaseChatModel):
    """Streams from ``{base_url}/chat/completions``. Every failure is a ProviderFailed."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: str
    base_url: str
    api_key: SecretStr
    key_setting: str
    """Where the key comes from: named where a server refuses it."""
    client: aiohttp.ClientSession

    @property
    def _llm_type(self) -> str:
        return "openai-compatible"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": _as_sent(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if tools := kwargs.get("tools"):
            body["tools"] = tools
        if stop:
            body["stop"] = stop
        try:
            async for chunk in self._read(body):
                yield chunk
            # LangChain's own error for a stream without a chunk would pass for a fault of ours.
            yield _chunk([])
        except aiohttp.ConnectionTimeoutError as error:
            raise ModelFailed("The model server cannot be reached.", Fault.UNREACHABLE) from error
        except TimeoutError as error:
            raise ModelFailed("The model server is too slow.", Fault.SLOW) from error
        except (aiohttp.ClientError, OSError) as error:
            raise ModelFailed("The model server cannot be reached.", Fault.UNREACHABLE) from error

    async def _read(self, body: dict[str, Any]) -> AsyncIterator[ChatGenerationChunk]:
        headers = {
            "Authorization": f"Bearer {self.api_key.get_secret_value()}",
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
        }
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        # A redirect could lead from this machine to another one, which may not see what this one may.
        async with self.client.post(url, data=orjson.dumps(body), headers=headers, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                said = await response.content.read(_LONGEST_REFUSAL)
                raise read_refusal(
                    response.status,
                    response.headers,
                    said,
                    with_tools="tools" in body,
                    key_setting=self.key_setting,
                )
            rest = b""
            while block := await response.content.readany():
                *lines, rest = (rest + block).split(b"\n")
                if len(rest) > _LONGEST_LINE:
                    raise ModelFailed("The model server sent something that is not a completion.", Fault.CUT_OFF)
                events, ended = _parse(lines)
                if events:
                    yield _chunk(events)
                if ended:
                    return
                await asyncio.sleep(_PACE)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        return asyncio.run(self._generate_alone(messages, stop, **kwargs))

    async def _generate_alone(self, messages: list[BaseMessage], stop: list[str] | None, **kwargs: Any) -> ChatResult:
        """With a client of its own: the shared one belongs to another event loop."""
        async with same_session(self.client) as client:
            alone = self.model_copy(update={"client": client})
            chunks = [chunk.message async for chunk in alone._astream(messages, stop, **kwargs)]
        whole = AIMessageChunk(content="")
        for chunk in chunks:
            whole += cast(AIMessageChunk, chunk)
        return ChatResult(generations=[ChatGeneration(message=whole)])


def _as_sent(messages: list[BaseMessage]) -> list[dict[str, Any]]:
    """In the protocol's words, with nothing in them that a chat template takes for its own."""
    converted = convert_to_openai_messages(messages)
    for message in converted:
        message["content"] = defuse_all(message["content"])
        for call in message.get("tool_calls", ()):
            function = call["function"]
            arguments = defuse_all(orjson.loads(function["arguments"]))
            call["function"] = {"name": defuse(function["name"]), "arguments": orjson.dumps(arguments).decode()}
    return converted


class _Function(BaseModel):
    name: str | None = None
    arguments: str | None = None


class _Call(BaseModel):
    index: int = 0
    id: str | None = None
    function: _Function = _Function()


class _Delta(BaseModel):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(BaseModel):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Event(BaseModel):
    """``chat.completion.chunk``, as far as it is read here."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: object = None


def _parse(lines: list[bytes]) -> tuple[list[_Event], bool]:
    """The events among the lines, and whether the stream ends with them."""
    events: list[_Event] = []
    for line in lines:
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            return events, True
        try:
            event = _Event.model_validate_json(data)
        except ValidationError as error:
            raise ModelFailed("The model server sent something that is not a completion.", Fault.CUT_OFF) from error
        if event.error is not None:
            raise ModelFailed("The model server reported an error in mid-stream.", Fault.CUT_OFF)
        events.append(event)
    return events, False


def _chunk(events: list[_Event]) -> ChatGenerationChunk:
    """One chunk of all the events that arrived together."""
    choices = [choice for event in events for choice in event.choices]
    reason = next((choice.finish_reason for choice in choices if choice.finish_reason), None)
    counts = next((event.usage for event in events if event.usage), None)
    message = AIMessageChunk(
        content="".join(choice.delta.content or "" for choice in choices),
        tool_call_chunks=[
            tool_call_chunk(name=call.function.name, args=call.function.arguments, id=call.id, index=call.index)
            for choice in choices
            for call in choice.delta.tool_calls or []
        ],
        usage_metadata=counts and _usage(counts),
        response_metadata={"finish_reason": reason} if reason else {},
    )
    return ChatGenerationChunk(message=message)


def _usage(counts: _Usage) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=counts.prompt_tokens,
        output_tokens=counts.completion_tokens,
        total_tokens=counts.prompt_tokens + counts.completion_tokens,
    )
