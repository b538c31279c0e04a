"""Lets a model answer or call tools. What it says goes out through the release gate as it comes, with the customer's
own data in place of placeholders; what is remembered keeps them."""

from collections import Counter
from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.runtime import Runtime

from agent.events import Token
from agent.models.fencing.of_turn import fence_of
from agent.models.offline.model import compose_answer
from agent.offer import offered_tools
from agent.prompts.messages import make_messages, shown_passages, versions_of
from agent.release import Material, Release
from agent.release.counts import SENTENCES
from agent.release.harmless import Disarmed, disarm, links_in
from agent.release.splitting import as_said
from agent.state import State, Turn, Update
from agent.understanding.intents import Route
from core.logging import get_logger
from core.telemetry.observing import Fact, Kind, observe

_log = get_logger(__name__)

MAX_ROUNDS = 4
"""Rounds of tool calls in one turn; then the model must answer."""

_FIXED_ROUTES = frozenset({Route.OUT_OF_SCOPE.value, Route.HANDOFF.value})


async def answer(state: State, runtime: Runtime[Turn]) -> Update:
    turn, messages = runtime.context, make_messages(state, runtime.context)
    is_ours = _is_fixed(state, turn)
    gate = Release(_material(state, turn, messages))
    disarmed = Disarmed(links := _links(state, turn))
    said: list[str] = []

    async def say(text: str, *, is_last: bool = False) -> None:
        text = disarmed.push(text) + (disarmed.finish() if is_last else "")
        if text:
            # What was said before a tool was called stands in a paragraph of its own.
            text = f"\n\n{text}" if state["answer"] and not said else text
            said.append(text)
            await turn.emit(Token(text=disarm(turn.placeholders.restore(text), links)))

    async def on_text(text: str) -> None:
        await say(text if is_ours else gate.push(text))

    async def on_cut() -> None:
        nonlocal is_ours
        is_ours = True
        gate.drop()

    chain = turn.parts.fixed if is_ours else turn.tape.model(turn.parts.models)
    reply = await chain.stream(
        messages,
        tools=_tools(state, turn),
        on_text=on_text,
        fence=fence_of(state, turn),
        allowance=turn.allowance,
        on_cut=on_cut,
    )
    with observe(Kind.GUARD, "release") as guard:
        await say(gate.finish(), is_last=True)
        guard.note(**_facts(gate))
    if gate.is_gutted and not is_ours and not reply.calls:
        await say(await _composed(messages, "".join(said), turn), is_last=True)
    _log_left_out(gate, reply.model)
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


async def _composed(messages: list[BaseMessage], said: str, turn: Turn) -> str:
    """The offline model's answer from the same evidence, in a paragraph of its own; without the lines that a customer
    has read already."""
    parts: list[str] = []

    async def keep(text: str) -> None:
        parts.append(text)

    await turn.parts.fixed.stream(messages, tools=[], on_text=keep)
    SENTENCES.add("answer", "fallback")
    known = set(map(as_said, said.splitlines()))
    lines = [line for line in "".join(parts).splitlines() if not line.strip() or as_said(line) not in known]
    text = "\n".join(lines).strip()
    return f"\n\n{text}" if text else ""


def _log_left_out(gate: Release, model: str) -> None:
    changed = {
        f"{kind}:{outcome}": number for (kind, outcome), number in gate.outcomes.items() if outcome != "released"
    }
    if changed:
        _log.warning("sentences_left_out", model=model, sentences=changed, fell_back=gate.is_gutted)


def _facts(gate: Release) -> dict[str, Fact]:
    """Of the sentences that claimed something, by what became of them; groundedness is what of them was released."""
    outcomes = Counter[str]()
    for (_, outcome), number in gate.outcomes.items():
        outcomes[outcome] += number
    claims = outcomes.total()
    grounded = {"groundedness": round(outcomes["released"] / claims, 4)} if claims else {}
    return {"claims": claims, **outcomes, "fell_back": gate.is_gutted, "passed": outcomes["dropped"] == 0, **grounded}


def _is_fixed(state: State, turn: Turn) -> bool:
    """What is proposed, what was decided, who must log in and where our business ends is never put in a model's
    words."""
    if state["is_fixed"] or state["step"] == "say":
        return True
    return state["route"] in (_FIXED_ROUTES if turn.customer_id else _FIXED_ROUTES | {Route.OPERATION.value})


def _tools(state: State, turn: Turn) -> list[dict[str, Any]]:
    return [] if state["rounds"] >= MAX_ROUNDS else [tool.schema for tool in offered_tools(state, turn)]


def _material(state: State, turn: Turn, messages: list[BaseMessage]) -> Material:
    history = state.get("history", [])
    return Material(
        today=turn.today,
        results=[returned["content"] for returned in state["returns"]],
        passages=shown_passages(state, turn),
        said_by_us=[message["content"] for message in history if message["role"] == "assistant"],
        said_by_customer=[
            state["message"],
            *(message["content"] for message in history if message["role"] == "user"),
        ],
        compose=lambda: compose_answer(messages),
        instructions=() if turn.tape.model(turn.parts.models).is_offline else turn.parts.prompts.sentences(),
    )


def _links(state: State, turn: Turn) -> frozenset[str]:
    """Where the articles lead that the answer is from."""
    return frozenset[str]().union(*(links_in(passage["text"]) for passage in shown_passages(state, turn)))


def _added(total: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: total.get(name, 0) + more.get(name, 0) for name in total | more}
