"""Answers a yes that cannot count, from a door where nothing can be confirmed or to a proposal that needs a code: says
how the proposal stands, and changes nothing."""

from datetime import datetime
from uuid import UUID

from langgraph.runtime import Runtime

from agent.dialogue.outcomes import ended
from agent.dialogue.shapes import new_dialogue
from agent.endings import decided
from agent.events import Routed, Token
from agent.nodes.context import tool_context
from agent.release.harmless import disarm
from agent.replay.tape import codec_of
from agent.state import State, Turn, Understood, Update
from agent.understanding.intents import OwnIntent, Route
from tools.operations import Operation, get_operation

_WITH_CODE = " It needs the security code, which is entered with the confirmation: never write a code into a message."
_YES_TO_NOTHING = (
    "This conversation begins with your yes, so I cannot tell what you mean, and nothing has changed. If I prepared "
    "something for you before, it waits in the app for you to confirm it."
)


async def refer(state: State, runtime: Runtime[Turn]) -> Update:
    turn, pending = runtime.context, state.get("pending")
    if pending is None:
        understood = _understood(Route.SMALL_TALK, OwnIntent.ACKNOWLEDGEMENT)
        return understood | await _say(_YES_TO_NOTHING, understood, turn) | {"asks_confirmation": False}
    # As it stands now: it may have been decided without this conversation.
    operation_id = pending["operation_id"]
    operation: Operation = await turn.tape.through(
        "operation",
        {"operation_id": operation_id},
        lambda: get_operation(tool_context(turn), UUID(operation_id)),
        codec_of(Operation),
    )
    understood = _understood(Route.OPERATION, operation.type)
    if operation.status == "pending" and datetime.fromisoformat(pending["expires_at"]) > turn.now:
        code = _WITH_CODE if operation.step_up else ""
        said = f"{operation.summary}: this still waits for your confirmation.{code} Nothing has changed yet."
        return understood | await _say(said, understood, turn)
    await turn.emit(Routed.model_validate(understood["first"]))
    over = decided(operation)
    if operation.status == "pending":
        over["status"] = "expired"
    dialogue = ended(state.get("dialogue") or new_dialogue(), pending["operation_id"], completed=False)
    return understood | {
        "ended": over,
        "step": "ended",
        "is_fixed": True,
        "pending": None,
        "dialogue": dialogue,
        "asks_confirmation": False,
    }


def _understood(route: Route, intent: str) -> Update:
    first = Understood(route=route.value, intent=str(intent), confidence=1.0)
    return {**first, "first": first}


async def _say(text: str, understood: Update, turn: Turn) -> Update:
    text = disarm(text)
    await turn.emit(Routed.model_validate(understood["first"]))
    await turn.emit(Token(text=text))
    return {"answer": text, "model": "offline", "has_asked": True, "asks_confirmation": True}
