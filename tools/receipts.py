"""What a customer is told after an operation was carried out, where "done" is not enough: a reference, and what comes
next."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from tools.operations import Operation
from tools.registry import ToolContext
from tools.service.handoff import read_receipt

_RECEIPTS: Mapping[str, Callable[[ToolContext, UUID], Awaitable[str]]] = {"request_handoff": read_receipt}


async def find_receipt(context: ToolContext, operation: Operation) -> str | None:
    """Of a completed operation; None where its summary says it all."""
    read = _RECEIPTS.get(operation.type)
    return await read(context, operation.id) if read else None
