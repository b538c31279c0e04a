"""Bytes as text, whatever they were saved as."""

import re

from charset_normalizer import from_bytes

from knowledge.article import ArticleError
from knowledge.flags import Flag

_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 65_536
"""Bytes that are looked at for a guess."""


def decode_text(content: bytes, name: str, declared: str = "") -> tuple[str, tuple[Flag, ...]]:
    """The text and, where its encoding had to be guessed, a flag: a wrong guess may turn £ into another sign.

    Args:
        declared: the encoding that the file names, which counts where the text is not UTF-8.

    Raises:
        ArticleError: no text.
    """
    try:
        text, flags = content.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        text, flags = _decode_as(declared, content) or _guess(content, name, error.start)
    found = _NO_TEXT.search(text)
    if found is not None:
        raise ArticleError(f"{name}: not a text file (a control character at place {found.start()}).")
    return text.replace("\r\n", "\n").replace("\r", "\n"), flags


def _decode_as(encoding: str, content: bytes) -> tuple[str, tuple[Flag, ...]] | None:
    try:
        return content.decode(encoding), ()
    except (LookupError, UnicodeError):
        return None


def _guess(content: bytes, name: str, at: int) -> tuple[str, tuple[Flag, ...]]:
    """A sample that begins shortly before the first byte that is not UTF-8 decides."""
    start = max(0, at - _SAMPLE // 2) if not content.startswith((b"\xff\xfe", b"\xfe\xff")) else 0
    best = from_bytes(content[start : start + _SAMPLE]).best()
    try:
        if best is None:
            raise LookupError
        text = content.decode(best.encoding)
    except (LookupError, UnicodeError) as error:
        raise ArticleError(f"{name}: not UTF-8 at byte {at}, nor anything else. Save the file as UTF-8.") from error
    known = best.encoding == "utf_16" and content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return text, () if known else (Flag("encoding_guessed", f"read as {best.encoding}"),)
