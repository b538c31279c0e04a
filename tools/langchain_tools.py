"""The tools as LangChain tools, for an agent that is not ours: each with our argument class as its schema and
``Registry.call`` behind it, on behalf of the customer of one context.

LangChain's own validation is passed by: it drops what an agent sends to a tool without arguments, a forged
``customer_id`` too, and echoes values.
"""

from typing import Any

from langchain_core.tools import StructuredTool, ToolException
from pydantic import ValidationError

from core.errors import TellergraphError
from tools.registry import Document, Registry, Result, Tool, ToolContext


class BankTool(StructuredTool):
    """Hands its arguments on as they came. Its message is the result's JSON, without a document's content; its artifact
    is the result."""

    def _to_args_and_kwargs(
        self,
        tool_input: str | dict[str, Any],
        tool_call_id: str | None,  # noqa: ARG002
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        return (), {"arguments": tool_input}


def langchain_tools(registry: Registry, context: ToolContext, scopes: frozenset[str]) -> list[StructuredTool]:
    """Those that these scopes allow, bound to the context's customer and moment: make them anew for each request.

    What no other arguments would help, a fault of ours or an unavailable service, is raised.
    """
    return [_bound(tool, registry, context, scopes) for tool in registry.offered(scopes)]


def _bound(tool: Tool, registry: Registry, context: ToolContext, scopes: frozenset[str]) -> StructuredTool:
    async def call(arguments: dict[str, Any]) -> tuple[str, Result]:
        try:
            outcome = await registry.call(tool.name, arguments, context=context, scopes=scopes)
        except ValidationError as error:  # inside the tool; LangGraph would tell the model that its arguments are wrong
            raise TellergraphError("Something went wrong on our side.") from error
        if outcome.result is None:
            raise ToolException(outcome.error)
        left_out = {"content"} if isinstance(outcome.result, Document) else None
        return outcome.result.model_dump_json(exclude=left_out), outcome.result

    return BankTool(
        name=tool.name,
        description=tool.description,
        args_schema=tool.arguments,
        coroutine=call,
        response_format="content_and_artifact",
        handle_tool_error=True,
        metadata={"title": tool.title, "risk": tool.risk.value},
    )
