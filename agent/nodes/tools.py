"""Runs the tool calls of a model, each checked again by the registry. A proposal is kept for the confirmation."""

from typing import Any
from uuid import UUID

from langgraph.runtime import Runtime

from agent.events import ToolCalled, ToolReturned
from agent.messages import ToolCall, ToolReturn
from agent.state import State, Turn, Update
from core.errors import Forbidden
from tools.operations import Proposed, decide
from tools.registry import ToolContext, ToolOutcome


async def tools(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    returns = list(state["returns"])
    changes: Update = {}
    for call in state["calls"]:
        outcome = await _run(call, turn)
        returns.append(_returned(call, outcome))
        if isinstance(outcome.result, Proposed):
            await _withdraw(changes.get("pending") or state.get("pending"), outcome.result, turn)
            changes["pending"] = outcome.result.model_dump(exclude={"status"})
            changes["asks_confirmation"] = True
        changes["asks"] = _asked_slot(outcome)
    return changes | {"returns": returns, "calls": []}


async def _withdraw(earlier: dict[str, Any] | None, proposed: Proposed, turn: Turn) -> None:
    """At most one proposal waits in a conversation, so that a "yes" can mean only one thing."""
    if earlier and earlier["operation_id"] != proposed.operation_id:
        await decide(tool_context(turn), UUID(earlier["operation_id"]), "deny")


async def _run(call: ToolCall, turn: Turn) -> ToolOutcome:
    title = tool.title if (tool := turn.parts.registry.find(call["name"])) else call["name"]
    await turn.emit(ToolCalled(id=call["id"], name=call["name"], title=title, arguments=call["arguments"]))
    outcome = await turn.parts.registry.call(
        call["name"], _restored(call["arguments"], turn), context=tool_context(turn), scopes=turn.parts.scopes
    )
    await turn.emit(ToolReturned(id=call["id"], name=call["name"], title=title, ok=outcome.result is not None))
    return outcome


def tool_context(turn: Turn) -> ToolContext:
    """Raises Forbidden for a visitor: the graph offers no tools then."""
    if turn.customer_id is None:
        raise Forbidden("Please log in first.")
    return ToolContext(turn.parts.database, turn.customer_id, turn.now, turn.turn_id)


def _restored(arguments: dict[str, Any], turn: Turn) -> dict[str, Any]:
    """The arguments with the customer's own data where a model saw placeholders."""
    return {
        name: turn.placeholders.restore(value) if isinstance(value, str) else value for name, value in arguments.items()
    }


def _returned(call: ToolCall, outcome: ToolOutcome) -> ToolReturn:
    return ToolReturn(
        id=call["id"],
        name=call["name"],
        arguments=call["arguments"],
        content=outcome.result.model_dump_json() if outcome.result else str(outcome.error),
        ok=outcome.result is not None,
    )


def _asked_slot(outcome: ToolOutcome) -> str | None:
    """The slot that a result leaves open: ``card_unclear`` asks for the card."""
    status = str(getattr(outcome.result, "status", ""))
    return status.removesuffix("_unclear") if status.endswith("_unclear") else None
