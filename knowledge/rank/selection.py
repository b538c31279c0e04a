"""Which of the ranked passages are handed on: no two that say the same, and no more than may be read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Protocol, TypeVar

_SAME_FROM = 0.9
"""Share of common words from which two passages with the same figures say the same (Jaccard)."""
_CHARACTERS_PER_TOKEN = 4
"""Of English text in the usual vocabularies; on the safe side."""
_WORD = re.compile(r"\w+")


class Readable(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def text(self) -> str: ...


class Answering(Protocol):
    @property
    def document_id(self) -> str: ...
    @property
    def intents(self) -> Sequence[str]: ...
    @property
    def score(self) -> float: ...


Ranked = TypeVar("Ranked", bound=Readable)


def drop_repeated(passages: Iterable[Ranked]) -> list[Ranked]:
    """Without those that say what a better one says, title and heading included. Other figures are never the same."""
    kept: list[Ranked] = []
    known: list[frozenset[str]] = []
    for passage in passages:
        words = _words(passage)
        if not any(_same(words, other) for other in known):
            kept.append(passage)
            known.append(words)
    return kept


def count_covered(passages: Sequence[Answering], chances: Mapping[str, float], weight: float) -> dict[str, float]:
    """For each document, how much of its chance to be meant better ones have already: of several that answer the same
    question one is enough, and the next is to answer another one that may be meant.

    Args:
        passages: best first.
        chances: of each intent to be meant.
        weight: what a certain intent added to the scores.
    """
    best: dict[str, Answering] = {}
    for passage in passages:
        best.setdefault(passage.document_id, passage)
    left = dict(chances)
    covered: dict[str, float] = {}
    while best:
        lost = {
            document: sum(chances.get(intent, 0) - left.get(intent, 0) for intent in passage.intents)
            for document, passage in best.items()
        }
        chosen = max(best, key=lambda document: best[document].score - weight * lost[document])
        covered[chosen] = lost[chosen]
        left |= dict.fromkeys(best.pop(chosen).intents, 0.0)
    return covered


def keep_within(passages: Sequence[Ranked], tokens: int | None) -> list[Ranked]:
    """As many from the best on as ``tokens`` reach for; the best one always, and all without a limit."""
    if tokens is None:
        return list(passages)
    spent = list(accumulate(count_tokens(passage) for passage in passages))
    return [passage for place, passage in enumerate(passages) if place == 0 or spent[place] <= tokens]


def count_tokens(passage: Readable) -> int:
    """About as many tokens as a language model reads of it."""
    return sum(len(part) for part in (passage.title, passage.heading, passage.text)) // _CHARACTERS_PER_TOKEN + 1


def _words(passage: Readable) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{passage.title} {passage.heading} {passage.text}".lower()))


def _same(words: frozenset[str], other: frozenset[str]) -> bool:
    differing = words ^ other
    if any(character.isdigit() for word in differing for character in word):
        return False
    return len(words & other) >= _SAME_FROM * len(words | other)
