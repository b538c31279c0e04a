"""Bytes as text, whatever they were saved as."""

import re

from charset_normalizer import from_bytes

from knowledge.article import ArticleError
from knowledge.flags import Flag

_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 65_536
"""Bytes that are looked at for a guess."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CANDIDATES = ["cp1252", "cp1251", "cp1253", "cp1255", "cp1256", "shift_jis", "gb18030", "big5", "euc_kr"]
_WESTERN_UP_TO = 0.2
"""Share of bytes beyond ASCII in text of Latin letters. Which of their encodings it is, a short text does not tell."""


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
    if content.startswith(_UTF_16):
        guessed = _decode_as("utf_16", content)
    else:
        start = max(0, at - _SAMPLE // 2)
        encoding = _guess_encoding(content[start : start + _SAMPLE])
        guessed = _decode_as(encoding, content)
        guessed = guessed and (guessed[0], (Flag("encoding_guessed", f"read as {encoding}"),))
    if guessed is None:
        raise ArticleError(f"{name}: not UTF-8 at byte {at}, nor anything else. Save the file as UTF-8.")
    return guessed


def _guess_encoding(sample: bytes) -> str:
    if sum(byte > 127 for byte in sample) <= _WESTERN_UP_TO * len(sample):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best is not None else "cp1252"
