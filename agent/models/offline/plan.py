"""The tool call that a message asks for, with the slots that the tool takes."""

from typing import Any

from agent.models.offline.brief import Brief


def plan(brief: Brief, tools: list[dict[str, Any]]) -> tuple[str, dict[str, Any]] | None:
    """The tool call that the message needs; None if it needs none that is offered, or something must be asked first."""
    for offered in tools:
        function = offered["function"]
        if function["name"] == brief["tool"] and brief["asks"] is None:
            taken = function["parameters"]["properties"]
            return function["name"], {name: value for name, value in brief["slots"].items() if name in taken}
    return None
