"""Markdown as the plain text that a quote shows."""

import re

_MARKUP = re.compile(r"\*\*|`|^[ \t]*(?:[-*]|\d+\.)[ \t]+", re.MULTILINE)


def to_plain(markdown: str) -> str:
    """Without emphasis, code marks, list marks and line ends."""
    return " ".join(_MARKUP.sub("", markdown).split())
