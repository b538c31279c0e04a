"""Finds details in a text, in whatever form they stand there."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from agent.models.fencing.details import Detail, Kind
from agent.models.fencing.forms import STREET_WORDS, Rule, Run, Sequence, looks_of
from agent.models.fencing.ordinary import NEVER_FIRST
from core.security.pii.reading.folded import MOST_BETWEEN, Compact, Folded, Token
from core.security.pii.reading.spoken import in_digits, says_digits

_GRAM = 3
_SHORT: dict[str, list[str]] = defaultdict(list)
for _abbreviation, _word in STREET_WORDS.items():
    _SHORT[_word].append(_abbreviation)
_BEFORE_PHONE = re.compile(r"(?:\+|\b00|\b0|\(0?)?[\d() .\-/]{0,8}\Z")
_SENTENCE = re.compile(r"(?:\A|[.!?\n])[\s\"'(*_-]*\Z")
_WITH_ACCOUNT = re.compile(r"\d{12,18}")
_SORT_CODE_GROUPS = ([6], [2, 2, 2], [1] * 6)


class Found(NamedTuple):
    """Characters ``start`` to ``end`` of the text say ``owner``, a number of the finder's details."""

    start: int
    end: int
    owner: int


class Finder:
    """Of one turn. Details can be added; they are numbered in the order in which they came."""

    def __init__(self, details: Iterable[Detail] = ()) -> None:
        self.details: list[Detail] = []
        self._known: dict[tuple[Kind, str], int] = {}
        self._sequences: dict[str, list[tuple[Sequence, int]]] = defaultdict(list)
        self._begins: set[str] = set()
        """First words of sequences, also abbreviated."""
        self._runs: dict[int, dict[str, dict[Run, int]]] = {}
        """By so many first characters."""
        self.version = 0
        """Grows when more can be found."""
        self._common: set[int] = set()
        """Names that are ordinary words, such as "Gas Board"."""
        for detail in details:
            self.add(detail)

    def add(self, detail: Detail) -> int:
        """Its number. What is the same but for its spelling has the same one."""
        looks = looks_of(detail)
        key = (detail.kind, looks.compact)
        if key in self._known:
            return self._known[key]
        number = self._known[key] = len(self.details)
        self.details.append(detail)
        if looks.is_common:
            self._common.add(number)
        self.version += bool(looks.forms)
        for form in looks.forms:
            if isinstance(form, Run):
                length = min(len(form.characters), _GRAM)
                if length > 1:
                    runs = self._runs.setdefault(length, defaultdict(dict))
                    runs[form.characters[:length]].setdefault(form, number)
            elif form.words:
                self._sequences[form.words[0]].append((form, number))
                self._begins.update((form.words[0], *_SHORT.get(form.words[0], ())))
        return number

    def find(self, folded: Folded, *, whole_only: bool = False) -> list[Found]:
        """What was found, overlaps included. ``whole_only``: no parts of names and nothing that ordinary words may say
        as well."""
        found: list[Found] = []
        candidates = list(self._candidates(folded.compact_text))
        if candidates:
            found.extend(self._fitting(candidates, folded, folded.compact, whole_only=whole_only))
        if says_digits(folded.words) and (said := in_digits(folded.tokens)) is not None:
            compact = Compact(folded.lower, said)
            found.extend(self._fitting(self._candidates(compact.text), folded, compact, whole_only=whole_only))
        if not self._begins.isdisjoint(folded.words):
            found.extend(self._sequences_in(folded, whole_only=whole_only))
        return found

    def _fitting(
        self, candidates: Iterable[tuple[int, Run, int]], folded: Folded, compact: Compact, *, whole_only: bool
    ) -> Iterator[Found]:
        for start, run, number in candidates:
            if whole_only and (run.rule is not Rule.ALWAYS or number in self._common):
                continue
            end = start + len(run.characters)
            if _fits(run.rule, folded, compact, start, end):
                left, right = compact.place(start, end)
                if self.details[number].kind == "PHONE":
                    left = _with_prefix(folded.lower, left)
                yield Found(*folded.span(left, right), number)

    def _candidates(self, text: str) -> Iterator[tuple[int, Run, int]]:
        for length, runs in self._runs.items():
            for start in [at for at in range(len(text) - length + 1) if text[at : at + length] in runs]:
                for run, number in runs[text[start : start + length]].items():
                    if text.startswith(run.characters, start):
                        yield start, run, number

    def _sequences_in(self, folded: Folded, *, whole_only: bool) -> Iterator[Found]:
        tokens = folded.tokens
        for place, token in enumerate(tokens):
            if token.word not in self._begins:
                continue
            for first in {token.word, STREET_WORDS.get(token.word, token.word)}:
                for sequence, number in self._sequences.get(first, ()):
                    pieces = tokens[place : place + len(sequence.words)]
                    is_partial = len(sequence.words) < 2 or sequence.rule is Rule.CAPITAL
                    if whole_only and (is_partial or number in self._common):
                        continue
                    if _is(sequence, pieces, folded):
                        yield Found(*folded.span(pieces[0].start, pieces[-1].end), number)


