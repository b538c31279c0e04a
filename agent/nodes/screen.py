"""Takes personal data and secrets out of the message, and sees a plain yes or no to a pending proposal."""

from langgraph.runtime import Runtime

from agent.state import Resolution, State, Turn, Update
from agent.understanding.slots import find_answer
from core.security.pii import mask


async def screen(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    message = mask(turn.raw_message, turn.placeholders)
    pending = state.get("pending")
    answer = find_answer(message) if pending and not pending["step_up"] else None
    if pending is None or answer is None:
        return {"message": message}
    return {"message": message, "resolution": Resolution(operation_id=pending["operation_id"], decision=answer)}
