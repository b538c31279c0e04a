"""The one place that every node passes: told to those who watch (core/telemetry/observing.py)."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, cast

from langgraph.errors import GraphInterrupt
from langgraph.types import Command

from agent.state import State, Update
from core.telemetry.observing import Kind, observe

Node = Callable[..., Coroutine[Any, Any, Update]]
After = Callable[[State], str]

_TOLD = ("route", "intent", "confidence", "step", "tool", "model", "prompt", "rounds")
"""What of a node's changes is the product's own vocabulary."""


def observed(node: Node, after: After) -> Callable[..., Coroutine[Any, Any, Command[str]]]:
    """The node, which then says what comes next. One that stops for the customer's decision has not failed."""

    @wraps(node)
    async def run(state: State, *given: Any, **named: Any) -> Command[str]:
        with observe(Kind.NODE, node.__name__) as observation:
            try:
                changes = await node(state, *given, **named)
            except GraphInterrupt:
                observation.note(outcome="waits")
                observation.end()
                raise
            observation.note(**_facts(changes))
            return Command(update=changes, goto=after(cast(State, {**state, **changes})))

    return run


def _facts(changes: Update) -> dict[str, Any]:
    return {name: changes[name] for name in _TOLD if changes.get(name)}
