"""What the tagger adds to the recognizers' claims, and which of their guesses it takes back."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from core.security.pii.kinds import LEARNED, Claim, Kind
from core.security.pii.learned.runs import Run, list_runs, without_signs
from core.security.pii.learned.tagger import WEIGHTS, Tagger
from core.security.pii.placeholders import list_placeholders
from core.security.pii.reading.folded import Folded

_NO_NAME = 0.2
"""A name that the recognizers guessed is none where the tagger finds each of its words less likely to be personal."""
_WHOLE = frozenset({Kind.CARD, Kind.IBAN, Kind.EMAIL, Kind.IP})
"""Their form says where they end."""
_SAID = re.compile(r"(?<!\S)[^\W\d_]")
_FEWEST = 3
"""Words of a text that somebody wrote: it did not learn from codes, dates and names of fields by themselves."""
_REMEMBERED = 64
"""Texts, as in the engine."""


class _Asked:
    directory: Path | None = WEIGHTS


class _Tagged(NamedTuple):
    starts: list[int]
    ends: list[int]
    """Of the words."""
    personal: list[float]
    """Likelihood of each word."""
    runs: list[Run]

    def likeliest(self, start: int, end: int) -> float:
        """Of the words of which a character lies there."""
        return max(self.personal[bisect_right(self.ends, start) : bisect_left(self.starts, end)], default=0.0)


def use_tagger(directory: Path | None) -> None:
    """Which one this process asks from now on, by the folder of its weights; None: none, to measure what the
    recognizers find alone."""
    _Asked.directory = directory


def believed(text: str, people: Sequence[Claim]) -> list[Claim]:
    """The names that the tagger does not take for other words."""
    tagged = _tagged(text) if people else None
    return [each for each in people if tagged is None or tagged.likeliest(each.start, each.end) >= _NO_NAME]


def find_learned(text: str, claims: Sequence[Claim]) -> Iterator[Claim]:
    """What the tagger finds. Where others have a part of it, they go on as far if it is theirs alone and of their kind;
    the parts by themselves are the tagger's."""
    tagged = _tagged(text)
    if tagged is None:
        return
    runs = tagged.runs
    within: list[list[Claim]] = [[] for _ in runs]
    for claim in claims:
        at = bisect_right(runs, claim.start, key=lambda run: run.end)
        while at < len(runs) and runs[at].start < claim.end:
            within[at].append(claim)
            at += 1
    for run, others in zip(runs, within, strict=True):
        for part in run.parts if others else [(run.start, run.end)]:
            yield Claim(run.kind, *without_signs(text, *part), LEARNED)
        yield from _longer(run, others)


def _tagged(text: str) -> _Tagged | None:
    words = islice(_SAID.finditer(text), _FEWEST)
    return _tag(text, _Asked.directory) if _Asked.directory and len([*words]) == _FEWEST else None


@lru_cache(maxsize=_REMEMBERED)
def _tag(text: str, directory: Path) -> _Tagged:
    words, likely = Tagger.load(directory).tag(Folded.of(text))
    starts, ends = [word.start for word in words], [word.end for word in words]
    for start, end in list_placeholders(text):
        likely[bisect_right(ends, start) : bisect_left(starts, end), 1:] = 0
    personal: list[float] = likely[:, 1:].sum(axis=1).tolist()
    return _Tagged(starts, ends, personal, list_runs(text, words, likely))


def _longer(run: Run, others: Sequence[Claim]) -> Iterator[Claim]:
    """Those that share a character with each other are of one value; of two values each stays as it is."""
    if not others or max(claim.start for claim in others) >= min(claim.end for claim in others):
        return
    for claim in others:
        if claim.kind is run.kind and claim.kind not in _WHOLE:
            # Behind a name stands a sum more often than more of the name.
            is_name = claim.kind is Kind.PERSON
            first, last = (run.parts[0][0], run.parts[-1][1]) if is_name else (run.start, run.end)
            yield claim._replace(start=min(claim.start, first), end=max(claim.end, last))
