"""Data for a model stands between tags that it cannot close, and customers' words cannot imitate."""

import re
from typing import Any

import orjson

RESULT, PASSAGES = "result", "passages"

_FENCED = re.compile(r"<(\w+)>\n(.*)\n</\1>", re.DOTALL)
_TAG = re.compile(rf"<(?=\s*/?\s*(?:{RESULT}|{PASSAGES})\b)", re.IGNORECASE)


def fence(tag: str, content: Any) -> str:
    """Data as JSON between tags that it cannot close: every ``<`` and ``>`` in it is escaped."""
    text = orjson.dumps(content).decode().replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<{tag}>\n{text}\n</{tag}>"


def unfence(text: str) -> tuple[str, str] | None:
    """The tag and the JSON of what ``fence`` gave; None for any other text."""
    fenced = _FENCED.fullmatch(text)
    return (fenced[1], fenced[2]) if fenced else None


def read_result(text: str) -> str:
    """The JSON of a result, or the words of an error, as ``fence`` was given them."""
    fenced = unfence(text)
    if fenced is None:
        return text
    return orjson.loads(fenced[1]) if fenced[1].startswith('"') else fenced[1]


def without_tags(text: str) -> str:
    """A customer's words, in which what would be one of our tags begins with another bracket."""
    return _TAG.sub("\u2039", text)
