"""Takes personal data and secrets out of the message, and sees a plain yes or no to a pending proposal."""

from datetime import datetime

from langgraph.runtime import Runtime

from agent.state import Resolution, State, Turn, Update
from agent.understanding.slots import find_answer
from core.security.pii import mask


async def screen(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    # A placeholder of an earlier turn must not come to mean something else in this one.
    turn.placeholders.reserve(message["content"] for message in state.get("history", []))
    message = mask(turn.raw_message, turn.placeholders)
    pending = state.get("pending")
    answer = find_answer(message, just_asked=bool(pending and pending["just_asked"]))
    # A yes that begins a conversation answers nothing that we asked in it.
    if answer == "approve" and not turn.takes_a_yes and (pending or not state.get("history")):
        return {"message": message, "asks_confirmation": True}
    if pending is None:
        return {"message": message}
    if answer == "approve" and pending["step_up"]:
        return {"message": message, "asks_confirmation": True}
    if answer is not None:
        return {
            "message": message,
            "resolution": Resolution(operation_id=pending["operation_id"], decision=answer),
        }
    is_over = datetime.fromisoformat(pending["expires_at"]) <= turn.now
    return {"message": message, "pending": None if is_over else pending}
