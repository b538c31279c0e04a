"""The offline model as a LangChain chat model, so that it stands in the chain like any other."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import orjson
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from agent.models.offline.brief import read
from agent.models.offline.compose import compose
from agent.models.offline.plan import plan

_PIECE = re.compile(r".+?(?:\n\n|\Z)", re.DOTALL)


class OfflineChat(BaseChatModel):
    """Deterministic: the same messages give the same calls and the same words. Takes messages from the graph only."""

    @property
    def _llm_type(self) -> str:
        return "tellergraph-offline"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in _answer(messages, kwargs.get("tools") or []):
            yield ChatGenerationChunk(message=chunk)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        whole = AIMessageChunk(content="")
        for chunk in _answer(messages, kwargs.get("tools") or []):
            whole += chunk
        return ChatResult(generations=[ChatGeneration(message=whole)])


def compose_answer(messages: list[BaseMessage]) -> str:
    """What the offline model would say to these messages, once no tool is left to call."""
    return compose(read(messages), list(_results(messages)))


def _answer(messages: list[BaseMessage], tools: list[dict[str, Any]]) -> Iterator[AIMessageChunk]:
    brief = read(messages)
    results = list(_results(messages))
    call = None if results or brief["ended"] else plan(brief, tools)
    if call is not None:
        name, arguments = call
        part = tool_call_chunk(name=name, args=orjson.dumps(arguments).decode(), id=f"call_{name}", index=0)
        yield AIMessageChunk(content="", tool_call_chunks=[part], response_metadata={"finish_reason": "tool_calls"})
        return
    for piece in _PIECE.findall(compose(brief, results)):
        yield AIMessageChunk(content=piece)
    yield AIMessageChunk(content="", response_metadata={"finish_reason": "stop"})


def _results(messages: list[BaseMessage]) -> Iterator[tuple[str, bool, str]]:
    """The tool messages after the last customer message."""
    names: dict[str, str] = {}
    for message in messages:
        if isinstance(message, AIMessage):
            names = {str(call["id"]): call["name"] for call in message.tool_calls}
        elif isinstance(message, ToolMessage):
            yield names[message.tool_call_id], message.status == "success", cast(str, message.content)
