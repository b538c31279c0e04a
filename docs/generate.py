"""Writes docs/tools/ from the tools themselves, an index and a page for each: python docs/generate.py

A test compares, so that the pages cannot fall behind.
"""

import shlex
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1]))

import orjson

from api.rest_call import RestCall
from api.tool_schema import argument_schema, inlined
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Document, Example, Proposed, Refusal, Result, Risk, Tool
from tools.results import media_types_of, refusals_of, statuses_of, successes_of

PAGES = Path(__file__).with_name("tools")
INDEX = "README.md"

_INTRODUCTION = """\
# Tools

What the assistant can do for a customer who has signed in. `docs/generate.py` writes these pages from the definitions
in `tools/`, which are also what a language model is told.

A tool knows whose data it may read from the caller's verified token: no argument names a customer, and an argument that
is not listed is refused. A tool that **reads** changes nothing. A tool that **prepares** stores an operation and
changes nothing else; the customer's own confirmation, within ten minutes, executes it once (`tools/operations.py`).

"Not found" and "several match" are results like any other: each has a `status`, and the caller goes on from there.
Amounts are decimal strings in the currency beside them, days are ISO dates in the bank's time zone.

One definition has four doors, with the same arguments and results:

| Door | How |
|---|---|
| the assistant | say it; each page has sentences |
| REST | the address on the page, under `/api/v1`, with `Authorization: Bearer TOKEN`: see [REST](../rest.md) |
| MCP | call it by its name, on `/mcp` or through `tellergraph mcp`: see [MCP](../mcp.md) |
| LangChain | `tools/langchain_tools.py: langchain_tools` |
"""

_KINDS = {Risk.READ: "reads", Risk.PREPARE: "prepares"}


def render_pages() -> dict[str, str]:
    """The text of each page by its file name."""
    calls = [RestCall.of(tool) for tool in CATALOGUE.offered(CUSTOMER_SCOPES)]
    return {INDEX: _index(calls)} | {f"{call.tool.name}.md": _page(call) for call in calls}


def write_pages() -> None:
    """Pages of tools that are gone go as well."""
    PAGES.mkdir(exist_ok=True)
    pages = render_pages()
    for old in PAGES.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (PAGES / name).write_text(text, encoding="utf-8")


def _index(calls: list[RestCall]) -> str:
    first_seen = {subject: place for place, subject in reversed(list(enumerate(call.subject for call in calls)))}
    ordered = sorted(calls, key=lambda call: first_seen[call.subject])
    lines = [_INTRODUCTION]
    for subject, group in groupby(ordered, lambda call: call.subject):
        lines += [f"## {_title(subject)}\n", "| Tool | | Scope | Risk |", "|---|---|---|---|"]
        lines += [
            f"| [`{call.tool.name}`]({call.tool.name}.md) | {call.tool.title} | `{call.tool.scope}` | "
            f"{_KINDS[call.tool.risk]} |"
            for call in group
        ]
        lines.append("")
    return "\n".join(lines)


def _page(call: RestCall) -> str:
    parts = [_head(call), _arguments(call), *_results(call), _refusals(call), *_examples(call)]
    return "\n".join(part for part in parts if part)


def _head(call: RestCall) -> str:
    tool = call.tool
    return f"""\
# `{tool.name}`

[Tools]({INDEX}), {_title(call.subject).lower()}: **{tool.title}**

{_plain(tool.description)}

| | |
|---|---|
| Scope | `{tool.scope}` |
| Risk | {_KINDS[tool.risk]} |
| REST | `{tool.rest.method} /api/v1{tool.rest.path}` |
"""


def _arguments(call: RestCall) -> str:
    if not call.tool.arguments.model_fields:
        return "## Arguments\n\nNone.\n"
    required = call.tool.schema["function"]["parameters"].get("required", [])
    lines = ["## Arguments\n", "| Argument | Takes | Default | Meaning |", "|---|---|---|---|"]
    for name in call.tool.arguments.model_fields:
        schema = argument_schema(call, name)
        default = "*required*" if name in required else _default(schema)
        lines.append(f"| `{name}` | {_takes(schema)} | {default} | {_cell(schema.get('description', ''))} |")
    return "\n".join([*lines, ""])


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    return "" if default is None else f"`{orjson.dumps(default).decode()}`"


def _takes(schema: dict[str, Any]) -> str:
    """What a value may be, in a few words."""
    if options := schema.get("anyOf"):
        return " or ".join(dict.fromkeys(_takes(option) for option in options if option.get("type") != "null"))
    if values := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return ", ".join(f"`{value}`" for value in values)
    kind = schema.get("type")
    if kind == "array":
        most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
        items = _takes(schema.get("items", {}))
        return ("list" if items == "object" else f"list of {items}") + most
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "string":
        return _text(schema)
    return {"boolean": "`true` or `false`", "object": "object"}.get(str(kind), "anything")


