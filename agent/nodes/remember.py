"""Writes down how the turn ended and leaves only the conversation in the state."""

from langgraph.runtime import Runtime

from agent.events import DecidedOperation
from agent.messages import Message
from agent.nodes.verify import citation
from agent.state import HISTORY_LIMIT, Frame, State, Turn, TurnRecord, Update
from agent.suggestions import suggest
from agent.understanding.intents import OwnIntent, Route


async def remember(state: State, runtime: Runtime[Turn]) -> Update:
    turn, pending = runtime.context, state.get("pending")
    frame = _open_task(state)
    asks = frame["asks"] if frame else None
    turn.record = TurnRecord(
        message=state["message"],
        answer=state["answer"],
        route=state["route"],
        intent=state["intent"],
        confidence=state["confidence"],
        citations=[citation(number, state["passages"][number - 1]) for number in state["cited"]],
        tool_calls=[done["name"] for done in state["returns"]],
        operation=DecidedOperation.model_validate(state["ended"]) if state["ended"] else None,
        suggested_next_steps=suggest(state, signed_in=turn.customer_id is not None),
        task=pending["type"] if pending else (frame["intent"] if frame and asks else None),
        asks=asks,
        usage=state["usage"],
        model=state["model"],
    )
    said: list[Message] = [{"role": "user", "content": state["message"]}] if state["message"] else []
    said.append({"role": "assistant", "content": state["answer"]})
    return {
        "history": [*state.get("history", []), *said][-HISTORY_LIMIT:],
        "frame": frame,
        "pending": pending and pending | {"just_asked": state["asks_confirmation"]},
        "message": "",
        "vector": b"",
        "passages": [],
        "returns": [],
    }


def _open_task(state: State) -> Frame | None:
    """The operation that a follow-up continues. A question that it asked stays open through a digression."""
    frame = state.get("frame")
    if frame is None or state["intent"] == OwnIntent.ACKNOWLEDGEMENT:
        return None
    is_operation = state["route"] == Route.OPERATION
    return {**frame, "asks": state["asks"] if is_operation else frame["asks"]}
