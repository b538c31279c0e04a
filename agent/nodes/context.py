"""On whose behalf a node calls tools."""

from agent.state import Turn
from core.errors import Forbidden
from tools.registry import ToolContext


def tool_context(turn: Turn) -> ToolContext:
    """Raises Forbidden for a visitor: the graph offers no tools then."""
    if turn.customer_id is None:
        raise Forbidden("Please log in first.")
    return ToolContext(
        turn.parts.bank, turn.customer_id, turn.now, turn.turn_id, turn.initiated_by, said=(turn.raw_message,)
    )
