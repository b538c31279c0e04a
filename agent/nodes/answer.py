"""Lets a model answer or call tools. What it says goes out through the release gate as it comes, with the customer's
own data in place of placeholders; what is remembered keeps them."""

from typing import Any

import orjson
from langgraph.runtime import Runtime

from agent.events import Token
from agent.models.fencing.of_turn import fence_of
from agent.offer import offered_tools
from agent.prompts.messages import make_messages, versions_of
from agent.release import Release, evidence_figures
from agent.state import State, Turn, Update
from agent.understanding.intents import Route

MAX_ROUNDS = 4
"""Rounds of tool calls in one turn; then the model must answer."""

_FIXED_ROUTES = frozenset({Route.OUT_OF_SCOPE.value, Route.HANDOFF.value})


async def answer(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    gate = Release(_known_figures(state, turn))
    said: list[str] = []

    async def say(text: str) -> None:
        if text:
            # What was said before a tool was called stands in a paragraph of its own.
            text = f"\n\n{text}" if state["answer"] and not said else text
            said.append(text)
            await turn.emit(Token(text=turn.placeholders.restore(text)))

    async def on_text(text: str) -> None:
        await say(gate.push(text))

    async def on_cut() -> None:
        gate.drop()

    chain = turn.parts.fixed if _is_fixed(state, turn) else turn.parts.models
    messages = make_messages(state, turn)
    reply = await chain.stream(
        messages,
        tools=_tools(state, turn),
        on_text=on_text,
        fence=fence_of(state, turn),
        allowance=turn.allowance,
        on_cut=on_cut,
    )
    await say(gate.finish())
    return {
        # Whoever puts the question, it is put: what was asked for was not called.
        "has_asked": state["has_asked"] or (not reply.calls and state["step"] == "ask"),
        "calls": reply.calls,
        "rounds": state["rounds"] + 1,
        "answer": state["answer"] + "".join(said),
        "model": reply.model,
        "prompt": state["prompt"] if chain is turn.parts.fixed else versions_of(messages),
        "usage": _added(state["usage"], reply.usage),
    }


def _is_fixed(state: State, turn: Turn) -> bool:
    """What is proposed, what was decided, who must log in and where our business ends is never put in a model's
    words."""
    if state["is_fixed"] or state["step"] == "say":
        return True
    return state["route"] in (_FIXED_ROUTES if turn.customer_id else _FIXED_ROUTES | {Route.OPERATION.value})


def _tools(state: State, turn: Turn) -> list[dict[str, Any]]:
    return [] if state["rounds"] >= MAX_ROUNDS else [tool.schema for tool in offered_tools(state, turn)]


def _known_figures(state: State, turn: Turn) -> set[str]:
    return evidence_figures(
        (
            turn.today.isoformat(),
            state["message"],
            state["words"],
            state["question"],
            *(message["content"] for message in state.get("history", [])),
            *(passage["text"] for passage in state["passages"]),
            *(returned["content"] for returned in state["returns"]),
            orjson.dumps(state["ended"]).decode(),
        )
    )


def _added(total: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: total.get(name, 0) + more.get(name, 0) for name in total | more}
