"""Runs the tool calls of a model, each checked again by the registry. A proposal is kept for the confirmation, and the
dialogue manager is told what every answer means for the open task."""

from collections.abc import Iterable
from typing import Any

from langgraph.runtime import Runtime

from agent.dialogue.desk import Desk
from agent.dialogue.guard import guarded
from agent.dialogue.outcomes import Answered, Settled, settle, withdrawn
from agent.dialogue.shapes import Dialogue, new_dialogue, top
from agent.dialogue.tables import OWN_YES
from agent.events import ToolCalled, ToolReturned
from agent.messages import ToolCall, ToolReturn
from agent.nodes.context import call_tool
from agent.nodes.desk import desk_of, withdraw
from agent.offer import offered_tools
from agent.state import Resolution, State, Turn, Update
from agent.understanding.surface import on_one_line
from tools.registry import Proposed, Result, Risk, ToolOutcome


async def tools(state: State, runtime: Runtime[Turn]) -> Update:
    turn, desk = runtime.context, desk_of(state, runtime.context)
    returns, dialogue = list(state["returns"]), state.get("dialogue") or new_dialogue()
    changes: Update = {}
    for proposed_call in state["calls"]:
        dialogue, call = _checked(proposed_call, dialogue, state, turn)
        outcome = await _run(call, state, turn)
        returns.append(_returned(call, outcome, state, turn))
        if isinstance(outcome.result, Proposed):
            dialogue = await _replace(changes.get("pending") or state.get("pending"), outcome.result, dialogue, turn)
            changes["pending"] = outcome.result.model_dump(exclude={"status"}) | {"just_asked": True}
            changes |= _asked_of_the_customer(outcome.result, state)
        settled = settle(dialogue, call["name"], _answered(outcome, call, desk, turn), desk)
        dialogue = settled.dialogue
        changes |= _said(settled, call["name"])
    return changes | {"returns": returns, "calls": [], "dialogue": dialogue}


def _asked_of_the_customer(proposed: Proposed, state: State) -> Update:
    """A confirmation; none where the customer's message was a yes already. A code is never done without."""
    if state["is_agreed"] and proposed.type in OWN_YES and not proposed.step_up:
        return {"resolution": Resolution(operation_id=proposed.operation_id, decision="approve")}
    return {"asks_confirmation": True, "is_fixed": True, "has_asked": True}


def _checked(call: ToolCall, dialogue: Dialogue, state: State, turn: Turn) -> tuple[Dialogue, ToolCall]:
    """What a model wants to prepare, with what the customer said about it."""
    tool = turn.parts.registry.find(call["name"])
    if tool is None or tool.risk is Risk.READ or top(dialogue) is None:
        return dialogue, call
    said = [message["content"] for message in state.get("history", []) if message["role"] == "user"]
    said = [on_one_line(text) for text in (*said, state["message"])]
    dialogue, name, arguments = guarded(dialogue, call["name"], call["arguments"], said, desk_of(state, turn))
    return dialogue, ToolCall(id=call["id"], name=name, arguments=arguments)


def _said(settled: Settled, tool: str) -> Update:
    """What the manager says about it, in place of the model. An open question is never put twice."""
    task = top(settled.dialogue)
    if task is None or task["tool"] != tool or not task["asks"]:
        return {}
    return {
        "words": settled.instead or "",
        "question": settled.question or "",
        "is_fixed": True,
        "has_asked": True,
    }


async def _replace(earlier: dict[str, Any] | None, proposed: Proposed, dialogue: Dialogue, turn: Turn) -> Dialogue:
    """At most one proposal waits in a conversation, so that a "yes" can mean only one thing."""
    if not earlier or earlier["operation_id"] == proposed.operation_id:
        return dialogue
    await withdraw([earlier["operation_id"]], turn)
    return withdrawn(dialogue, earlier["operation_id"])


def _answered(outcome: ToolOutcome, call: ToolCall, desk: Desk, turn: Turn) -> Answered:
    if outcome.result is not None:
        return Answered(outcome.result.model_dump(mode="json"))
    spec = desk.specs.get(call["name"])
    return Answered(None, outcome.error_code, spec.faults(_restored(call["arguments"], turn)) if spec else ())


async def _run(call: ToolCall, state: State, turn: Turn) -> ToolOutcome:
    offered = {tool.name: tool for tool in offered_tools(state, turn)}
    title = offered[call["name"]].title if call["name"] in offered else call["name"]
    await turn.emit(ToolCalled(id=call["id"], name=call["name"], title=title, arguments=call["arguments"]))
    if call["name"] in offered:
        outcome = await call_tool(call["name"], _restored(call["arguments"], turn), turn)
    else:
        outcome = ToolOutcome(call["name"], error=_no_such_tool(call["name"], offered))
    await turn.emit(ToolReturned(id=call["id"], name=call["name"], title=title, ok=outcome.result is not None))
    return outcome


def _no_such_tool(name: str, offered: Iterable[str]) -> str:
    return f"There is no tool {name!r} for this request. Tools: {', '.join(offered) or 'none'}."


def _restored(arguments: dict[str, Any], turn: Turn) -> dict[str, Any]:
    """The arguments with the customer's own data where a model saw placeholders."""
    return {
        name: turn.placeholders.restore(value) if isinstance(value, str) else value for name, value in arguments.items()
    }


def _returned(call: ToolCall, outcome: ToolOutcome, state: State, turn: Turn) -> ToolReturn:
    _hide_private(outcome.result, turn)
    content = outcome.result.model_dump_json() if outcome.result else str(outcome.error)
    return ToolReturn(
        round=state["rounds"],
        id=call["id"],
        name=call["name"],
        arguments=call["arguments"],
        content=turn.placeholders.conceal(content),
        ok=outcome.result is not None,
    )


def _hide_private(result: Result | None, turn: Turn) -> None:
    """Gives what no model may see a placeholder, which the owner's stream puts back."""
    for field, kind in result.PRIVATE.items() if result else ():
        if value := getattr(result, field):
            turn.placeholders.hide(kind, value)
