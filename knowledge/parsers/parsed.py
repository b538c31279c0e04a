"""What every parser gives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from knowledge.flags import Flag


@dataclass(frozen=True, slots=True)
class Parsed:
    body: str
    """Markdown."""
    about: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the file says of itself, in the words of the front matter."""
    title: str | None = None
    """Of a file that has no place for an id and a title of the author's; empty if none was found in it."""
    flags: tuple[Flag, ...] = ()


Parser = Callable[[bytes, str], Parsed]
"""Of a file's content and its name, for errors. Raises ArticleError."""
