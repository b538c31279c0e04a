"""Cuts an article into passages: the lead under its title, then one for each ``##`` section; a long one in parts.

A part holds at most ``max_words`` words, so that the encoder reads all of it. Nothing is lost and the order is kept;
the head of a table stands above each part of it.
"""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from knowledge.article import Article
from knowledge.outline import MARKDOWN, Anchors, Block, Heading, find_block, list_blocks, list_headings, to_anchor

MAX_WORDS = 160
"""With title and heading this stays below the encoder's 256 word pieces in ordinary English."""

_SECTION_LEVEL = 2
_CUTS = tuple(re.compile(pattern) for pattern in (r"\n\s*\n", r"\n", r"(?<=[.!?;:])\s+", r"\s+"))
"""Where a text may be cut, best places first: paragraphs, lines (list items, table rows), sentences, words."""
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"[ \t]*\|[ :|-]+\|[ \t]*$")


@dataclass(frozen=True, slots=True)
class Chunk:
    ordinal: int
    """Position in the article, from 0."""
    heading: str
    anchor: str
    """Of the heading it stands under; of a later part of a section, of the block that it begins in."""
    text: str
    """Markdown, without the heading."""


@dataclass(frozen=True, slots=True)
class _Part:
    line: int
    """Of the body, in which it begins."""
    text: str


def cut_article(article: Article, max_words: int = MAX_WORDS) -> list[Chunk]:
    """The article's passages in order; at least one."""
    title, body = article.about.title, article.body
    return _cut(title, body, MARKDOWN.parse(body), max_words)[0]


def list_passage_anchors(title: str, body: str, tokens: Sequence[Token]) -> dict[int, str]:
    """The anchors of passages that begin below no heading, by the position of the token that gets one."""
    return _cut(title, body, tokens, MAX_WORDS)[1]


def _cut(title: str, body: str, tokens: Sequence[Token], max_words: int) -> tuple[list[Chunk], dict[int, str]]:
    lines = body.split("\n")
    headings = list_headings(title, tokens)
    sections = [heading for heading in headings if heading.level <= _SECTION_LEVEL]
    lead = Heading(1, title, to_anchor(title), 0, 0, 0)
    ends = [heading.first_line for heading in sections] + [len(lines)]
    places = _Places(list_blocks(tokens), lead, headings)
    chunks: list[Chunk] = []
    for heading, end in zip([lead, *sections], ends, strict=True):
        parts = _cut_section(lines[heading.end_line : end], heading.end_line, max_words)
        for number, part in enumerate(parts):
            anchor = places.name(part.line, heading) if number else heading.anchor
            chunks.append(Chunk(len(chunks), heading.text, anchor, part.text))
    # An article of headings alone still has to be found.
    return chunks or [Chunk(0, title, lead.anchor, body)], places.made


class _Places:
    """Where parts begin in the page."""

    def __init__(self, blocks: Sequence[Block], lead: Heading, headings: Sequence[Heading]) -> None:
        self.made: dict[int, str] = {}
        self._blocks = blocks
        self._standing = {heading.token: heading.anchor for heading in headings}
        self._anchors = Anchors(lead.anchor, *self._standing.values())

    def name(self, line: int, heading: Heading) -> str:
        """The anchor of the block that holds the line; one that is made, if it has none."""
        block = find_block(self._blocks, line)
        if block is None:
            return heading.anchor
        if block.token not in self._standing:
            self._standing[block.token] = self.made[block.token] = self._anchors.make(f"{heading.anchor} part")
        return self._standing[block.token]


def _cut_section(lines: Sequence[str], first_line: int, max_words: int) -> Iterator[_Part]:
    """Args: first_line: of the body, where the section's text begins."""
    text, end, head = "\n".join(lines), 0, ""
    for part in cut_text(text, max_words):
        start = text.index(part, end)
        first_line, end = first_line + text.count("\n", end, start), start
        yield _Part(first_line, whole := f"{head}\n{part}" if head and _ROW.match(part) else part)
        head = _open_table(whole, max_words // 4)


def _open_table(text: str, max_words: int) -> str:
    """The head of the table in whose midst a text ends; empty if it ends in none, or the head is long itself."""
    rows = list(itertools.takewhile(_ROW.match, reversed(text.split("\n"))))[::-1]
    head = "\n".join(rows[:2])
    return head if len(rows) > 1 and _RULE.match(rows[1]) and _words(head) <= max_words else ""


def cut_text(text: str, max_words: int) -> list[str]:
    """Parts of at most ``max_words`` words, of about equal length, without blank edges; none for a blank text."""
    total = _words(text)
    if total == 0:
        return []
    even = math.ceil(total / math.ceil(total / max_words) * 1.15)
    return _pack(_pieces(text, max_words, 0), min(max_words, even))


def _pieces(text: str, max_words: int, level: int) -> list[str]:
    """The text in pieces that fit, cut as high up in ``_CUTS`` as possible; together they are the text."""
    if _words(text) <= max_words:
        return [text]
    ends = [match.end() for match in _CUTS[level].finditer(text)]
    parts = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [piece for part in parts if part for piece in _pieces(part, max_words, level + 1)]


def _pack(pieces: list[str], max_words: int) -> list[str]:
    packed: list[str] = []
    room = 0
    for piece in pieces:
        size = _words(piece)
        if packed and size <= room:
            packed[-1] += piece
            room -= size
        else:
            packed.append(piece)
            room = max_words - size
    return [stripped for part in packed if (stripped := part.strip())]


def _words(text: str) -> int:
    return len(text.split())
