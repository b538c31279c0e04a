"""Plain text. Its paragraphs are Markdown as they stand."""

from knowledge.parsers.decoding import decode_text
from knowledge.parsers.parsed import Parsed

_LONGEST_TITLE = 100
"""Characters."""
_UNDERLINE = "=-*_~ \t"


def parse(content: bytes, name: str) -> Parsed:
    text, flags = decode_text(content, name)
    title, body = _take_title(text.strip())
    return Parsed(body, title=title, flags=flags)


def _take_title(text: str) -> tuple[str, str]:
    """A short first line with a blank line, or one of marks, below it, and what follows."""
    first, _, rest = text.partition("\n")
    below, _, body = rest.partition("\n")
    is_title = body.strip() and not below.strip(_UNDERLINE) and len(first) <= _LONGEST_TITLE
    return (first.strip("# \t"), body) if is_title else ("", text)
