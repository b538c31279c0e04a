"""How a prompt is kept within its tokens.

A token is counted as four bytes of UTF-8, which is near enough for English and counts other scripts as more; it is the
same for every model and costs nothing. In this order: older messages are cut to one line, the oldest first; the oldest
are left out; passages are left out from the last. The question, what tools returned in this turn and the first passage
always stay whole.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from agent.messages import Evidence, Message

_BYTES = 4
_FRAME = 4
"""Tokens around a message: its role, its begin and its end."""
_LINE = 160
"""Characters of a message that was cut to a line."""
_SENTENCE = re.compile(r"(?<=[.!?])\s")


def count_tokens(text: str) -> int:
    return -(-len(text.encode()) // _BYTES)


def count_all(texts: Iterable[str]) -> int:
    """Of messages."""
    return sum(count_tokens(text) + _FRAME for text in texts)


def count_json(value: Any) -> int:
    return count_tokens(orjson.dumps(value).decode())


def one_line(text: str) -> str:
    """Its first sentence, cut between words where it is long. Nothing is put in other words: no figure can be wrong."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    first = _SENTENCE.split(line, maxsplit=1)[0]
    if len(first) > _LINE:
        first = first[:_LINE].rsplit(" ", 1)[0]
    return first if first == text.strip() else f"{first} …"


def fit_history(history: Sequence[Message], tokens: int) -> list[Message]:
    """As much of it as fits: whole from the end, then in lines, then not at all. Begins with what the customer said."""
    kept = list(history)
    for place, message in enumerate(history):
        if _size(kept) <= tokens:
            break
        kept[place] = {"role": message["role"], "content": one_line(message["content"])}
    while kept and (_size(kept) > tokens or (len(kept) < len(history) and kept[0]["role"] != "user")):
        kept.pop(0)
    return kept


def fit_passages(passages: Sequence[Evidence], tokens: int) -> list[Evidence]:
    """As many as fit from the first, which always does."""
    kept = list(passages[:1])
    left = tokens - sum(map(count_json, kept))
    for passage in passages[1:]:
        left -= count_json(passage)
        if left < 0:
            break
        kept.append(passage)
    return kept


def _size(messages: Iterable[Message]) -> int:
    return count_all(message["content"] for message in messages)
