"""Prompt templates, and how text that is only data is put into them."""

from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import orjson


def render(name: str, **values: str) -> str:
    """The template ``name``.md with its ``$values``. Raises KeyError for a missing one."""
    return _template(name).substitute(values)


def fence(tag: str, content: Any) -> str:
    """Data for a model, as JSON between tags that the data cannot close: every ``<`` and ``>`` in it is escaped."""
    text = orjson.dumps(content).decode().replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<{tag}>\n{text}\n</{tag}>"


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8").strip())
