"""A recorded dialogue as a row: the messages as the model is shown them, and what it should answer."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.prompts.fences import fence, unfence
from finetune.data.chat.disguise import Disguise
from finetune.data.chat.recorder import Shown, Turned
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES

_SHORT = 12
"""Characters up to which a message may well stand in an answer by chance."""
MOST_TOOLS = 8
"""Tools that a row names: those that are called, and others that were offered beside them."""


def make_messages(turned: Turned, disguise: Disguise, reworded: Mapping[str, str]) -> list[dict[str, Any]]:
    """The conversation as the model saw it in its last turn, and the turn's answer. What was said before is not learnt.

    Args:
        reworded: other words for what the customer said.
    """
    shown = _telling(turned.shown)
    here = max(place for place, message in enumerate(shown.messages) if isinstance(message, HumanMessage))
    messages = [
        _as_row(message, disguise, reworded, is_past=place < here) for place, message in enumerate(shown.messages)
    ]
    return [*messages, {"role": "assistant", "content": disguise.put_on(turned.record.answer, of_bank=True)}]


def text_of(turns: Sequence[Turned]) -> str:
    """All that is said, called and returned."""
    told = [message.content for turned in turns for call in turned.shown[-1:] for message in call.messages[1:]]
    called = [f"{result['arguments']}{result['content']}" for turned in turns for result in turned.results]
    return "\n".join([*map(str, told), *called, *(turned.record.answer for turned in turns)])


def can_be_reworded(turns: Sequence[Turned]) -> bool:
    """Whether nothing repeats the customer's words, such as the text of a complaint, and a message is one request."""
    told = [turned.said for turned in turns if len(turned.said) > _SHORT]
    kept = [f"{result['arguments']}{result['content']}" for turned in turns for result in turned.results]
    kept += [turned.record.answer for turned in turns]
    asked = {str(message.content) for call in turns[-1].shown for message in call.messages}
    is_whole = any(turns[-1].said in content for content in asked)
    return is_whole and not any(said in text for said in told for text in kept)


def tools_shown(turned: Turned, rng: random.Random) -> list[str]:
    """Those that are called in the turn, with others that were offered, in the order of the catalogue."""
    called = {result["name"] for result in turned.results}
    offered = [schema["function"]["name"] for schema in _telling(turned.shown).tools]
    others = [name for name in offered if name not in called]
    beside = rng.sample(others, min(len(others), max(0, MOST_TOOLS - len(called))))
    names = called | set(beside)
    return [name for name in tool_schemas() if name in names]


def tool_schemas() -> dict[str, Any]:
    """Every tool of the catalogue as models are told of it, by name."""
    return {tool.name: tool.schema for tool in CATALOGUE.offered(CUSTOMER_SCOPES)}


def _telling(shown: Sequence[Shown]) -> Shown:
    """The call that has most to go by: the last with a tool's result, else the first with passages, else the last."""
    with_results = [call for call in shown if isinstance(call.messages[-1], ToolMessage)]
    with_passages = [call for call in shown if "<passages>" in str(call.messages[0].content)]
    return [*(shown[-1:]), *with_passages[:1], *with_results[-1:]][-1]


def _as_row(message: BaseMessage, disguise: Disguise, reworded: Mapping[str, str], *, is_past: bool) -> dict[str, Any]:
    said = str(message.content)
    if isinstance(message, HumanMessage):
        said = next((said.replace(before, after) for before, after in reworded.items() if before in said), said)
    if isinstance(message, ToolMessage):
        return {"role": "tool", "content": _result(said, disguise), "tool_call_id": message.tool_call_id}
    content = disguise.put_on(said, of_bank=not isinstance(message, HumanMessage))
    match message:
        case SystemMessage():
            return {"role": "system", "content": content}
        case AIMessage():
            calls = [_call(call["id"], call["name"], call["args"], disguise) for call in message.tool_calls]
            row: dict[str, Any] = {"role": "assistant", "content": content}
            return row | ({"tool_calls": calls} if calls else {}) | ({"train": False} if is_past else {})
        case _:
            return {"role": "user", "content": content}


def _call(call_id: str | None, name: str, arguments: dict[str, Any], disguise: Disguise) -> dict[str, Any]:
    written = orjson.dumps(disguise.put_on_each(arguments), option=orjson.OPT_SORT_KEYS).decode()
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": written}}


def _result(text: str, disguise: Disguise) -> str:
    match unfence(text):
        case (tag, written):
            return fence(tag, disguise.put_on_each(orjson.loads(written), of_bank=True))
        case None:
            return disguise.put_on(text, of_bank=True)
