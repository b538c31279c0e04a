"""Writes docs/tools.md from the tools themselves: python docs/generate.py

A test compares, so that the page cannot fall behind.
"""

import inspect
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parents[1]))

from pydantic import BaseModel

from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Result, Risk, Tool

PAGE = Path(__file__).with_name("tools.md")

_INTRODUCTION = """\
# Tools

What the assistant can do for a customer who has signed in. `docs/generate.py` writes this page from the definitions in
`tools/`, which are also what a language model is told.

A tool knows whose data it may read from the turn that calls it: no argument names a customer, and an argument that is
not listed here is refused. A tool that *looks up* changes nothing. A tool that *prepares* stores an operation and
changes nothing else; the customer's own confirmation, within ten minutes, executes it once (`tools/operations.py`).

"Not found" and "several match" are results like any other: each has a `status`, and the model goes on from there.
Amounts are decimal strings in the currency beside them, days are ISO dates in the bank's time zone.
"""


def render_tools() -> str:
    return "\n".join([_INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    for module, tools in groupby(CATALOGUE.offered(CUSTOMER_SCOPES), _module):
        yield f"## {_first_sentence(module)}\n"
        yield from map(_tool, tools)
        yield "Results:\n"
        yield from _results(module)
        yield ""


def _module(tool: Tool) -> ModuleType:
    return cast(ModuleType, inspect.getmodule(tool.run))


def _first_sentence(module: ModuleType) -> str:
    return inspect.cleandoc(module.__doc__ or "").partition(".")[0]


def _tool(tool: Tool) -> str:
    kind = "Prepares" if tool.risk is Risk.PREPARE else "Looks up"
    description = tool.description.replace("``", "`")
    lines = [f"### `{tool.name}`\n", f"*{tool.title}.* {kind}; scope `{tool.scope}`.\n", f"{description}\n"]
    arguments = tool.schema["function"]["parameters"]["properties"]
    if arguments:
        lines += ["| Argument | Takes | Default | Meaning |", "|---|---|---|---|"]
        lines += [_argument(name, schema) for name, schema in arguments.items()]
        lines.append("")
    return "\n".join(lines)


def _argument(name: str, schema: dict[str, Any]) -> str:
    default = schema.get("default")
    return f"| `{name}` | {_takes(schema)} | {'' if default is None else f'`{default}`'} | {schema['description']} |"


def _takes(schema: dict[str, Any]) -> str:
    plain = next((option for option in schema.get("anyOf", []) if option["type"] != "null"), schema)
    if plain.get("format") == "date":
        return "date"
    if plain["type"] == "integer":
        return f"{plain['minimum']} to {plain['maximum']}"
    return f"text, {plain.get('minLength', 0)} to {plain['maxLength']} characters"


def _results(module: ModuleType) -> Iterator[str]:
    results = [kind for kind in vars(module).values() if inspect.isclass(kind) and issubclass(kind, Result)]
    for kind in results:
        status = kind.model_fields.get("status")
        if status and isinstance(status.default, str):
            yield f"- `{status.default}`: {', '.join(_fields(kind))}"


def _fields(kind: type[BaseModel]) -> Iterator[str]:
    for name, field in kind.model_fields.items():
        if name == "status" and isinstance(field.default, str):
            continue
        item = next((part for part in getattr(field.annotation, "__args__", ()) if _is_model(part)), None)
        yield f"`{name}`" + (f" (each {', '.join(_fields(item))})" if item else "")


def _is_model(kind: object) -> bool:
    return inspect.isclass(kind) and issubclass(kind, BaseModel)


if __name__ == "__main__":
    PAGE.write_text(render_tools(), encoding="utf-8")
