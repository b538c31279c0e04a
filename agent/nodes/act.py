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
from agent.replay.tape import codec_of
from agent.state import Resolution, State, Turn, Understood, Update
from agent.understanding.intents import Route
from core.errors import Conflict
from tools.operations import Operation, decide, execute
from tools.receipts import find_receipt
from tools.registry import ToolContext


async def act(state: State, runtime: Runtime[Turn]) -> Update:
    resolution, pending = state["resolution"], state.get("pending")
    if resolution is None:
        raise Conflict("There is nothing to confirm.")
    operation_id = resolution["operation_id"]
    runtime.context.tape.begin(state)
    context = tool_context(runtime.context)
    operation = await _decided(resolution, runtime.context)
    # A payee may have come.
    runtime.context.own = None
    understood = Understood(route=Route.OPERATION.value, intent=operation.type, confidence=1.0)
    first = state["first"]
    # "forget that, what's my balance?" is about the balance.
    is_beside = resolution["decision"] == "deny" and bool(state["agenda"])
    if first is None and not is_beside:
        await runtime.context.emit(Routed.model_validate(understood))
        first = understood
    is_done = operation.status == "completed"
    receipt = await _receipt(context, operation, runtime.context) if is_done else None
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


async def _decided(resolution: Resolution, turn: Turn) -> Operation:
    context, slip = tool_context(turn), turn.slip

    async def run() -> Operation:
        if slip is not None:
            return await execute(context, slip)
        return await decide(context, UUID(resolution["operation_id"]), resolution["decision"])

    return await turn.tape.through("decide", resolution, run, codec_of(Operation))


async def _receipt(context: ToolContext, operation: Operation, turn: Turn) -> str | None:
    asked = {"operation_id": str(operation.id)}
    return await turn.tape.through("receipt", asked, lambda: find_receipt(context, operation), codec_of(str | None))
