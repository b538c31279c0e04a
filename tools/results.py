"""What a tool may return, for whoever describes it: OpenAPI (api/tool_schema.py), MCP (tools/mcp_server.py) and
docs/generate.py. A tool names its results in its return annotation: ``-> Cards | CardUnclear``.
"""

from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from tools.registry import Document, Refusal, Result, Tool, Unclear

_BASES = (Result, Refusal, Unclear)


def results_of(tool: Tool) -> list[type[Result]]:
    """Successes first, each in the order of the annotation.

    Raises:
        ValueError: the annotation names none, or only a base of results.
    """
    annotation = get_type_hints(tool.run).get("return", Result)
    kinds = _members(annotation)
    if set(kinds) & set(_BASES):
        raise ValueError(f"{tool.name} must name its results in its return annotation")
    return sorted(kinds, key=lambda kind: issubclass(kind, Refusal))


def successes_of(tool: Tool) -> list[type[Result]]:
    return [kind for kind in results_of(tool) if not issubclass(kind, Refusal)]


def refusals_of(tool: Tool) -> list[type[Refusal]]:
    return [kind for kind in results_of(tool) if issubclass(kind, Refusal)]


def statuses_of(kind: type[Result]) -> list[str]:
    """The values that its ``status`` may have; none for a result without one."""
    field = kind.model_fields.get("status")
    return list(get_args(field.annotation)) if field else []


def media_types_of(kind: type[Document]) -> list[str]:
    """Those that its annotation names."""
    return list(get_args(kind.model_fields["media_type"].annotation))


def _members(annotation: Any) -> list[type[Result]]:
    return list(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else [annotation]
