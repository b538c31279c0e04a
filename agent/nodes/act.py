"""Does what the customer decided, or ends the proposal."""

from uuid import UUID

from langgraph.runtime import Runtime

from agent.endings import decided
from agent.events import Routed
from agent.nodes.tools import tool_context
from agent.state import TURN_DEFAULTS, State, Turn, Update
from agent.understanding.intents import Route
from core.errors import Conflict
from tools.operations import decide, execute


async def act(state: State, runtime: Runtime[Turn]) -> Update:
    resolution, pending = state["resolution"], state.get("pending")
    if resolution is None:
        raise Conflict("There is nothing to confirm.")
    context, slip = tool_context(runtime.context), runtime.context.slip
    if slip is not None:
        operation = await execute(context, slip)
    else:
        operation = await decide(context, UUID(resolution["operation_id"]), resolution["decision"])
    await runtime.context.emit(Routed(route=Route.OPERATION.value, intent=operation.type, confidence=1.0))
    still_pending = pending if pending and pending["operation_id"] != resolution["operation_id"] else None
    return {
        **TURN_DEFAULTS,
        "message": state["message"],
        "ended": decided(operation),
        "pending": still_pending,
        "frame": None,
        "route": Route.OPERATION.value,
        "intent": operation.type,
        "confidence": 1.0,
    }
