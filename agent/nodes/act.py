"""Does what the customer decided, or ends the proposal."""

from uuid import UUID

from langgraph.runtime import Runtime

from agent.dialogue.outcomes import ended
from agent.dialogue.shapes import new_dialogue
from agent.endings import decided
from agent.events import Routed
from agent.nodes.context import tool_context
from agent.state import TURN_DEFAULTS, State, Turn, Understood, Update
from agent.understanding.intents import Route
from core.errors import Conflict
from tools.operations import decide, execute


async def act(state: State, runtime: Runtime[Turn]) -> Update:
    resolution, pending = state["resolution"], state.get("pending")
    if resolution is None:
        raise Conflict("There is nothing to confirm.")
    operation_id = resolution["operation_id"]
    context, slip = tool_context(runtime.context), runtime.context.slip
    if slip is not None:
        operation = await execute(context, slip)
    else:
        operation = await decide(context, UUID(operation_id), resolution["decision"])
    first = Understood(route=Route.OPERATION.value, intent=operation.type, confidence=1.0)
    # "forget that, what's my balance?" is about the balance.
    is_beside = resolution["decision"] == "deny" and bool(state["agenda"])
    if not is_beside:
        await runtime.context.emit(Routed.model_validate(first))
    dialogue = ended(state.get("dialogue") or new_dialogue(), operation_id, completed=operation.status == "completed")
    return {
        **TURN_DEFAULTS,
        **first,
        "first": None if is_beside else first,
        "message": state["message"],
        "agenda": state["agenda"],
        "ended": decided(operation),
        "step": "ended",
        "is_fixed": True,
        "pending": pending if pending and pending["operation_id"] != operation_id else None,
        "dialogue": dialogue,
    }
