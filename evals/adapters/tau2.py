"""tau2-bench speaks to an agent's model over the OpenAI protocol (through LiteLLM) and runs the tools and the customer
itself. Here the agent stands at that end of the wire::

    tellergraph evals tau2 --port 8010
    tau2 run --domain banking_knowledge --agent-llm openai/tellergraph \
        --agent-llm-args '{"api_base": "http://127.0.0.1:8010/v1", "api_key": "unused"}' --user-llm ...

A request brings the whole conversation, with the policy as its system message and the tools of the domain. A change is
put to the simulated customer in words that no model wrote; their yes in the next message lets it go on to the tool.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Literal
from uuid import uuid4

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import BaseModel, ConfigDict, Json

from agent.messages import ToolCall
from agent.models.chain import ModelChain
from evals.adapters.visiting import Said, VisitedTool, VisitingAgent, language_models
from evals.adapters.word import Confirm

MODEL = "tellergraph"
_MOST_WAITING = 10_000
"""Conversations whose question is kept; the oldest are forgotten."""


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str
    arguments: Json[dict[str, Any]]


class _Called(BaseModel):
    id: str
    function: _Named


class _Message(BaseModel):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: list[_Called] | None = None
    tool_call_id: str | None = None


class _Function(BaseModel):
    name: str
    description: str = ""
    parameters: dict[str, Any] = {"type": "object", "properties": {}}


class _Tool(BaseModel):
    type: Literal["function"] = "function"
    function: _Function


class Completion(BaseModel):
    """What of the OpenAI protocol tau2-bench uses. How a model picks its words is ours, so temperature and seed have no
    effect."""

    messages: list[_Message]
    tools: list[_Tool] = []
    stream: Literal[False] = False


class Questions:
    """The calls that a question is about, by the conversation that it ends."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[ToolCall, ...]] = OrderedDict()

    def keep(self, messages: Sequence[_Message], question: str, calls: tuple[ToolCall, ...]) -> None:
        self._kept[_digest([*messages, _Message(role="assistant", content=question)])] = calls
        while len(self._kept) > _MOST_WAITING:
            self._kept.popitem(last=False)

    def find(self, messages: Sequence[_Message]) -> tuple[ToolCall, ...]:
        """Of the conversation before the customer's last message."""
        return self._kept.get(_digest(messages[:-1]), ()) if messages and messages[-1].role == "user" else ()


def make_app(models: ModelChain, *, confirm: Confirm = Confirm.ALWAYS) -> FastAPI:
    """The server that tau2-bench takes for a model. For this machine: it asks nobody who they are.

    Raises InvalidInput: no language model.
    """
    app, questions, models = FastAPI(title="Tellergraph for tau2-bench"), Questions(), language_models(models)

    @app.post("/v1/chat/completions")
    async def complete(request: Completion) -> dict[str, Any]:
        policy = "\n\n".join(message.content or "" for message in request.messages if message.role == "system")
        tools = [
            VisitedTool(tool.function.name, tool.function.description, tool.function.parameters)
            for tool in request.tools
        ]
        agent = VisitingAgent(models, tools, policy, confirm=confirm)
        conversation = [_ours(message) for message in request.messages if message.role != "system"]
        said = await agent.reply(conversation, questions.find(request.messages))
        if said.asks_for:
            questions.keep(request.messages, said.text, said.asks_for)
        return _theirs(said)

    @app.get("/v1/models")
    async def list_models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @app.exception_handler(RequestValidationError)
    async def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        told = {"message": f"{where}: {fault['msg']}", "type": "invalid_request_error", "param": where, "code": None}
        return JSONResponse({"error": told}, status_code=400)

    return app


def _digest(messages: Sequence[_Message]) -> str:
    said = [[message.role, message.content or "", message.tool_call_id or ""] for message in messages]
    return hashlib.sha256(orjson.dumps(said)).hexdigest()


def _ours(message: _Message) -> BaseMessage:
    text = message.content or ""
    match message.role:
        case "user":
            return HumanMessage(text)
        case "tool":
            return ToolMessage(text, tool_call_id=message.tool_call_id or "")
        case _:
            calls = [
                {"id": call.id, "name": call.function.name, "args": call.function.arguments}
                for call in message.tool_calls or ()
            ]
            return AIMessage(text, tool_calls=calls)


def _theirs(said: Said) -> dict[str, Any]:
    calls = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": orjson.dumps(call["arguments"]).decode()},
        }
        for call in said.calls
    ]
    # A message of tau2-bench is words or calls, never both.
    message = {"role": "assistant", "content": None if calls else said.text} | ({"tool_calls": calls} if calls else {})
    asked, told = said.usage.get("input_tokens", 0), said.usage.get("output_tokens", 0)
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [choice],
        "usage": {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told},
    }
