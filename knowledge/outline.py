"""The headings of an article and the anchors they get: the same ones in chunks, citations and the rendered page."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_NESTED = 50
"""Blocks that may begin before a line and end before it, within the one that holds it: the rows above it."""

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
"""Raw HTML in an article is shown as text."""


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str
    """Without marks."""
    anchor: str
    """Unique in its article: lower-case letters, digits and hyphens."""
    first_line: int
    end_line: int
    """Lines [first_line, end_line) of the body."""
    token: int
    """Position of its ``heading_open`` among the body's tokens."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table row or the like."""

    first_line: int
    end_line: int
    """Lines [first_line, end_line) of the body."""
    token: int
    """Position of what opens it among the body's tokens."""


class Anchors:
    """Gives each text an anchor of its own."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}
        """Last number given to a text: a hostile document has the same heading ten thousand times."""

    def make(self, text: str) -> str:
        base = anchor = to_anchor(text)
        while anchor in self._taken:
            self._numbers[base] = self._numbers.get(base, 1) + 1
            anchor = f"{base}-{self._numbers[base]}"
        self._taken.add(anchor)
        return anchor


def to_anchor(text: str) -> str:
    """ "Activate the card (in the app)" -> "activate-the-card-in-the-app"."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "section"


def list_headings(title: str, tokens: Sequence[Token]) -> list[Heading]:
    """The body's headings that stand in no list or quotation, in order. The title's own anchor is never given twice."""
    anchors = Anchors(to_anchor(title))
    found: list[Heading] = []
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map is not None:
            text = _plain(tokens[position + 1])
            first, end = token.map
            found.append(Heading(int(token.tag[1]), text, anchors.make(text), first, end, position))
    return found


def list_blocks(tokens: Sequence[Token]) -> list[Block]:
    """What the page shows as an element, in order; what is inside of another one after it."""
    return [
        Block(token.map[0], token.map[1], position)
        for position, token in enumerate(tokens)
        if token.map is not None and token.type != "inline" and not token.hidden
    ]


def find_block(blocks: Sequence[Block], line: int) -> Block | None:
    """The innermost block that holds the line, or else the next."""
    after = bisect_right(blocks, line, key=lambda block: block.first_line)
    within = next((block for block in reversed(blocks[max(0, after - _NESTED) : after]) if line < block.end_line), None)
    return within or next(iter(blocks[after : after + 1]), None)


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in {"text", "code_inline"}).strip()
