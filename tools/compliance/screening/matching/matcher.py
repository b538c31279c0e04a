"""One name, or many, against everything that is listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.compliance.screening.entries import ListedName, ListEntry
from tools.compliance.screening.matching.align import Alignment, align
from tools.compliance.screening.matching.index import NameIndex
from tools.compliance.screening.matching.score import Reason, Screened, judge, name_score, total
from tools.compliance.screening.matching.settings import Scores, shipped_scores
from tools.compliance.screening.matching.spelling import spell

_BELOW = 1.0
"""Points below the threshold from which on a name is looked at, for rounding."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry with the number under which it is stored."""

    entry_id: int
    list_name: str
    entry: ListEntry


@dataclass(frozen=True, slots=True)
class Match:
    listed: Listed
    name: ListedName
    """Which of its names."""
    score: float
    """0 to 100."""
    reasons: tuple[Reason, ...]
    alignment: Alignment

    @property
    def explanation(self) -> list[dict[str, str | float]]:
        """For storing and showing: codes, points and sentences."""
        return [{"code": each.code, "points": round(each.points, 1), "text": each.text} for each in self.reasons]


class Matcher:
    """Of a fixed set of entries. Building it takes about 0.1 ms for each name; not for several threads at once."""

    def __init__(self, listed: Sequence[Listed], scores: Scores | None = None) -> None:
        self.scores = scores or shipped_scores()
        self._names = [(each, name) for each in listed for name in each.entry.names]
        self.index = NameIndex([spell(name.text) for _, name in self._names], self.scores)

    def __len__(self) -> int:
        """Listed names."""
        return len(self._names)

    def screen(self, who: Screened) -> list[Match]:
        """What reaches the threshold, the highest first; of each entry its best name."""
        best: dict[int, Match] = {}
        for match in self.candidates(who, least=self.scores.threshold.review):
            known = best.get(match.listed.entry_id)
            if match.score >= self.scores.threshold.review and (known is None or match.score > known.score):
                best[match.listed.entry_id] = match
        return sorted(best.values(), key=lambda match: -match.score)

    def candidates(self, who: Screened, *, least: float = 0.0) -> list[Match]:
        """What was looked at: whatever may reach the threshold, and a little below it.

        Args:
            least: the score that a match has to be able to reach; the reasons of others are not put into words.
        """
        query, most = self.index.look_up(spell(who.name)), self._most_points(who)
        numbers = self.index.find(query, self.scores.threshold.review - most - _BELOW)
        aligned = ((number, align(self.index, query, number)) for number in numbers)
        return [
            self._match(who, number, alignment)
            for number, alignment in aligned
            if name_score(alignment, self.scores.name) + most >= least
        ]

    def _most_points(self, who: Screened) -> float:
        """That fields besides the name can add."""
        points = self.scores.points
        born = max(points.same_day_of_birth, points.near_day_of_birth, points.possible_day_of_birth)
        return (born if who.born else 0.0) + (points.same_country if who.country else 0.0)

    def _match(self, who: Screened, number: int, alignment: Alignment) -> Match:
        listed, name = self._names[number]
        reasons = judge(who, listed.entry, name, alignment, self.scores)
        return Match(listed, name, total(reasons), tuple(reasons), alignment)
