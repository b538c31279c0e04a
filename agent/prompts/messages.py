"""What a model is shown for one answer: the instructions of this turn, the conversation, and what tools returned."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import cast

import orjson
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.messages import PROMPT_VERSIONS, Evidence, ToolReturn
from agent.models.offline.brief import Brief, attach
from agent.offer import offered_tools
from agent.prompts.budget import count_all, count_json, fit_history, fit_passages
from agent.prompts.fences import PASSAGES, RESULT, fence, without_tags
from agent.state import State, Turn
from agent.understanding.intents import Route
from tools.registry import Risk, Tool

_SCHEMA_TOKENS: dict[str, int] = {}
"""By tool: their definitions do not change while we run."""


def make_messages(state: State, turn: Turn) -> list[BaseMessage]:
    passages = shown_passages(state, turn)[state["told"][1] :]
    asked, returned = _question(state, turn, passages), list(_tool_messages(state))
    used = count_all(map(_all_text, (_system(state, turn, []), asked, *returned))) + _tool_tokens(state, turn)
    history = fit_history(state.get("history", []), turn.parts.prompts.tokens - used - sum(map(count_json, passages)))
    used += count_all(message["content"] for message in history)
    shown = fit_passages(passages, turn.parts.prompts.tokens - used)
    messages: list[BaseMessage] = [_system(state, turn, shown)]
    for message in history:
        if message["role"] == "user":
            messages.append(HumanMessage(without_tags(message["content"])))
        else:
            messages.append(AIMessage(message["content"]))
    return [*messages, asked, *returned]


def shown_passages(state: State, turn: Turn) -> list[Evidence]:
    """What an article writes as ``[IBAN_1]`` must not be told as the customer's own."""
    conceal = turn.placeholders.conceal_look_alikes
    return [
        {
            **passage,
            "title": conceal(passage["title"]),
            "heading": conceal(passage["heading"]),
            "text": conceal(passage["text"]),
        }
        for passage in state["passages"]
    ]


def versions_of(messages: Sequence[BaseMessage]) -> str:
    """Which templates ``make_messages`` took: ``operation 1, policy 1, system 2``."""
    return str(cast(dict[str, object], messages[0].additional_kwargs)[PROMPT_VERSIONS])


def _question(state: State, turn: Turn, passages: list[Evidence]) -> HumanMessage:
    said = without_tags(state["said"] or state["message"])
    brief = Brief(
        said=said,
        route=state["route"],
        intent=state["intent"],
        slots=state["slots"],
        tool=state["tool"],
        words=state["words"],
        question=state["question"],
        passages=passages,
        marks_from=state["told"][1] + 1,
        signed_in=turn.customer_id is not None,
        ended=state["ended"] if state["step"] == "ended" else None,
    )
    return attach(said, brief)


def _tool_messages(state: State) -> Iterator[BaseMessage]:
    for _, group in groupby(state["returns"][state["told"][0] :], key=itemgetter("round")):
        returns = list(group)
        yield AIMessage(
            content="",
            tool_calls=[{"id": done["id"], "name": done["name"], "args": done["arguments"]} for done in returns],
        )
        for done in returns:
            status = "success" if done["ok"] else "error"
            yield ToolMessage(content=_fenced(done), tool_call_id=done["id"], status=status)


def _fenced(done: ToolReturn) -> str:
    """A result, or why there is none, which may repeat what a customer or a document said."""
    return fence(RESULT, orjson.loads(done["content"]) if done["ok"] else done["content"])


def _system(state: State, turn: Turn, passages: list[Evidence]) -> SystemMessage:
    prompts = turn.parts.prompts
    permissions = "permissions_customer" if turn.customer_id else "permissions_visitor"
    task = _task(state)
    offered = [tool.title for tool in offered_tools(state, turn) if tool.risk is Risk.PREPARE]
    allowed = {"prepared": ", ".join(offered) or "nothing"} if turn.customer_id else {}
    numbered = [
        {"n": number, "title": passage["title"], "heading": passage["heading"], "text": passage["text"]}
        for number, passage in enumerate(passages, start=state["told"][1] + 1)
    ]
    evidence = {"passages": fence(PASSAGES, numbered)} if task == "knowledge" else {}
    text = prompts.get("system").render(
        bank=prompts.bank,
        customer="a customer who has logged in" if turn.customer_id else "a visitor who has not logged in",
        today=turn.today.strftime("%A, %-d %B %Y"),
        permissions=prompts.get(permissions).render(**allowed),
        policy=prompts.get("policy").render(),
        task=prompts.get(task).render(**evidence),
    )
    return SystemMessage(
        text, additional_kwargs={PROMPT_VERSIONS: prompts.versions(("system", permissions, "policy", task))}
    )


def _task(state: State) -> str:
    """The template for what is to be done."""
    if state["passages"][state["told"][1] :]:
        return "knowledge"
    match state["route"]:
        case Route.SMALL_TALK.value:
            return "small_talk"
        case Route.OPERATION.value | Route.FRAUD.value:
            return "operation"
        case _:
            return "nothing_found"


def _all_text(message: BaseMessage) -> str:
    calls = orjson.dumps(message.tool_calls).decode() if isinstance(message, AIMessage) else ""
    return str(message.text) + calls


def _tool_tokens(state: State, turn: Turn) -> int:
    """Of the tools that may be offered beside the messages."""
    return sum(map(_schema_tokens, offered_tools(state, turn)))


def _schema_tokens(tool: Tool) -> int:
    if tool.name not in _SCHEMA_TOKENS:
        _SCHEMA_TOKENS[tool.name] = count_json(tool.schema)
    return _SCHEMA_TOKENS[tool.name]
