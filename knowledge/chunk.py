"""Cuts an article into passages: the lead under its title, then one for each ``##`` section; a long one in parts.

A part holds at most ``max_words`` words, so that the encoder reads all of it. Nothing is lost and the order is kept;
the head of a table stands above each part of it.
"""

import itertools
import math
import re
from dataclasses import dataclass

from knowledge.article import Article
from knowledge.outline import MARKDOWN, Heading, list_headings, to_anchor

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
    """Of the heading it stands under; all parts of a section share it."""
    text: str
    """Markdown, without the heading."""


def cut_article(article: Article, max_words: int = MAX_WORDS) -> list[Chunk]:
    """The article's passages in order; at least one."""
    lines = article.body.split("\n")
    title = article.about.title
    sections = [h for h in list_headings(title, MARKDOWN.parse(article.body)) if h.level <= _SECTION_LEVEL]
    lead = Heading(1, title, to_anchor(title), 0, 0, 0)
    ends = [heading.first_line for heading in sections] + [len(lines)]
    parts = [
        (heading, part)
        for heading, end in zip([lead, *sections], ends, strict=True)
        for part in _cut_section("\n".join(lines[heading.end_line : end]).strip(), max_words)
    ]
    chunks = [Chunk(n, heading.text, heading.anchor, part) for n, (heading, part) in enumerate(parts)]
    # An article of headings alone still has to be found.
    return chunks or [Chunk(0, title, lead.anchor, article.body)]


def _cut_section(text: str, max_words: int) -> list[str]:
    parts: list[str] = []
    head = ""
    for part in cut_text(text, max_words):
        parts.append(f"{head}\n{part}" if head and _ROW.match(part) else part)
        head = _open_table(parts[-1], max_words // 4)
    return parts


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
