"""On whose behalf a node calls tools."""

from dataclasses import replace
from typing import Any

from agent.replay.outcomes import OutcomeCodec
from agent.state import Turn
from core.errors import Forbidden
from tools.registry import ToolContext, ToolOutcome


def tool_context(turn: Turn) -> ToolContext:
    """Raises Forbidden for a visitor: the graph offers no tools then."""
    if turn.customer_id is None:
        raise Forbidden("Please log in first.")
    return ToolContext(
        turn.parts.bank, turn.customer_id, turn.now, turn.turn_id, turn.initiated_by, said=(turn.raw_message,)
    )


async def call_tool(name: str, arguments: dict[str, Any], turn: Turn, *, is_noted: bool = True) -> ToolOutcome:
    """As ``Registry.call``, by the turn's customer."""
    registry, context = turn.parts.registry, replace(tool_context(turn), is_noted=is_noted)
    return await turn.tape.through(
        "tool",
        {"name": name, "arguments": arguments},
        lambda: registry.call(name, arguments, context=context, scopes=turn.parts.scopes),
        OutcomeCodec(registry),
    )
