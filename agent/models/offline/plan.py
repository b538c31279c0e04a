"""The tool call that the dialogue manager has decided on, with the slots that the tool takes."""

from typing import Any

from agent.models.offline.brief import Brief


def plan(brief: Brief, tools: list[dict[str, Any]]) -> tuple[str, dict[str, Any]] | None:
    """The tool call of the open task; None if there is none to make, or the tool is not offered."""
    for offered in tools:
        function = offered["function"]
        if function["name"] == brief["tool"]:
            taken = function["parameters"]["properties"]
            return function["name"], {name: value for name, value in brief["slots"].items() if name in taken}
    return None
