"""From words that are likely personal to the stretches that they make up."""

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from core.security.pii.kinds import Kind
from core.security.pii.learned.tagger import Floats, Tags

_KINDS = tuple(Kind)
LIKELY = 0.95
"""Of one word at least, with what its text says; cross-validated by author (docs/results.md)."""
_AROUND = 32
"""Words before and behind that say it together."""
_COUNTS, _MOST = 0.6, 3.0
"""How much what the text says adds to the log-odds of a word, and how much it may say either way."""
_SURE = 1e-6
_GOES_ON = 0.2
"""Of the words around it."""
_LIKELIER = 0.5
_BRIDGED, _BRIDGES = 3, 0.05
"""So many words between two stretches belong to them where each has this."""


class Run(NamedTuple):
    """Characters ``start`` to ``end`` of the text."""

    kind: Kind
    start: int
    end: int
    parts: tuple[tuple[int, int], ...]
    """Those that are likelier than not."""


class Around:
    """What the words around some words say of whether there is anything personal at all."""

    def __init__(self, said: Floats) -> None:
        """``said``: as in ``Tags``."""
        self._said = said

    @cached_property
    def _sums(self) -> list[float]:
        return [*accumulate(self._said.tolist(), initial=0.0)]

    def mean(self, first: int, last: int) -> float:
        """Of the words from ``first`` to ``last``, of each with those around it."""
        sums, count = self._sums, len(self._said)
        edges = [(max(at - _AROUND, 0), min(at + _AROUND + 1, count)) for at in range(first, last + 1)]
        return sum((sums[behind] - sums[start]) / (behind - start) for start, behind in edges) / len(edges)


def list_runs(text: str, tags: Tags) -> list[Run]:
    """In order, apart from each other. They begin and end with a whole word or number, whatever is glued to it."""
    return runs_of(text, tags, list_personal(tags), Around(tags.said))


def list_personal(tags: Tags) -> list[float]:
    """How likely each word is personal."""
    return (1.0 - tags.likely[:, 0]).tolist()


def runs_of(text: str, tags: Tags, personal: Sequence[float], around: Around) -> list[Run]:
    runs: list[Run] = []
    if max(personal, default=0.0) <= _GOES_ON:
        return runs
    spans, done = tags.spans, 0
    for first, last in _stretches(personal):
        most = max(personal[first : last + 1])
        if weighed(most, around.mean(first, last)) <= LIKELY or spans[last][1] <= done:
            continue
        start, end = whole(text, max(spans[first][0], done), spans[last][1], done)
        if start < end:
            kind = _KINDS[int(tags.likely[first : last + 1, 1:].sum(axis=0).argmax())]
            sure = (each for each in range(first, last + 1) if personal[each] >= min(_LIKELIER, most))
            runs.append(Run(kind, start, end, _parts(spans, sure, done)))
            done = end
    return runs


def weighed(likely: float, said: float) -> float:
    """The likelihood of a word with what the text around says, which moves it and never decides alone: it does not tell
    one word from the next."""
    held = min(max(likely, _SURE), 1 - _SURE)
    heard = min(max(said, -_MOST), _MOST)
    return 1 / (1 + math.exp(-_COUNTS * heard) * (1 - held) / held)


def _stretches(personal: Sequence[float]) -> list[tuple[int, int]]:
    """First and last word of each."""
    found: list[tuple[int, int]] = []
    for at, likely in enumerate(personal):
        if likely <= _GOES_ON:
            continue
        if found and _is_bridged(personal, found[-1][1], at):
            found[-1] = found[-1][0], at
        else:
            found.append((at, at))
    return found


def _parts(spans: Sequence[tuple[int, int]], chosen: Iterable[int], done: int) -> tuple[tuple[int, int], ...]:
    """Of words that follow each other."""
    found: list[tuple[int, int]] = []
    last = -1
    for at in chosen:
        start, end = max(spans[at][0], done), spans[at][1]
        if found and last == at - 1:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
        last = at
    return tuple(found)


def _is_bridged(personal: Sequence[float], left: int, right: int) -> bool:
    return right - left - 1 <= _BRIDGED and all(likely > _BRIDGES for likely in personal[left + 1 : right])


def whole(text: str, start: int, end: int, done: int = 0) -> tuple[int, int]:
    """Without the signs at its ends, and with the letters and figures that touch it."""
    start, end = without_signs(text, start, end)
    if start < end:
        while start > done and text[start - 1].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum():
            end += 1
    return start, end


def without_signs(text: str, start: int, end: int) -> tuple[int, int]:
    """What begins and ends with a letter or a figure there; empty where there is none."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end
