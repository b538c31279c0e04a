"""The agent with tools and a policy that are not ours.

What goes along is what the agent is made of where the bank is another: the chain of models with its time-outs and
failover, prompts in which data cannot close its fence, replies that are checked before anything acts on them, arguments
checked against the tool's schema, and the rule that a model proposes and the customer decides (DESIGN, rule 2). What
stays at home is our own bank: its tools, dialogue manager, routes and gate, which know our data.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import orjson
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.dialogue.acts import find_answer
from agent.messages import ToolCall
from agent.models.chain import ModelChain
from agent.models.reply import Reply
from agent.prompts.fences import RESULT, fence, without_tags
from core.errors import InvalidInput, ProviderFailed
from evals.adapters.word import Confirm, changes_something, is_said

POLICY = "policy"
_TEMPLATE = Template(Path(__file__).with_name("visiting.md").read_text(encoding="utf-8"))
_MOST_CORRECTIONS = 2
"""How often the model is told that a call was wrong, in one reply."""
_DECLINED = "All right, I have not done it. What would you like instead?"
_FAILED = "I cannot do this at the moment. Please try again later."


@dataclass(frozen=True, slots=True)
class VisitedTool:
    """A tool of the other bank. ``parameters`` is its JSON schema."""

    name: str
    description: str
    parameters: dict[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        about = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": about}


@dataclass(frozen=True, slots=True)
class Said:
    """What the agent does next: says something, or calls tools. ``asks_for`` are calls that wait for a yes to it."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    asks_for: tuple[ToolCall, ...] = ()
    usage: dict[str, int] = field(default_factory=dict[str, int])
    """``input_tokens`` and ``output_tokens``, where a model was asked and its provider counts."""


def language_models(chain: ModelChain) -> ModelChain:
    """The chain without the offline model, which knows our own bank alone. Raises InvalidInput: nothing is left."""
    models = chain.without_offline()
    if not models.links:
        raise InvalidInput("A benchmark needs a language model: set TELLERGRAPH_LLM, or give --model.")
    return models


class VisitingAgent:
    """Keeps nothing between replies: the conversation is given whole each time."""

    def __init__(
        self, models: ModelChain, tools: Sequence[VisitedTool], policy: str, *, confirm: Confirm = Confirm.ALWAYS
    ) -> None:
        """Args:
        models: of `language_models`.
        """
        self._models = models
        self._tools = {tool.name: tool for tool in tools}
        self._system = SystemMessage(_TEMPLATE.substitute(policy=fence(POLICY, policy)))
        self._confirm = confirm

    async def reply(self, conversation: Sequence[BaseMessage], waiting: Sequence[ToolCall] = ()) -> Said:
        """The next step.

        Args:
            conversation: of customer (human), assistant (ai, with tool calls) and tools.
            waiting: calls that the last reply asked for.
        """
        if waiting and isinstance(last := conversation[-1], HumanMessage):
            match find_answer(str(last.text), just_asked=True):
                case "approve":
                    return Said(calls=tuple(waiting))
                case "deny":
                    return Said(_DECLINED)
                case None:
                    pass
        messages = [self._system, *map(_fenced, conversation)]
        try:
            reply = await self._ask_until_right(messages)
        except ProviderFailed:
            return Said(_FAILED)
        return self._decided(reply, conversation)

    async def _ask_until_right(self, messages: list[BaseMessage]) -> Reply:
        """A reply whose calls fit their tools; after too many wrong ones its words alone."""
        tools = [tool.schema for tool in self._tools.values()]
        for _ in range(1 + _MOST_CORRECTIONS):
            reply = await self._models.stream(messages, tools=tools, on_text=_ignore)
            faults = {call["id"]: fault for call in reply.calls if (fault := self._fault(call))}
            if not faults:
                return reply
            messages = [*messages, *_corrected(reply, faults)]
        return await self._models.stream(messages, tools=[], on_text=_ignore)

    def _fault(self, call: ToolCall) -> str | None:
        tool = self._tools.get(call["name"])
        if tool is None:
            return f"There is no tool {call['name']!r}. Tools: {', '.join(self._tools)}."
        # Takes a third of a command's start to import, and no other command needs it.
        from jsonschema import Draft202012Validator  # noqa: PLC0415

        fault = next(Draft202012Validator(tool.parameters).iter_errors(call["arguments"]), None)
        return fault and f"{fault.json_path}: {fault.message}"

    def _decided(self, reply: Reply, conversation: Sequence[BaseMessage]) -> Said:
        """Calls that only read go through; of those that change something, what the customer has said already."""
        said = [str(message.text) for message in conversation if isinstance(message, HumanMessage)]
        needs_yes = [call for call in reply.calls if self._needs_yes(call, said)]
        free = [call for call in reply.calls if call not in needs_yes]
        if free:
            return Said(reply.text, tuple(free), usage=reply.usage)
        if needs_yes:
            return Said(describe(needs_yes), asks_for=tuple(needs_yes), usage=reply.usage)
        return Said(reply.text, usage=reply.usage)

    def _needs_yes(self, call: ToolCall, said: Sequence[str]) -> bool:
        if self._confirm is Confirm.NEVER or not changes_something(call["name"]):
            return False
        return self._confirm is Confirm.ALWAYS or not is_said(call["name"], call["arguments"], said)


def describe(calls: Sequence[ToolCall]) -> str:
    """The question, from the calls alone: no word of a model is in it."""
    lines = [f"- {call['name'].replace('_', ' ')}: {_in_words(call['arguments'])}" for call in calls]
    return "\n".join(["Please confirm:", *lines, "Shall I do this? (yes or no)"])


def _in_words(arguments: dict[str, Any]) -> str:
    shown = (f"{name.replace('_', ' ')} {orjson.dumps(value).decode()}" for name, value in arguments.items())
    return ", ".join(shown) or "nothing else"


def _fenced(message: BaseMessage) -> BaseMessage:
    """What others wrote, so that it cannot end its place."""
    match message:
        case ToolMessage():
            return message.model_copy(update={"content": fence(RESULT, str(message.text))})
        case HumanMessage():
            return HumanMessage(without_tags(str(message.text)))
        case _:
            return message


def _corrected(reply: Reply, faults: dict[str, str]) -> list[BaseMessage]:
    calls = [{"id": call["id"], "name": call["name"], "args": call["arguments"]} for call in reply.calls]
    told = [
        ToolMessage(
            fence(RESULT, faults.get(call["id"], "Not run, since another call was wrong.")),
            tool_call_id=call["id"],
            status="error",
        )
        for call in reply.calls
    ]
    return [AIMessage(reply.text, tool_calls=calls), *told]


async def _ignore(text: str) -> None:
    """Whoever asks gets the whole reply."""
