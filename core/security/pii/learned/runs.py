"""From words that are likely personal to the stretches that they make up."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.security.pii.kinds import Kind
from core.security.pii.learned.tagger import Floats, Word

_KINDS = tuple(Kind)
LIKELY = 0.95
"""Of one word at least, with what its text says; cross-validated by author (docs/results.md)."""
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


def list_runs(text: str, words: Sequence[Word], likely: Floats, said: Sequence[float]) -> list[Run]:
    """In order, apart from each other. They begin and end with a whole word or number, whatever is glued to it.
    ``said``: what the text around each word says of whether there is anything personal."""
    personal: list[float] = likely[:, 1:].sum(axis=1).tolist()
    runs: list[Run] = []
    done = 0
    for first, last in _stretches(personal):
        most = max(personal[first : last + 1])
        if weighed(most, said[first : last + 1]) <= LIKELY or words[last].end <= done:
            continue
        start, end = whole(text, max(words[first].start, done), words[last].end, done)
        if start < end:
            kind = _KINDS[int(likely[first : last + 1, 1:].sum(axis=0).argmax())]
            sure = (each for each in range(first, last + 1) if personal[each] >= min(_LIKELIER, most))
            runs.append(Run(kind, start, end, _parts(words, sure, done)))
            done = end
    return runs


def weighed(likely: float, said: Sequence[float]) -> float:
    """The likelihood of a word with what the text around says, which moves it and never decides alone: it does not tell
    one word from the next."""
    held = min(max(likely, _SURE), 1 - _SURE)
    heard = min(max(sum(said) / len(said), -_MOST), _MOST)
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


def _parts(words: Sequence[Word], chosen: Iterable[int], done: int) -> tuple[tuple[int, int], ...]:
    """Of words that follow each other."""
    found: list[tuple[int, int]] = []
    last = -1
    for at in chosen:
        start, end = max(words[at].start, done), words[at].end
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
