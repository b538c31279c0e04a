"""Does what the customer decided, or ends the proposal."""

from uuid import UUID

from langgraph.runtime import Runtime

from agent.dialogue import words
from agent.dialogue.outcomes import ended, handed_over
from agent.dialogue.shapes import new_dialogue
from agent.dialogue.tables import HAND_OFF
from agent.endings import decided
from agent.events import Routed
from agent.nodes.context import tool_context
from agent.state import State, Turn, Understood, Update
from agent.understanding.intents import Route
from core.errors import Conflict
from tools.operations import decide, execute
from tools.receipts import find_receipt


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
    understood = Understood(route=Route.OPERATION.value, intent=operation.type, confidence=1.0)
    first = state["first"]
    # "forget that, what's my balance?" is about the balance.
    is_beside = resolution["decision"] == "deny" and bool(state["agenda"])
    if first is None and not is_beside:
        await runtime.context.emit(Routed.model_validate(understood))
        first = understood
    is_done = operation.status == "completed"
    receipt = await find_receipt(context, operation) if is_done else None
    dialogue = ended(state.get("dialogue") or new_dialogue(), operation_id, completed=is_done)
    if is_done and operation.type == HAND_OFF and dialogue["stack"]:
        dialogue, receipt = handed_over(dialogue), f"{receipt} {words.PUT_ASIDE}"
    return {
        **understood,
        "first": first,
        "resolution": None,
        "ended": decided(operation, receipt),
        "step": "ended",
        "is_fixed": True,
        "rounds": 0,
        "told": (len(state["returns"]), len(state["passages"])),
        "words": "",
        "question": "",
        "has_asked": False,
        "asks_confirmation": False,
        "pending": pending if pending and pending["operation_id"] != operation_id else None,
        "dialogue": dialogue,
    }
