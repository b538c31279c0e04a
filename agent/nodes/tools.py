"""Runs the tool calls of a model, each checked again by the registry. A proposal is kept for the confirmation."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from langgraph.runtime import Runtime

from agent.events import ToolCalled, ToolReturned
from agent.messages import ToolCall, ToolReturn
from agent.offer import offered_tools
from agent.state import State, Turn, Update
from core.errors import Forbidden
from tools.operations import decide
from tools.registry import Proposed, Result, ToolContext, ToolOutcome


async def tools(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    returns = list(state["returns"])
    changes: Update = {}
    for call in state["calls"]:
        outcome = await _run(call, state, turn)
        returns.append(_returned(call, outcome, state, turn))
        if isinstance(outcome.result, Proposed):
            await _withdraw(changes.get("pending") or state.get("pending"), outcome.result, turn)
            changes["pending"] = outcome.result.model_dump(exclude={"status"}) | {"just_asked": True}
            changes["asks_confirmation"] = True
        changes["asks"] = _asked_slot(outcome)
    return changes | {"returns": returns, "calls": []}


async def _withdraw(earlier: dict[str, Any] | None, proposed: Proposed, turn: Turn) -> None:
    """At most one proposal waits in a conversation, so that a "yes" can mean only one thing."""
    if earlier and earlier["operation_id"] != proposed.operation_id:
        await decide(tool_context(turn), UUID(earlier["operation_id"]), "deny")


async def _run(call: ToolCall, state: State, turn: Turn) -> ToolOutcome:
    offered = {tool.name: tool for tool in offered_tools(state, turn)}
    title = offered[call["name"]].title if call["name"] in offered else call["name"]
    await turn.emit(ToolCalled(id=call["id"], name=call["name"], title=title, arguments=call["arguments"]))
    if call["name"] in offered:
        outcome = await turn.parts.registry.call(
            call["name"], _restored(call["arguments"], turn), context=tool_context(turn), scopes=turn.parts.scopes
        )
    else:
        outcome = ToolOutcome(call["name"], error=_no_such_tool(call["name"], offered))
    await turn.emit(ToolReturned(id=call["id"], name=call["name"], title=title, ok=outcome.result is not None))
    return outcome


def _no_such_tool(name: str, offered: Iterable[str]) -> str:
    return f"There is no tool {name!r} for this request. Tools: {', '.join(offered) or 'none'}."


def tool_context(turn: Turn) -> ToolContext:
    """Raises Forbidden for a visitor: the graph offers no tools then."""
    if turn.customer_id is None:
        raise Forbidden("Please log in first.")
    return ToolContext(turn.parts.bank, turn.customer_id, turn.now, turn.turn_id, turn.initiated_by)


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


def _asked_slot(outcome: ToolOutcome) -> str | None:
    """The slot that a result leaves open: ``card_unclear`` asks for the card."""
    status = str(getattr(outcome.result, "status", ""))
    return status.removesuffix("_unclear") if status.endswith("_unclear") else None
