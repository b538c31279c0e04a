"""Which part of a screened name is which part of a listed one."""

from dataclasses import dataclass

from tools.compliance.screening.matching.index import NameIndex, Query
from tools.compliance.screening.matching.spelling import Spelled, words


@dataclass(frozen=True, slots=True)
class Matched:
    """A pair of parts, as somebody can read it."""

    said: str
    listed: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Shares are of the names' weights, between 0 and 1."""

    matched: tuple[Matched, ...]
    said: float
    listed: float
    evidence: float
    """Weight of what was found; 1 is one rare word."""
    weighty: int
    """Words that were found, particles and legal forms aside; of neighbours that count as one, all."""
    unmatched_said: tuple[str, ...]
    unmatched_listed: tuple[str, ...]


def align(index: NameIndex, query: Query, number: int) -> Alignment:
    """The best pairs first, each token once: order says nothing, as family names stand first or last. Neighbours
    count as one word on one side, never on both."""
    name, other = query.name, index.names[number]
    pairs = [
        (asked.reach.similar[part.word], asked.weight, asked.places, part.places, part.weight)
        for asked in query.asked
        for part in index.parts[number]
        if part.word in asked.reach.similar and min(len(asked.places), len(part.places)) == 1
    ]
    pairs.sort(reverse=True)
    used_said: set[int] = set()
    used_listed: set[int] = set()
    matched: list[Matched] = []
    found_said = found_listed = 0.0
    for similarity, weight, places, theirs, their_weight in pairs:
        if not used_said.isdisjoint(places) or not used_listed.isdisjoint(theirs):
            continue
        used_said.update(places)
        used_listed.update(theirs)
        found_said += similarity * weight
        found_listed += similarity * their_weight
        matched.append(Matched(_words(name, places), _words(other, theirs), similarity))
    return Alignment(
        tuple(matched),
        found_said / query.total,
        found_listed / index.totals[number],
        min(found_said, found_listed),
        min(_weighty(name, used_said), _weighty(other, used_listed)),
        tuple(token for place, token in enumerate(name.tokens) if place not in used_said),
        tuple(token for place, token in enumerate(other.tokens) if place not in used_listed),
    )


def _weighty(name: Spelled, places: set[int]) -> int:
    return sum(name.tokens[place] not in words().light for place in places)


def _words(name: Spelled, places: tuple[int, ...]) -> str:
    return " ".join(name.tokens[place] for place in places)
