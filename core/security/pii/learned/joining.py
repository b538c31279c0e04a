"""What the tagger adds to the recognizers' claims, and which of them it takes back."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from core.security.pii.kinds import GUESSED, LEARNED, PROVEN, SECRETS, SHAPED, Claim, Kind
from core.security.pii.learned.runs import Around, Run, list_personal, runs_of, weighed, without_signs
from core.security.pii.learned.tagger import NOTHING, WEIGHTS, Tagger
from core.security.pii.people.public import is_public, sayings
from core.security.pii.placeholders import list_placeholders
from core.security.pii.reading.folded import Folded

_NO_NAME, _NO_VALUE = 0.2, 0.3
"""What the recognizers took for a name, or for something else without a proof, is none where the tagger finds each of
its words less likely to be personal (docs/results.md)."""
_WITH_CHECKSUM = frozenset({Kind.CARD, Kind.IBAN, Kind.NATIONAL_ID, Kind.ROUTING_NUMBER, Kind.UK_NINO})
_A_FORM = (GUESSED + SHAPED) // 2
"""Of these some claims with a form hold by a checksum, which their weight does not show: only guesses are doubted."""
_BEYOND = 0.9
_LONGEST_SAYING = 30
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
    around: Around
    runs: list[Run]

    def is_likely(self, start: int, end: int, least: float) -> bool:
        """Whether one of the words of which a character lies there is, with what the text around them says."""
        first, behind = bisect_right(self.ends, start), bisect_left(self.starts, end)
        most = max(self.personal[first:behind], default=0.0)
        # Beyond a likelihood nothing that is said counts, and most claims are.
        return most > _BEYOND or (first < behind and weighed(most, self.around.mean(first, behind - 1)) >= least)


def use_tagger(directory: Path | None) -> None:
    """Which one this process asks from now on, by the folder of its weights; None: none, to measure what the
    recognizers find alone."""
    _Asked.directory = directory
    _tagged.cache_clear()


def believed(text: str, claims: Iterable[Claim]) -> list[Claim]:
    """Those that the tagger does not take for nobody's. Secrets, ids of ours and what has a proof are not its to
    judge."""
    tagged = _tagged(text)
    if tagged is None:
        return [*claims]
    return [
        each
        for each in claims
        if each.kind is None
        or each.kind in SECRETS
        or each.weight >= (_A_FORM if each.kind in _WITH_CHECKSUM else PROVEN)
        or tagged.is_likely(each.start, each.end, _NO_NAME if each.kind is Kind.PERSON else _NO_VALUE)
    ]


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
        if not others and _is_public(text, run):
            continue
        for part in run.parts if others else [(run.start, run.end)]:
            yield Claim(run.kind, *without_signs(text, *part), LEARNED)
        yield from _longer(run, others)


@lru_cache(maxsize=_REMEMBERED)
def _tagged(text: str) -> _Tagged | None:
    directory = _Asked.directory
    if directory is None or len([*islice(_SAID.finditer(text), _FEWEST)]) < _FEWEST:
        return None
    tags = Tagger.load(directory).tag(Folded.of(text))
    starts, ends = [start for start, _ in tags.spans], [end for _, end in tags.spans]
    for start, end in list_placeholders(text):
        tags.likely[bisect_right(ends, start) : bisect_left(starts, end)] = NOTHING
    personal, around = list_personal(tags), Around(tags.said)
    return _Tagged(starts, ends, personal, around, runs_of(text, tags, personal, around))


def _is_public(text: str, run: Run) -> bool:
    """Whether the recognizers, which have not found it, know the name for a firm's, a famous person's or a saying's."""
    if run.kind is not Kind.PERSON:
        return False
    folded = Folded.of(text)
    start, end = bisect_left(folded.source, run.start), bisect_left(folded.source, run.end)
    if is_public(folded.cased, folded.lower, start, end):
        return True
    first = max(0, start - _LONGEST_SAYING)
    return any(
        first + begins < end and start < first + ends
        for begins, ends in sayings(folded.lower[first : end + _LONGEST_SAYING])
    )


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