def _number(schema: dict[str, Any]) -> str:
    noun = "whole number" if schema["type"] == "integer" else "number"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{least} to {most}"
    return noun + (f", {least} or more" if least is not None else f", {most} at most" if most is not None else "")


def _text(schema: dict[str, Any]) -> str:
    if form := schema.get("format"):
        return {"date-time": "moment", "uuid": "UUID"}.get(str(form), str(form))
    most, least = schema.get("maxLength"), schema.get("minLength", 0)
    if most is None:
        return "text"
    return f"text, {least} to {most} characters" if least else f"text, up to {most} characters"


def _results(call: RestCall) -> Iterator[str]:
    yield "## Results\n"
    for kind in successes_of(call.tool):
        yield from _result(kind)


def _result(kind: type[Result]) -> Iterator[str]:
    if issubclass(kind, Document):
        types = " or ".join(f"`{media_type}`" for media_type in media_types_of(kind)) or "of the type that it names"
        yield f"A file, {types}: as it is over REST, with its name in `Content-Disposition`; base64 in JSON.\n"
        return
    status = 201 if issubclass(kind, Proposed) else 200
    yield f"{_statuses(kind)} (REST: {status})\n"
    schema = kind.model_json_schema(mode="serialization")
    rows = list(_rows("", inlined(schema, schema.get("$defs", {}))))
    if rows:
        yield "\n".join(["| Field | | Meaning |", "|---|---|---|", *rows, ""])


def _rows(prefix: str, schema: dict[str, Any]) -> Iterator[str]:
    """Parts of parts with dots; ``[]`` is each of a list."""
    for name, field in schema.get("properties", {}).items():
        if name == "status" and not prefix:
            continue
        yield f"| `{prefix}{name}` | {_nullable(field)} | {_cell(field.get('description', ''))} |"
        for option in field.get("anyOf", [field]):
            inner, mark = (option.get("items", {}), "[]") if option.get("type") == "array" else (option, "")
            yield from _rows(f"{prefix}{name}{mark}.", inner)


def _nullable(field: dict[str, Any]) -> str:
    is_nullable = any(option.get("type") == "null" for option in field.get("anyOf", []))
    return _takes(field) + (" or null" if is_nullable else "")


def _refusals(call: RestCall) -> str:
    kinds = refusals_of(call.tool)
    if not kinds:
        return ""
    lines = ["## Refusals\n", "| Status | REST | Message | Beside it |", "|---|---|---|---|"]
    return "\n".join([*lines, *map(_refusal, kinds), ""])


def _refusal(kind: type[Refusal]) -> str:
    message = kind.model_fields["message"].default
    details = ", ".join(f"`{name}`" for name in kind.model_fields if name not in ("status", "message"))
    said = _cell(message) if isinstance(message, str) else ""
    return f"| {_statuses(kind)} | {kind.http_status} | {said} | {details} |"


def _statuses(kind: type[Result]) -> str:
    return ", ".join(f"`{status}`" for status in statuses_of(kind))


def _examples(call: RestCall) -> Iterator[str]:
    if call.tool.examples:
        yield "## Examples\n"
    for example in call.tool.examples:
        yield f'"{example.said}"\n'
        yield _rest(call, example)
        yield _python(call.tool, example)


def _rest(call: RestCall, example: Example) -> str:
    if any(example.arguments.get(name) is None for name in call.in_path):
        return "Over REST the address says which one is meant.\n"
    request = call.request(example.arguments)
    query = urlencode(request.query, doseq=True)
    url = f'"$BANK/api/v1{request.path}{"?" + query if query else ""}"'
    lines = [f"curl {url}" if request.method == "GET" else f"curl -X {request.method} {url}"]
    lines.append('-H "Authorization: Bearer $TOKEN"')
    if call.tool.risk is Risk.PREPARE:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if request.body:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(orjson.dumps(request.body).decode())}"]
    return "```sh\n" + " \\\n  ".join(lines) + "\n```\n"


def _python(tool: Tool, example: Example) -> str:
    """No block of code, which a formatter would change."""
    arguments = _literal(example.arguments)
    return f"""\
- MCP: `await session.call_tool("{tool.name}", {arguments})`
- LangChain: `await tools["{tool.name}"].ainvoke({arguments})`
"""


def _literal(value: Any) -> str:
    """Python, with double quotes."""
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return "{" + ", ".join(f"{_literal(name)}: {_literal(item)}" for name, item in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, cast(list[Any], value))) + "]"
    return orjson.dumps(value).decode() if isinstance(value, str) else repr(value)


def _title(subject: str) -> str:
    return subject.replace("-", " ").capitalize()


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _cell(text: str) -> str:
    return " ".join(_plain(text).split()).replace("|", "\\|")


if __name__ == "__main__":
    write_pages()
