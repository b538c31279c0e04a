"""What a model is shown for one answer: the instructions of this turn, the conversation, and what tools returned."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.models.offline.brief import Brief, attach
from agent.prompts import fence, render
from agent.state import State, Turn
from agent.understanding.intents import Route


def make_messages(state: State, turn: Turn) -> list[BaseMessage]:
    messages: list[BaseMessage] = [SystemMessage(_system_prompt(state, turn))]
    for message in state.get("history", []):
        kind = HumanMessage if message["role"] == "user" else AIMessage
        messages.append(kind(message["content"]))
    brief = Brief(
        route=state["route"],
        intent=state["intent"],
        slots=state["slots"],
        tool=state["tool"],
        words=state["words"],
        question=state["question"],
        passages=state["passages"][state["told"][1] :],
        marks_from=state["told"][1] + 1,
        signed_in=turn.customer_id is not None,
        ended=state["ended"] if state["step"] == "ended" else None,
    )
    messages.append(attach(state["said"] or state["message"], brief))
    messages.extend(_tool_messages(state))
    return messages


def _tool_messages(state: State) -> Iterator[BaseMessage]:
    for _, group in groupby(state["returns"][state["told"][0] :], key=itemgetter("round")):
        returns = list(group)
        yield AIMessage(
            content="",
            tool_calls=[{"id": done["id"], "name": done["name"], "args": done["arguments"]} for done in returns],
        )
        for done in returns:
            status = "success" if done["ok"] else "error"
            yield ToolMessage(content=done["content"], tool_call_id=done["id"], status=status)


def _system_prompt(state: State, turn: Turn) -> str:
    return render(
        "system",
        customer="a customer who has logged in" if turn.customer_id else "a visitor who has not logged in",
        today=turn.today.strftime("%A, %-d %B %Y"),
        task=_task(state),
    )


def _task(state: State) -> str:
    if passages := state["passages"][state["told"][1] :]:
        numbered = [
            {"n": number, "title": passage["title"], "heading": passage["heading"], "text": passage["text"]}
            for number, passage in enumerate(passages, start=state["told"][1] + 1)
        ]
        return render("knowledge", passages=fence("passages", numbered))
    match state["route"]:
        case Route.SMALL_TALK.value:
            return render("small_talk")
        case Route.OPERATION.value | Route.FRAUD.value:
            return render("operation")
        case _:
            return render("nothing_found")
