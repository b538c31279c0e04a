"""Chats as tokens, with the loss on the assistant's words alone: its text, its tool calls and the mark that ends them.

Where the base's chat template marks what is generated (`{% generation %}`), the tokenizer says which tokens those are.
Elsewhere a chat is rendered message by message: what an assistant's message adds to the text before it is its own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from core.errors import InvalidInput
from finetune.data.folder import read_rows

Row = Mapping[str, Any]

IGNORED = -100
"""Label of a token that is no part of the loss."""


@dataclass(frozen=True, slots=True)
class Chat:
    ids: list[int]
    labels: list[int]
    """The id, or `IGNORED`. The first is always ignored: nothing comes before it."""


def read_chats(folder: Path, part: str, tokenizer: Any, max_tokens: int) -> tuple[list[Chat], int]:
    """(the chats of `part`.jsonl in `folder` that have at most `max_tokens`, how many were longer).

    Raises:
        InvalidInput: the file is no chat data, or the base's template cannot show it, or every chat is longer.
    """
    rows = read_rows(folder, part)
    tools = _read_tools(folder)
    check_template(tokenizer, rows, tools)
    chats = [encode_chat(row, tools, tokenizer) for row in rows]
    short = [chat for chat in chats if len(chat.ids) <= max_tokens]
    if not short:
        least = min(len(chat.ids) for chat in chats)
        raise InvalidInput(
            f"Every chat in {folder}/{part}.jsonl is longer than batch.max_tokens: the shortest has {least} tokens."
        )
    return short, len(chats) - len(short)


def check_template(tokenizer: Any, rows: Sequence[Row], tools: Mapping[str, Any]) -> None:
    """Raises InvalidInput where `tokenizer` has no chat template, or one that leaves out the tools that rows have."""
    if not tokenizer.chat_template:
        raise InvalidInput("The base's tokenizer has no chat template: take the base's chat (instruct) version.")
    if not tokenizer.is_fast:
        raise InvalidInput("The base's tokenizer has no fast version, which says where a token stands in the text.")
    with_tools = next((row for row in rows if row.get("tools")), None)
    if with_tools is not None:
        messages = _messages(with_tools)[:1]
        shown = [tools[name] for name in with_tools["tools"] if name in tools]
        if shown and _render(tokenizer, messages, shown, prompt=False) == _render(
            tokenizer, messages, None, prompt=False
        ):
            raise InvalidInput(
                "The base's chat template does not show tools: copy finetune/templates/tools.jinja (for Gemma "
                "gemma-tools.jinja) into the base's folder as chat_template.jinja, or take a base with tool support."
            )


def encode_chat(row: Row, tools: Mapping[str, Any], tokenizer: Any) -> Chat:
    """Raises InvalidInput for a tool that `tools` lacks, and for a chat that the template refuses."""
    if missing := [name for name in row.get("tools", []) if name not in tools]:
        raise InvalidInput(f"Chat {row.get('id')} has the tool {missing[0]!r}, which tools.json lacks.")
    shown = [tools[name] for name in row.get("tools", [])] or None
    try:
        ids, own = _mark(tokenizer, _messages(row), shown)
    except (TemplateError, TypeError, KeyError) as error:
        raise InvalidInput(f"The base's chat template cannot show chat {row.get('id')}: {error}") from error
    labels = [token if mine else IGNORED for token, mine in zip(ids, own, strict=True)]
    if labels:
        labels[0] = IGNORED
    if not any(label != IGNORED for label in labels):
        raise InvalidInput(f"Chat {row.get('id')} has no word of the assistant: there is nothing to learn from it.")
    return Chat(ids, labels)


def _mark(tokenizer: Any, messages: list[dict[str, Any]], tools: list[Any] | None) -> tuple[list[int], list[bool]]:
    """(the tokens, which of them are the assistant's)."""
    if "{% generation" in tokenizer.chat_template or "{%- generation" in tokenizer.chat_template:
        found = tokenizer.apply_chat_template(
            messages, tools=tools, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
        )
        return list(found["input_ids"]), [bool(mark) for mark in found["assistant_masks"]]
    text, spans = _find_spans(tokenizer, messages, tools)
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    own = [
        any(start <= at and end <= stop and at < end for start, stop in spans) for at, end in found["offset_mapping"]
    ]
    return list(found["input_ids"]), own


def _find_spans(
    tokenizer: Any, messages: list[dict[str, Any]], tools: list[Any] | None
) -> tuple[str, list[tuple[int, int]]]:
    """(the whole text, from where to where in it the assistant speaks)."""
    text = _render(tokenizer, messages, tools, prompt=False)
    spans: list[tuple[int, int]] = []
    for number, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = _render(tokenizer, messages[:number], tools, prompt=True)
        after = _render(tokenizer, messages[: number + 1], tools, prompt=False)
        if not (after.startswith(before) and text.startswith(after)):
            raise InvalidInput(
                "The base's chat template changes earlier messages when later ones follow, so that the assistant's "
                "words cannot be told: give its template {% generation %} marks."
            )
        spans.append((len(before), len(after)))
    return text, spans


def _render(tokenizer: Any, messages: list[dict[str, Any]], tools: list[Any] | None, *, prompt: bool) -> str:
    return tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, add_generation_prompt=prompt)


def _messages(row: Row) -> list[dict[str, Any]]:
    """As templates expect them: arguments as objects, no text as empty text."""
    return [_plain(message) for message in row["messages"]]


def _plain(message: Mapping[str, Any]) -> dict[str, Any]:
    plain = {**message, "content": message.get("content") or ""}
    if calls := message.get("tool_calls"):
        plain["tool_calls"] = [{**call, "function": _parsed(call["function"])} for call in calls]
    return plain


def _parsed(function: Mapping[str, Any]) -> dict[str, Any]:
    arguments = function["arguments"]
    return {**function, "arguments": json.loads(arguments) if isinstance(arguments, str) else arguments}


def _read_tools(folder: Path) -> dict[str, Any]:
    path = folder / "tools.json"
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInput(f"{path} is no JSON: make the data set again.") from error
