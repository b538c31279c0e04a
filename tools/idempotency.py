"""A request that is sent again under its caller's own key, over REST or MCP, is answered as the first time: the key
stands for a tool and its arguments, whatever became of the operation since."""

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import orjson

from core.errors import CallerError, Refused
from tools.operations import find_proposal
from tools.registry import Arguments, Refusal, Result, Risk, Tool, ToolContext

KEY_PATTERN = r"^[\x20-\x7e]{1,128}$"
"""1 to 128 printable ASCII characters."""


def request_hash(tool: Tool, arguments: Arguments) -> str:
    """The same for the same tool and arguments, however they were written."""
    meant = orjson.dumps(arguments.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return sha256(f"{tool.name} ".encode() + meant).hexdigest()


async def perform_once(tool: Tool, context: ToolContext, arguments: Arguments) -> Result:
    """As ``Tool.perform``, once for the context's idempotency key where a tool prepares something.

    Raises:
        Conflict: the key stands for another request.
    """
    if tool.risk is Risk.READ or context.idempotency_key is None:
        return await tool.perform(context, arguments)
    context = replace(context, request_hash=request_hash(tool, arguments))
    earlier = await find_proposal(context)
    if earlier is not None:
        if earlier.step_up:
            # Once for each operation; the first request may have been cut off before that.
            await context.step_up.issue(context, UUID(earlier.operation_id))
        return earlier
    # What refuses the request may be its own doing: answered and confirmed a moment ago, while this one looked.
    try:
        result = await tool.perform(context, arguments)
    except (CallerError, Refused):
        if (earlier := await find_proposal(context)) is None:
            raise
        return earlier
    if isinstance(result, Refusal):
        return await find_proposal(context) or result
    return result