def without_overlaps(found: Iterable[Found]) -> list[Found]:
    """The longest of those that share a character, in order."""
    kept: list[Found] = []
    taken: set[int] = set()
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start, one.owner)):
        if taken.isdisjoint(range(one.start, one.end)):
            taken.update(range(one.start, one.end))
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _is(sequence: Sequence, pieces: list[Token], folded: Folded) -> bool:
    words = sequence.words
    if len(pieces) < len(words) or any(
        piece.word != word and STREET_WORDS.get(piece.word) != word for piece, word in zip(pieces, words, strict=True)
    ):
        return False
    if any(right.start - left.end > MOST_BETWEEN for left, right in pairwise(pieces)):
        return False
    return sequence.rule is not Rule.CAPITAL or _is_written_as_name(pieces, folded)


def _is_written_as_name(pieces: list[Token], folded: Folded) -> bool:
    if not all(folded.cased[piece.start].isupper() for piece in pieces):
        return False
    first = pieces[0]
    begins = first.word in NEVER_FIRST and _SENTENCE.search(folded.lower, 0, first.start)
    return not begins or len(pieces) > 1


def _fits(rule: Rule, folded: Folded, compact: Compact, start: int, end: int) -> bool:
    if any(len(gap) > MOST_BETWEEN for gap in compact.gaps(start, end)):
        return False
    if rule is Rule.ALWAYS:
        return True
    pieces = compact.pieces(start, end)
    if not compact.is_bounded(start, end):
        # A sort code and the account number in one.
        return rule is Rule.GROUPED and len(pieces) == 1 and bool(_WITH_ACCOUNT.fullmatch(pieces[0].word))
    if rule is Rule.SPELLED:
        apart = [folded.lower[left.end : right.start] for left, right in pairwise(pieces)]
        return all(len(piece.word) == 1 for piece in pieces) or all("-" in gap or "\n" in gap for gap in apart)
    return rule is not Rule.GROUPED or _is_sort_code(folded.lower, pieces)


def _is_sort_code(lower: str, pieces: list[Token]) -> bool:
    """Six digits alone may also be an amount; one with a point or a sign of money beside it is."""
    if [len(piece.word) for piece in pieces] not in _SORT_CODE_GROUPS:
        return False
    before, after = lower[: pieces[0].start], lower[pieces[-1].end :]
    return not re.search(r"(?:[£$€]\s?|\d[.,])\Z", before) and not re.match(r"[.,]\d", after)


def _with_prefix(lower: str, start: int) -> int:
    """Where a phone number begins of which the last digits begin at ``start``."""
    before = _BEFORE_PHONE.search(lower[max(0, start - 12) : start])
    prefix = before[0].lstrip(" .-/)") if before else ""
    return start - len(prefix)
