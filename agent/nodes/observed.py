"""The one place that every node passes: told to those who watch (core/telemetry/observing.py)."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from langgraph.errors import GraphInterrupt

from agent.state import Update
from core.telemetry.observing import Kind, observe

Node = Callable[..., Coroutine[Any, Any, Update]]

_TOLD = ("route", "intent", "confidence", "step", "tool", "model", "prompt", "rounds")
"""What of a node's changes is the product's own vocabulary."""


def observed(node: Node) -> Node:
    """A node that stops for the customer's decision has not failed."""

    @wraps(node)
    async def run(*given: Any, **named: Any) -> Update:
        with observe(Kind.NODE, node.__name__) as observation:
            try:
                changes = await node(*given, **named)
            except GraphInterrupt:
                observation.note(outcome="waits")
                observation.end()
                raise
            observation.note(**_facts(changes))
            return changes

    return run


def _facts(changes: Update) -> dict[str, Any]:
    return {name: changes[name] for name in _TOLD if changes.get(name)}
