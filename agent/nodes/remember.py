"""Writes down how the turn ended and leaves only the conversation in the state."""

from langgraph.runtime import Runtime

from agent.dialogue.shapes import new_dialogue, top
from agent.dialogue.tables import SHOWN_AS
from agent.events import DecidedOperation
from agent.messages import Message
from agent.nodes.kept import seal
from agent.nodes.verify import citation
from agent.state import HISTORY_LIMIT, State, Turn, TurnRecord, Understood, Update
from agent.suggestions import suggest


async def remember(state: State, runtime: Runtime[Turn]) -> Update:
    turn, pending = runtime.context, state.get("pending")
    dialogue = state.get("dialogue") or new_dialogue()
    task = top(dialogue)
    slot = task["asks"] if task else None
    asks = SHOWN_AS.get(slot, slot) if slot else None
    first = state["first"] or Understood(route=state["route"], intent=state["intent"], confidence=state["confidence"])
    turn.record = TurnRecord(
        message=state["message"],
        answer=state["answer"],
        route=first["route"],
        intent=first["intent"],
        confidence=first["confidence"],
        citations=[citation(number, state["passages"][number - 1]) for number in state["cited"]],
        tool_calls=[done["name"] for done in state["returns"]],
        operation=DecidedOperation.model_validate(state["ended"]) if state["ended"] else None,
        suggested_next_steps=suggest(state, first, is_waiting=task is not None, signed_in=turn.customer_id is not None),
        task=task["tool"] if task else None,
        asks=asks,
        usage=state["usage"],
        model=state["model"],
        prompt=state["prompt"],
        vector=state["vector"] or b"",
        notices=turn.allowance.notices,
    )
    said: list[Message] = [{"role": "user", "content": state["message"]}] if state["message"] else []
    said.append({"role": "assistant", "content": state["answer"]})
    return {
        "history": [*state.get("history", []), *said][-HISTORY_LIMIT:],
        "pending": pending and pending | {"just_asked": state["asks_confirmation"] and state["has_asked"]},
        "sealed": seal(dialogue, turn),
        "agenda": [],
        "message": "",
        "said": "",
        "words": "",
        "question": "",
        "vector": None,
        "passages": [],
        "returns": [],
    }
