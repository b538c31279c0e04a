"""What somebody should look at before a document is published: text that addresses the assistant instead of a reader,
text that a reader does not see, text whose encoding was guessed.

A flag accuses nobody, and it is no defence: documents are data to the assistant, whatever they say. It shows staff
where somebody may have tried.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import yaml

Kind = Literal["addresses_model", "chat_markup", "invisible_text", "encoding_guessed"]

_PATTERNS_FILE = Path(__file__).with_name("flags.yaml")
_MOST = 5
"""Flags of one document: who looks at it sees the rest."""
_AROUND = 60
"""Characters beside what was found that a quote shows."""
_NEAR = r"[^.!?,;:\n]{0,40}?"
_TAGS = "\U000e0000-\U000e007f"
_FORMAT_CHARACTERS = f"\u00ad\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff{_TAGS}"
_INVISIBLE = re.compile(f"[{_TAGS}]+|[\u202d\u202e]|[\u200b\u2060-\u2064]{{8,}}")
"""Letters as tags, letters in reverse, and long rows of nothing. Single ones are left behind by word processors."""


@dataclass(frozen=True, slots=True)
class Flag:
    kind: Kind
    quote: str
    """The words in question with some around them, or what was done about them."""


def find_flags(text: str) -> list[Flag]:
    """A handful at most, by kind and place. Characters that nobody sees and odd forms of letters hide nothing."""
    return list(_find(text))[:_MOST]


def _find(text: str) -> Iterator[Flag]:
    for hidden in _INVISIBLE.finditer(text):
        yield Flag("invisible_text", _reveal(hidden))
    plain = unicodedata.normalize("NFKC", re.sub(f"[{_FORMAT_CHARACTERS}]", "", text)).replace("’", "'")
    searches: tuple[tuple[Kind, str], ...] = (("addresses_model", _on_one_line(plain)), ("chat_markup", plain))
    for kind, searched in searches:
        end = 0
        matches = filter(None, (pattern.search(searched) for pattern in _patterns()[kind]))
        for match in sorted(matches, key=lambda match: match.start()):
            if match.start() >= end:
                yield Flag(kind, _quote(searched, match))
                end = match.end()


def _on_one_line(text: str) -> str:
    """Each paragraph, without further white space."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(" ".join(paragraph) for has_text, paragraph in groupby(lines, bool) if has_text)


@cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    read: dict[str, Any] = yaml.load(_PATTERNS_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    words = {name: f"(?:{'|'.join(listed)})" for name, listed in read.pop("words").items()} | {"near": _NEAR}
    return {kind: [_compile(pattern, words) for pattern in patterns] for kind, patterns in read.items()}


def _compile(pattern: str, words: dict[str, str]) -> re.Pattern[str]:
    whole = re.sub(r"\{([a-z_]+)\}", lambda name: words[name[1]], pattern)
    return re.compile(whole, re.IGNORECASE)


def _quote(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
    return ("…" if start else "") + " ".join(text[start:end].split()) + ("…" if end < len(text) else "")


def _reveal(hidden: re.Match[str]) -> str:
    """Tag characters spell ASCII."""
    spelled = "".join(chr(ord(c) - 0xE0000) for c in hidden[0] if 0xE0020 <= ord(c) <= 0xE007E)
    return spelled or f"{len(hidden[0])} invisible characters at place {hidden.start()}"
