"""What customers say in their own words: a complaint, the topic of an appointment. It is kept and shown, never
interpreted: bounded in length, without control characters, and without secrets that nobody should keep."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a text read otherwise than it is stored (Unicode TR 36, section 2.9)."""


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Zl", "Zp"} or letter in _BIDIRECTIONAL


def _one_line(text: str) -> str:
    if any(map(_is_control, text)):
        raise ValueError("must be one line of text, without control characters")
    return text


def _lines(text: str) -> str:
    text = text.replace("\r\n", "\n")
    if any(_is_control(letter) for letter in text if letter != "\n"):
        raise ValueError("must be text without control characters")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
Lines = Annotated[str, AfterValidator(_lines)]
Told = Annotated[str, StringConstraints(min_length=3, max_length=2000), AfterValidator(_lines)]
"""What happened, in their own words. The length is the text's own: one that only an optional field names leaves the 200
characters of all arguments in force."""
