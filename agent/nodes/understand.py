"""One encoder pass gives route, intent and the vector for retrieval; patterns give the slots."""

import asyncio
import re
from typing import Any

from langgraph.runtime import Runtime

from agent.events import Routed
from agent.state import Frame, State, Turn, Update
from agent.understanding.intents import OwnIntent, Route
from agent.understanding.payments import find_payment
from agent.understanding.slots import find_slots, is_follow_up
from agent.understanding.tasks import find_tool
from knowledge.embed import Vectors

_PAYMENTS = frozenset(
    {OwnIntent.MAKE_TRANSFER, OwnIntent.ADD_PAYEE, OwnIntent.CREATE_STANDING_ORDER, OwnIntent.CHANGE_STANDING_ORDER}
)
_CLEAR = 0.9
"""Confidence from which a message is a request of its own, even if it would also answer an open question."""
_SHORT = 6
"""Words up to which a message may be an answer or a follow-up rather than a request of its own."""


async def understand(state: State, runtime: Runtime[Turn]) -> Update:
    turn, message = runtime.context, state["message"]
    parts = turn.parts
    vector = await asyncio.get_running_loop().run_in_executor(parts.encoder_threads, _encode, turn, message)
    understood = parts.heads.predict(vector)
    route, intent, confidence = understood.route.value, understood.intent, understood.intent_confidence
    frame = state.get("frame")
    slots = find_slots(message, turn.today)
    if intent in _PAYMENTS or (frame and frame["intent"] in _PAYMENTS and frame["asks"]):
        # "to savings" is no account that the money comes from.
        others = {name: value for name, value in slots.items() if name != "account"}
        slots = others | find_payment(message, frame["asks"] if frame else None)
    other_request = route == Route.OPERATION and frame and intent != frame["intent"] and confidence >= _CLEAR
    if frame and not other_request and (continued := _continued(frame, message, slots)):
        route, intent, confidence, slots = Route.OPERATION.value, frame["intent"], 1.0, continued
        tool = frame["tool"]
    else:
        tool = find_tool(intent, message, slots)
    await turn.emit(Routed(route=route, intent=intent, confidence=round(confidence, 4)))
    return {
        "route": route,
        "intent": intent,
        "confidence": round(confidence, 4),
        "slots": slots,
        "tool": tool,
        "asks": _missing(tool, slots, turn) if turn.customer_id else None,
        "vector": vector.tobytes(),
        "frame": Frame(intent=intent, tool=tool, slots=slots, asks=None) if route == Route.OPERATION else frame,
    }


def _missing(tool: str | None, slots: dict[str, Any], turn: Turn) -> str | None:
    """The first slot that the tool cannot do without and that nobody has named."""
    found = turn.parts.registry.find(tool) if tool else None
    fields = found.arguments.model_fields if found else {}
    return next((name for name, field in fields.items() if field.is_required() and not slots.get(name)), None)


def _encode(turn: Turn, message: str) -> Vectors:
    return turn.parts.encoder.encode([message])[0]


def _continued(frame: Frame, message: str, slots: dict[str, Any]) -> dict[str, Any] | None:
    """The slots of the last operation as this message continues it; None if the message stands by itself."""
    if len(message.split()) > _SHORT:
        return None
    if frame["asks"] == "card" and "card" not in slots and (digits := re.search(r"(?<!\d)\d{4}(?!\d)", message)):
        slots = slots | {"card": digits[0]}
    answers = frame["asks"] is not None and frame["asks"] in slots
    if answers or (slots and is_follow_up(message)):
        return frame["slots"] | slots
    return None
