"""From parts of a name, dates of birth and countries to a score, and the sentences that say why."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tools.compliance.screening.entries import BirthDates, EntryKind, ListedName, ListEntry, NameQuality
from tools.compliance.screening.matching.align import Alignment
from tools.compliance.screening.matching.settings import NameWeights, Points, Scores


@dataclass(frozen=True, slots=True)
class Screened:
    """Who is looked for. What is not known says nothing, for or against."""

    name: str
    born: date | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    kind: EntryKind | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    """A key of ``Points``, or ``name``."""
    points: float
    text: str


def features(alignment: Alignment) -> tuple[float, float, float, float, float]:
    """What the name's part of the score is made of, in the order of ``NameWeights``."""
    least = min(alignment.said, alignment.listed)
    return 1.0, alignment.said, alignment.listed, least, min(alignment.evidence, 2.0) / 2


def name_score(alignment: Alignment, weights: NameWeights) -> float:
    """Between 0 and 100."""
    by = (weights.bias, weights.said, weights.listed, weights.least, weights.evidence)
    return 100 / (1 + math.exp(-sum(weight * value for weight, value in zip(by, features(alignment), strict=True))))


def judge(who: Screened, entry: ListEntry, name: ListedName, alignment: Alignment, scores: Scores) -> list[Reason]:
    """What speaks for and against, in order; the sum of their points, within 0 and 100, is the score."""
    found = [Reason("name", name_score(alignment, scores.name), _say_name(name, alignment))]
    found += _birth(who.born, entry.births, scores.points)
    found += _country(who.country, entry.countries, scores.points)
    if name.quality is NameQuality.WEAK:
        found.append(Reason("weak_alias", scores.points.weak_alias, "the name is a weak alias"))
    if alignment.weighty < 2:
        found.append(Reason("one_word", scores.points.one_word, "one word alone agrees"))
    if who.kind and who.kind is not entry.kind:
        text = f"the list has {_article(entry.kind)}, screened was {_article(who.kind)}"
        found.append(Reason("other_kind", scores.points.other_kind, text))
    return found


def total(reasons: Iterable[Reason]) -> float:
    return max(0.0, min(100.0, sum(reason.points for reason in reasons)))


def _say_name(name: ListedName, alignment: Alignment) -> str:
    pairs = ", ".join(
        f"{each.said} = {each.listed}"
        if each.said == each.listed
        else f"{each.said} ~ {each.listed} ({each.similarity:.0%})"
        for each in alignment.matched
    )
    missing = [
        f"{where} only: {' '.join(tokens)}"
        for where, tokens in (("screened", alignment.unmatched_said), ("listed", alignment.unmatched_listed))
        if tokens
    ]
    return "; ".join([f'listed as "{name.text}" ({name.quality.value}): {pairs}', *missing])


def _birth(born: date | None, listed: tuple[BirthDates, ...], points: Points) -> list[Reason]:
    if born is None or not listed:
        return []
    if any(each.earliest == each.latest == born for each in listed):
        return [Reason("same_day_of_birth", points.same_day_of_birth, f"born on {born.isoformat()}, as listed")]
    said = ", ".join(map(_say_birth, listed))
    if any(each.earliest <= born <= each.latest for each in listed):
        text = f"born on {born.isoformat()}, the list has {said}"
        return [Reason("possible_day_of_birth", points.possible_day_of_birth, text)]
    text = f"born on {born.isoformat()}, the list has {said}"
    if any(_is_slip(born, each) for each in listed):
        return [Reason("near_day_of_birth", points.near_day_of_birth, text)]
    return [Reason("other_day_of_birth", points.other_day_of_birth, text)]


def _say_birth(listed: BirthDates) -> str:
    if listed.earliest == listed.latest:
        return listed.earliest.isoformat()
    first, last = listed.earliest.year, listed.latest.year
    return str(first) if first == last else f"{first} to {last}"


def _is_slip(born: date, listed: BirthDates) -> bool:
    """Whether one is the other mistyped: day and month exchanged, or one digit."""
    if listed.earliest != listed.latest:
        return abs(born.year - listed.earliest.year) <= 1 or abs(born.year - listed.latest.year) <= 1
    other = listed.earliest
    exchanged = (born.year, born.month, born.day) == (other.year, other.day, other.month)
    differing = sum(a != b for a, b in zip(f"{born:%Y%m%d}", f"{other:%Y%m%d}", strict=True))
    return exchanged or differing == 1


def _country(country: str | None, listed: tuple[str, ...], points: Points) -> list[Reason]:
    if country is None or not listed:
        return []
    if country in listed:
        return [Reason("same_country", points.same_country, f"{country}, as listed")]
    return [Reason("other_country", points.other_country, f"{country}, the list has {', '.join(listed)}")]


def _article(kind: EntryKind) -> str:
    return f"{'an' if kind.value[0] in 'ao' else 'a'} {kind.value}"
