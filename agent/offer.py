"""Which tools a model may call in a turn. The same answer holds when it is offered them and when it calls one."""

from agent.dialogue.shapes import new_dialogue, top
from agent.dialogue.tables import FAMILIES, PAYMENT_TOOLS
from agent.state import State, Turn
from agent.understanding.intents import Route
from tools.registry import Risk, Tool

_WITH_TOOLS = frozenset({Route.OPERATION.value, Route.FRAUD.value, Route.HANDOFF.value})


def offered_tools(state: State, turn: Turn) -> list[Tool]:
    """All that read; of those that prepare something, that of the open task, which the customer's own words began. So
    no text of a result, a memo or an article can start an operation."""
    if turn.customer_id is None or state["route"] not in _WITH_TOOLS or state["step"] not in ("call", "ask"):
        return []
    asked_for = _of_task(state)
    offered = turn.parts.registry.offered(turn.parts.scopes)
    reads = state["route"] != Route.HANDOFF.value
    return [tool for tool in offered if tool.name in asked_for or (reads and tool.risk is Risk.READ)]


def _of_task(state: State) -> tuple[str, ...]:
    task = top(state.get("dialogue") or new_dialogue())
    if task is None:
        return ()
    return FAMILIES["make_transfer"] if task["tool"] in PAYMENT_TOOLS else (task["tool"],)
