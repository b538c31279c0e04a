"""Answers a yes from a door where nothing can be confirmed: says how the proposal stands, and changes nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from langgraph.runtime import Runtime

from agent.events import Routed, Token
from agent.nodes.tools import tool_context
from agent.state import State, Turn, Update
from agent.understanding.intents import Route
from tools.operations import Operation
from tools.queries import QUERIES


async def refer(state: State, runtime: Runtime[Turn]) -> Update:
    turn, pending = runtime.context, state.get("pending") or {}
    operation = await _stored(turn, UUID(pending["operation_id"]))
    understood = {"route": Route.OPERATION.value, "intent": operation.type, "confidence": 1.0}
    await turn.emit(Routed.model_validate(understood))
    is_over = datetime.fromisoformat(pending["expires_at"]) <= turn.now
    if operation.status != "pending" or is_over:
        status = "expired" if operation.status == "pending" else operation.status
        return understood | {"ended": _ended(operation, status), "pending": None, "asks_confirmation": False}
    said = f"{operation.summary}: this still waits for your confirmation. Nothing has changed yet."
    await turn.emit(Token(text=said))
    return understood | {"answer": said, "model": "offline"}


async def _stored(turn: Turn, operation_id: UUID) -> Operation:
    """As it stands now: it may have been decided without this conversation."""
    context = tool_context(turn)
    key = {"operation_id": operation_id, "customer_id": context.customer_id}
    async with context.database.reading(context.scope) as db:
        return await db.get(Operation, QUERIES["get_operation"], key)


def _ended(operation: Operation, status: str) -> dict[str, Any]:
    return {
        "operation_id": str(operation.id),
        "type": operation.type,
        "status": status,
        "summary": operation.summary,
        "error": operation.error,
    }
