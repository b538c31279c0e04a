"""Which tools a model may call in a turn. The same answer holds when it is offered them and when it calls one."""

from agent.state import State, Turn
from agent.understanding.intents import Route
from agent.understanding.tasks import TOOLS_OF_INTENT
from tools.registry import Risk, Tool

_WITH_TOOLS = frozenset({Route.OPERATION.value, Route.FRAUD.value})


def offered_tools(state: State, turn: Turn) -> list[Tool]:
    """All that read; of those that prepare something, those that the customer's own words asked for. So no text of a
    result, a memo or an article can start an operation."""
    if turn.customer_id is None or state["route"] not in _WITH_TOOLS or state["ended"] or state["passages"]:
        return []
    asked_for = TOOLS_OF_INTENT.get(state["intent"], ())
    offered = turn.parts.registry.offered(turn.parts.scopes)
    return [tool for tool in offered if tool.risk is Risk.READ or tool.name in asked_for]
