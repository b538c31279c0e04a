"""The local model as LangChain sees it."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from time import monotonic
from typing import Any, NoReturn, cast
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables.config import ensure_config
from pydantic import ConfigDict

from agent.models.faults import Fault, ModelFailed
from agent.models.local.following import Follower
from agent.models.local.lineup import Tuned
from agent.models.local.shadow import Job, Shadow, gather
from core.errors import ProviderFailed
from core.pipes import Message


class LocalChat(BaseChatModel):
    """Streams from a local model's process. Raises ProviderBusy when too many wait, and ProviderFailed for all else."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    follower: Follower
    shadow: Shadow | None
    max_tokens: int

    @property
    def _llm_type(self) -> str:
        return "local"

    @property
    def condition(self) -> str:
        """For the health page."""
        return self.follower.condition

    def busy_for(self) -> timedelta | None:
        """Until there is room in the queue; None: there is."""
        return self.follower.host.busy_for

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        if stop:
            raise ProviderFailed("The local model takes no stop words.")
        tuned, request = self._prepare(messages, kwargs.get("tools") or [])
        name = self.name_with(tuned)
        began, heard = monotonic(), list[Message]()
        async with aclosing(self.follower.host.answer(request)) as answers:
            async for message in answers:
                heard.append(message)
                yield ChatGenerationChunk(message=_chunk(message, name))
        self._compare(request, tuned, heard, monotonic() - began)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole = AIMessageChunk(content="")
        async for chunk in self._astream(messages, stop, run_manager, **kwargs):
            whole += cast(AIMessageChunk, chunk.message)
        return ChatResult(generations=[ChatGeneration(message=whole)])

    def _generate(
        self,
        messages: list[BaseMessage],  # noqa: ARG002
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> NoReturn:
        raise TypeError("The local model's process belongs to an event loop: await ainvoke or use astream.")

    def name_with(self, tuned: Tuned | None) -> str:
        """Under which an answer is remembered: exactly which weights gave it."""
        base = f"local:{self.follower.host.opening.base.name}"
        return f"{base}@{tuned.label}" if tuned else base

    def _prepare(self, messages: list[BaseMessage], tools: list[dict[str, Any]]) -> tuple[Tuned | None, Message]:
        lineup, machine = self.follower.lineup, self.follower.host.machine
        if lineup is None or machine is None:
            raise ModelFailed(f"The local model is not ready: {self.condition}.", Fault.NOT_READY)
        if tools and not machine.has_tools:
            raise ModelFailed("Its chat template knows no tools, so it cannot be asked with any.", Fault.NO_TOOLS)
        # The graph runs each conversation under its session's id.
        conversation = str(ensure_config().get("configurable", {}).get("thread_id") or "")
        tuned = lineup.choose(conversation)
        chat = convert_to_openai_messages(messages, text_format="string")
        key = tuned and tuned.digest
        return tuned, {"key": key, "messages": chat, "tools": tools, "most": self.max_tokens}

    def _compare(self, request: Message, tuned: Tuned | None, heard: list[Message], seconds: float) -> None:
        tried = self.follower.lineup and self.follower.lineup.shadow
        if self.shadow and tried and tried != tuned:
            served = gather(tuned.digest if tuned else "", heard, seconds)
            self.shadow.add(Job(request | {"key": tried.digest}, served))


def _chunk(message: Message, name: str) -> AIMessageChunk:
    match message["kind"]:
        case "text":
            return AIMessageChunk(content=message["text"])
        case "call":
            call = tool_call_chunk(
                name=message["name"], args=message["arguments"], id=f"call_{uuid4().hex}", index=message["index"]
            )
            return AIMessageChunk(content="", tool_call_chunks=[call])
        case _:
            read, said = message["input"], message["output"]
            return AIMessageChunk(
                content="",
                usage_metadata=UsageMetadata(input_tokens=read, output_tokens=said, total_tokens=read + said),
                response_metadata={"finish_reason": message["reason"], "model_name": name},
            )
