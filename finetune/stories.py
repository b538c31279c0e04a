"""Sentences from patterns: ``data/care_stories.yaml``. In a pattern ``[a|b]`` is one of the two and ``{name}`` one of
the words of that name."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data" / "care_stories.yaml"
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_NAME = re.compile(r"\{(\w+)\}")
_TRIES = 3
"""For each sentence that is wanted: a pattern with few choices gives fewer."""


@dataclass(frozen=True, slots=True)
class Story:
    text: str
    label: str
    pattern: str


def write_stories(each: int, rng: random.Random, path: Path = DATA) -> Iterator[Story]:
    """Up to ``each`` different sentences of every pattern."""
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    words: dict[str, list[str]] = table.pop("words")
    for label, patterns in table.items():
        for pattern in patterns.splitlines():
            written = dict.fromkeys(write_one(pattern, words, rng) for _ in range(each * _TRIES))
            yield from (Story(text, label, pattern) for text in list(written)[:each])


def write_one(pattern: str, words: dict[str, list[str]], rng: random.Random) -> str:
    """One sentence. Raises KeyError for a name that has no words."""
    while found := _CHOICE.search(pattern):
        pattern = pattern[: found.start()] + rng.choice(found[1].split("|")) + pattern[found.end() :]
    return _NAME.sub(lambda name: rng.choice(words[name[1]]), pattern).strip()
