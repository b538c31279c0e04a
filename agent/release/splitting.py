"""Where a sentence ends, in a stream of which the rest is not known yet."""

import re
from collections.abc import Iterator

_END = re.compile(
    r"\n|[.!?…][\"'’”)*_]{0,6}(?=[ \t\[])(?:[ \t]{0,4}\[\d{1,2}\]){0,9}[.!?]?(?=[ \t]{1,8}(?:[^\s\[]|\[[^\d]))"
)
"""A line's end, or a full stop with the citations that stand behind it."""
_MARK = re.compile(r"\[\d{1,2}\]")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|approx|no|st|mr|mrs|ms|dr|incl|etc|[ap]\.m|vs))\.$", re.IGNORECASE)
_LOOKS = re.compile(r"[\s*`]+")
_BULLET = re.compile(r"^\s*(?:[-+#>]{1,6}\s|\d{1,2}[.)]\s)?")


def find_end(text: str, start: int = 0) -> int | None:
    """Behind the first sentence of the text that is certainly whole; None if none is.

    "It costs £5. [1] Then ..." ends behind the mark, so what follows a full stop must be known.
    """
    for match in _END.finditer(text, start):
        if not _ABBREVIATION.search(text[max(0, match.end() - 8) : match.end()]):
            return match.end()
    return None


def split(text: str) -> Iterator[str]:
    start = 0
    while (end := find_end(text, start)) is not None:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def as_said(sentence: str) -> str:
    """A sentence without citations, emphasis and bullet, for comparing."""
    return _LOOKS.sub(" ", _BULLET.sub("", _MARK.sub("", sentence))).strip()
