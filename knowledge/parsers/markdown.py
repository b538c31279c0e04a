"""Markdown, with front matter or without."""

from knowledge.article import split_front_matter
from knowledge.outline import MARKDOWN, list_headings
from knowledge.parsers.decoding import decode_text
from knowledge.parsers.parsed import Parsed


def parse(content: bytes, name: str) -> Parsed:
    text, flags = decode_text(content, name)
    about, body = split_front_matter(text, name)
    if about is not None:
        return Parsed(body, about, flags=flags)
    title, body = take_title(body)
    return Parsed(body, title=title, flags=flags)


def take_title(body: str) -> tuple[str, str]:
    """The first heading, if nothing stands above it, and what is below; else nothing, and the body."""
    headings = list_headings("", MARKDOWN.parse(body))
    lines = body.split("\n")
    if not headings or "".join(lines[: headings[0].first_line]).strip():
        return "", body
    return headings[0].text, "\n".join(lines[headings[0].end_line :])
