"""How often each tool's result told something or prepared something. A model that was only shown refusals of a tool
never learns what to say when it works."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, get_args, get_origin

import orjson

from agent.prompts.fences import read_result
from finetune.data.chat.recorder import CATALOGUE_TOOLS
from finetune.data.leakage import Row
from tools.registry import Result
from tools.results import statuses_of, successes_of


def count_successes(rows: Sequence[Row]) -> dict[str, int]:
    """Of every tool of the catalogue, how many of its results in the rows are successes."""
    found = Counter(name for row in rows for name, content in _results(row) if is_success(name, content))
    return {name: found[name] for name in sorted(CATALOGUE_TOOLS)}


def is_success(tool: str, content: str) -> bool:
    """Whether the content of a row's tool message is none of the tool's refusals and no failure, and lists something
    if it lists."""
    try:
        result: Mapping[str, Any] = orjson.loads(read_result(content))
        lists = _lists_by_status(tool)[result["status"]]
    except (ValueError, KeyError, TypeError):
        return False
    return not lists or any(result.get(name) for name in lists)


@cache
def _lists_by_status(tool: str) -> dict[str, tuple[str, ...]]:
    """Of every status of a success, the fields that list what was found."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in successes_of(CATALOGUE_TOOLS[tool]):
        found |= dict.fromkeys(statuses_of(kind), _lists(kind))
    return found


def _lists(kind: type[Result]) -> tuple[str, ...]:
    annotations = {name: field.annotation for name, field in kind.model_fields.items()}
    return tuple(
        name
        for name, annotation in annotations.items()
        if get_origin(annotation) is list and issubclass(get_args(annotation)[0], Result)
    )


def _results(row: Row) -> list[tuple[str, str]]:
    """Tool and content of what was returned."""
    calls = {
        call["id"]: call["function"]["name"] for message in row["messages"] for call in message.get("tool_calls", ())
    }
    return [
        (calls[message["tool_call_id"]], message["content"]) for message in row["messages"] if message["role"] == "tool"
    ]
