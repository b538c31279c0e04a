"""Decides about one whole sentence: it may go, it may go with its citation put right, or it is left out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

from agent.release.absence import find_false_absence
from agent.release.binding import has_strange_name, is_bound
from agent.release.claims import Claim, Reading, read
from agent.release.dates import fits
from agent.release.deeds import asks_for_secret, find_false_state, find_promise
from agent.release.evidence import Known
from agent.release.links import find_foreign_link
from agent.release.places import Context
from agent.release.splitting import as_said

Outcome = Literal["released", "repaired", "dropped"]

_ASKED = re.compile(r"\?\s*$")
_AS_SAID_BY_YOU = re.compile(
    r"\byou (?:said|say|mentioned|asked|told|wrote|want|wanted|would like|wish|mean|meant)\b|\byou'd like\b"
)
_TELLS_TODAY = re.compile(r"\b(?:today is|today's|as of|it is now|it's now)\b")
_MARK = re.compile(r"\[\d{1,2}\]")
_SPACED_MARK = re.compile(r"\s?\[(\d{1,2})\]")


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    kind: str = ""
    """Of its first claim or, where it is left out, of what is wrong; empty where nothing is claimed."""
    text: str = ""
    """Of a repaired sentence, what goes out."""


class Judge:
    """Judges the sentences of one answer, in their order."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._context = Context()

    def judge(self, sentence: str) -> Verdict:
        if as_said(sentence) in self._known.own_words and self._has_right_marks(sentence):
            return Verdict("released", "own_words")
        reading = read(sentence, self._known.today)
        if wrong := self._find_wrong(sentence, reading):
            return Verdict("dropped", wrong)
        figures = [claim for claim in reading.claims if claim.kind != "mark"]
        marks = [int(claim.value) for claim in reading.claims if claim.kind == "mark"]
        if marks and not self._hold(marks, figures):
            return self._with_right_mark(sentence, marks, figures)
        if has_strange_name(reading, self._known) or not is_bound(reading, self._known, self._context):
            return Verdict("dropped", "binding")
        return Verdict("released", reading.claims[0].kind if reading.claims else "")

    def _find_wrong(self, sentence: str, reading: Reading) -> str:
        """The kind of the first thing that is wrong with it; empty for nothing."""
        known = self._known
        if find_foreign_link(sentence, reading, known):
            return "link"
        if asks_for_secret(reading):
            return "secret"
        if find_promise(reading, known):
            return "promise"
        if find_false_state(reading, known):
            return "state"
        if find_false_absence(reading, known):
            return "absence"
        said = reading.plain.lower().replace("’", "'")
        tells_today = bool(_TELLS_TODAY.search(said))
        repeats = bool(_ASKED.search(said) or _AS_SAID_BY_YOU.search(said))
        return next((claim.kind for claim in reading.claims if not self._is_known(claim, repeats, tells_today)), "")

    def _is_known(self, claim: Claim, repeats: bool, tells_today: bool) -> bool:
        if claim.kind == "mark":
            return True
        known = self._known
        values = (claim.value, *claim.others)
        if claim.kind == "date":
            today = (known.today.year, known.today.month, known.today.day, known.today.weekday())
            if tells_today and any(fits(each, today) for each in values):
                return True
            return any(map(known.has_day, values)) or (
                repeats and any(("date", each) in known.from_customer for each in values)
            )
        if claim.kind == "word" and claim.bound == "not":
            return True
        claims = known.claims | known.from_customer if repeats else known.claims
        return _stands_in(claim, claims) and _has_bound(claim, claims)

    def _hold(self, marks: Iterable[int], figures: list[Claim]) -> bool:
        """Whether the marks name passages that were shown, and these hold the figures."""
        shown = self._known.passages
        if not all(1 <= mark <= len(shown) for mark in marks):
            return False
        cited = frozenset[tuple[str, Any]]().union(*(shown[mark - 1] for mark in marks))
        return all(_in_passage(claim, cited) for claim in figures)

    def _has_right_marks(self, sentence: str) -> bool:
        marks = [int(mark) for mark in re.findall(r"\[(\d{1,2})\]", sentence)]
        return all(1 <= mark <= len(self._known.passages) for mark in marks)

    def _with_right_mark(self, sentence: str, marks: list[int], figures: list[Claim]) -> Verdict:
        """Without marks that name nothing, where that is enough; else with the one passage that holds the figures."""
        shown = self._known.passages
        right = {mark for mark in marks if 1 <= mark <= len(shown)}
        if right != set(marks) and self._hold(right, figures if right else []) and (right or not figures):
            keeps = right
        else:
            keeps = {
                n for n, passage in enumerate(shown, start=1) if all(_in_passage(each, passage) for each in figures)
            }
            if not figures or len(keeps) != 1:
                return Verdict("dropped", "citation")
            sentence = _MARK.sub(f"[{min(keeps)}]", sentence, count=1)
        met = set[int]()

        def kept(match: re.Match[str]) -> str:
            mark = int(match[1])
            is_kept = mark in keeps and mark not in met
            met.add(mark)
            return match[0] if is_kept else ""

        return Verdict("repaired", "citation", _SPACED_MARK.sub(kept, sentence))


def _in_passage(claim: Claim, passage: frozenset[tuple[str, Any]]) -> bool:
    if claim.kind == "date":
        return any(
            kind == "date" and fits(value, day) for kind, day in passage for value in (claim.value, *claim.others)
        )
    return _stands_in(claim, passage)


def _stands_in(claim: Claim, claims: frozenset[tuple[str, Any]]) -> bool:
    """Whether its figure stands there as what it is said to be."""
    values = (claim.value, *claim.others)
    if any((claim.kind, value) in claims for value in values):
        return True
    match claim.kind:
        case "money":
            amount, currency = claim.value
            if currency:
                return ("money", (amount, "")) in claims
            return any(kind == "money" and _amount(kind, value) == amount for kind, value in claims)
        case "number":
            return any(_amount(kind, value) == claim.value for kind, value in claims)
        case _:
            return False


def _amount(kind: str, value: Any) -> Decimal | None:
    return cast(tuple[Decimal, str], value)[0] if kind in ("money", "count") else None


def _has_bound(claim: Claim, claims: frozenset[tuple[str, Any]]) -> bool:
    if not claim.bound:
        return True
    if any((f"{claim.kind} {claim.bound}", value) in claims for value in (claim.value, *claim.others)):
        return True
    return claim.bound == "most" and claim.kind == "duration"
