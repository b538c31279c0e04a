"""From a name to the few listed names worth a look, out of tens of thousands.

Listed names are made of far fewer words. A word of the screened name is compared with the words that share letter
pairs, sound, consonants or a group of spellings with it; the names that have such words add up how much of the weight
they cover, as arrays. Words weigh by how rare they are among the listed (inverse document frequency).

What a listed name could score at most follows from these sums, so that whoever cannot reach the threshold is left out
without a look, and nobody else.
"""

import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from tools.compliance.screening.matching.settings import Scores
from tools.compliance.screening.matching.spelling import Spelled, other_spellings, skeleton, sound, words

Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

_MOST_REMEMBERED = 20_000
_MOST_LOOKED_AT = 100
"""Listed names that are aligned, for one name."""
_PAIRS = 0.5
"""Share of a word's letter pairs that another has to have."""
_NEIGHBOURS = 3.0
"""Words that are taken as one, at most: as many weights of 1."""
_NOTHING: Ids = np.empty(0, np.int32)

Similar = dict[int, float]
"""Similarity by word."""


@dataclass(frozen=True, slots=True)
class Part:
    """One word of a listed name, or neighbours taken as one."""

    word: int
    places: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Reach:
    """The listed names that a word may stand in, each once, and how well at best."""

    similar: Similar
    names: Ids
    similarity: Floats
    weighed: Floats
    """Similarity by the listed word's weight."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A part of the screened name: its places, their weight, and where it leads."""

    places: tuple[int, ...]
    weight: float
    reach: Reach


@dataclass(frozen=True, slots=True)
class Query:
    """A screened name, looked up word by word."""

    name: Spelled
    total: float
    asked: tuple[Asked, ...]


class NameIndex:
    """Of listed names, numbered from 0 in the order in which they came. Not for several threads at once."""

    def __init__(self, names: Sequence[Spelled], scores: Scores) -> None:
        self.names = names
        self._scores = scores
        plain = sorted({token for name in names for token in name.tokens})
        joined = {word: _has_particle(name, places) for name in names for word, places in name.joined()}
        # Articles melt into what follows (abd al-rahman, abdurrahman): such neighbours are compared as words are.
        melted = sorted({word for word, has_particle in joined.items() if has_particle} - set(plain))
        self.words = plain + melted + sorted(set(joined) - set(plain) - set(melted))
        self._number = {word: number for number, word in enumerate(self.words)}
        self._count_plain = len(plain)
        self._compared = plain + melted
        self._bare = {self._number[token] for name in names if name.voweless for token in name.tokens}
        self._weights = self._weigh()
        self.parts = [self._parts(name) for name in names]
        self.totals = [self.total(name) for name in names]
        self._totals = np.array(self.totals, np.float32)
        self._index_words(plain)
        self._remembered: OrderedDict[tuple[str, bool], Reach] = OrderedDict()
        self._said, self._listed = (np.zeros(len(names), np.float32) for _ in range(2))

    def weight(self, token: str) -> float:
        """Of a word, listed or not: 1 for one that no list has."""
        number = self._number.get(token)
        if token in words().light:
            return self._scores.weight.light
        if len(token) == 1:
            return self._scores.weight.initial
        return 1.0 if number is None else float(self._weights[number])

    def total(self, name: Spelled) -> float:
        return sum(map(self.weight, name.tokens)) or 1.0

    def look_up(self, name: Spelled) -> Query:
        weights = [self.weight(token) for token in name.tokens]
        asked = [
            Asked((place,), weights[place], self.reach(token, bones=name.voweless))
            for place, token in enumerate(name.tokens)
        ]
        for word, places in name.joined():
            near = self._same_letters(word, bones=name.voweless)
            if near:
                asked.append(Asked(places, sum(weights[place] for place in places), self._spread(near)))
        return Query(name, sum(weights) or 1.0, tuple(asked))

    def find(self, query: Query, least: float) -> list[int]:
        """Listed names whose part of the score may reach ``least``, the best first."""
        said, listed = self._said, self._listed
        said.fill(0)
        listed.fill(0)
        for each in query.asked:
            said[each.reach.names] += each.reach.similarity * np.float32(each.weight)
            listed[each.reach.names] += each.reach.weighed
        np.minimum(said, query.total, out=said)
        np.minimum(listed, self._totals, out=listed)
        worth = np.flatnonzero(said >= 0.3 * query.total)
        bounds = self._bounds(said[worth], listed[worth], query.total, self._totals[worth])
        may = bounds >= least
        worth, bounds = worth[may], bounds[may]
        if len(worth) > _MOST_LOOKED_AT:
            best = np.argpartition(-bounds, _MOST_LOOKED_AT)[:_MOST_LOOKED_AT]
            worth, bounds = worth[best], bounds[best]
        return [int(number) for number in worth[np.argsort(-bounds, kind="stable")]]

    def reach(self, token: str, *, bones: bool = False) -> Reach:
        """The listed words that a word may stand for.

        Args:
            bones: whether it was written without vowels, so that consonants decide.
        """
        key = (token, bones)
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]
        found = self._remembered[key] = self._spread(self._similar(token, bones))
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return found

    def _bounds(self, said: Floats, listed: Floats, total: float, totals: Floats) -> Floats:
        """The name's part of the score if nothing of the sums is lost in the alignment."""
        weights, evidence = self._scores.name, np.minimum(np.minimum(said, listed), 2.0) / 2
        share, other = said / total, listed / totals
        sums = weights.said * share + weights.listed * other + weights.least * np.minimum(share, other)
        chances: Floats = (100 / (1 + np.exp(-(weights.bias + sums + weights.evidence * evidence)))).astype(np.float32)
        return chances

    def _spread(self, similar: Similar) -> Reach:
        if not similar:
            return Reach(similar, _NOTHING, np.empty(0, np.float32), np.empty(0, np.float32))
        words_found = list(similar)
        lists = [self._names_of[word] for word in words_found]
        names, lengths = np.concatenate(lists), [len(each) for each in lists]
        similarity = np.repeat(np.array([similar[word] for word in words_found], np.float32), lengths)
        weighed = similarity * np.repeat(self._weights[words_found], lengths)
        if len(lists) == 1:
            return Reach(similar, names, similarity, weighed)
        best, weighed_best = np.zeros((2, len(self.names)), np.float32)
        np.maximum.at(best, names, similarity)
        np.maximum.at(weighed_best, names, weighed)
        once = np.flatnonzero(best > 0).astype(np.int32)
        return Reach(similar, once, best[once], weighed_best[once])

    def _same_letters(self, word: str, *, bones: bool) -> Similar:
        """For neighbours taken as one: the listed word of these letters, or of this sound and nearly these letters."""
        rules = self._scores.similarity
        number = self._number.get(word)
        found = {} if number is None else {number: rules.joined}
        if len(word) > 4:
            for other in map(int, self._by_sound.get(sound(word), _NOTHING)):
                near = float(OSA.normalized_similarity(word, self.words[other]))
                if other not in found and near >= rules.least:
                    found[other] = near
        return self._by_consonants(word, bones) | found

    def _by_consonants(self, word: str, bones: bool) -> Similar:
        alike = self._by_bones.get(skeleton(word), _NOTHING)
        return {number: self._scores.similarity.skeleton for number in map(int, alike) if bones or number in self._bare}

    def _similar(self, token: str, bones: bool) -> Similar:
        rules = self._scores.similarity
        if len(token) == 1:
            return dict.fromkeys(map(int, self._by_letter.get(token, _NOTHING)), rules.initial) | self._exact(token)
        found = self._by_consonants(token, bones)
        near = self._near(token)
        heard = {int(number) for number in self._by_sound.get(sound(token), _NOTHING)}
        for number in heard - near.keys():
            near[number] = float(OSA.normalized_similarity(token, self.words[number]))
        for number, share in near.items():
            value = (1 + share) / 2 if number in heard and share >= rules.sound else share
            if value >= rules.least and min(len(token), len(self.words[number])) > 2:
                found[number] = max(value, found.get(number, 0.0))
        for other in other_spellings(token):
            if (number := self._number.get(other)) is not None:
                found[number] = max(found.get(number, 0.0), rules.nickname)
        for group in words().spellings.get(token, ()):
            for number in map(int, self._by_group.get(group, _NOTHING)):
                found[number] = rules.spelling
        if (initial := self._number.get(token[0])) is not None:
            found[initial] = max(found.get(initial, 0.0), rules.initial)
        return found | self._exact(token)

    def _exact(self, token: str) -> Similar:
        number = self._number.get(token)
        return {} if number is None else {number: 1.0}

    def _near(self, token: str) -> Similar:
        """Words that share letter pairs, with how many letters agree (optimal string alignment)."""
        pairs = _pairs(token)
        lists = [self._by_pair[pair] for pair in pairs if pair in self._by_pair]
        if not lists:
            return {}
        shared = np.bincount(np.concatenate(lists), minlength=len(self._compared))
        fitting = (shared >= max(2, math.ceil(len(pairs) * _PAIRS))) & (np.abs(self._lengths - len(token)) <= 3)
        candidates = np.flatnonzero(fitting)
        if not len(candidates):
            return {}
        others = [self.words[number] for number in candidates]
        cutoff = min(self._scores.similarity.least, self._scores.similarity.sound)
        shares = cdist([token], others, scorer=OSA.normalized_similarity, score_cutoff=cutoff, dtype=np.float32)[0]
        return {int(candidates[place]): float(shares[place]) for place in np.flatnonzero(shares > 0)}

    def _index_words(self, plain: list[str]) -> None:
        spelt = words().spellings
        self._names_of = _grouped((part.word, number) for number, parts in enumerate(self.parts) for part in parts)
        self._lengths = np.array([len(word) for word in self._compared], np.int32)
        self._by_pair = _grouped((pair, number) for number, word in enumerate(self._compared) for pair in _pairs(word))
        self._by_sound = _grouped((key, number) for number, word in enumerate(self.words) if (key := sound(word)))
        self._by_bones = _grouped((key, number) for number, word in enumerate(self.words) if (key := skeleton(word)))
        self._by_letter = _grouped((word[0], number) for number, word in enumerate(plain) if len(word) > 1)
        self._by_group = _grouped((group, number) for number, word in enumerate(plain) for group in spelt.get(word, ()))

    def _parts(self, name: Spelled) -> list[Part]:
        weights = [self.weight(token) for token in name.tokens]
        plain = [Part(self._number[token], (place,), weights[place]) for place, token in enumerate(name.tokens)]
        return plain + [
            Part(self._number[word], places, sum(weights[place] for place in places)) for word, places in name.joined()
        ]

    def _weigh(self) -> Floats:
        """By word: from the least weight for the commonest to 1 for one that stands in one name alone. Neighbours taken
        as one weigh what they weigh together, which is at most ``_NEIGHBOURS``."""
        rules, light = self._scores.weight, words().light
        counted = Counter(token for name in self.names for token in name.tokens)
        most = math.log(max(counted.values(), default=1) + 1)
        weights = np.full(len(self.words), _NEIGHBOURS, np.float32)
        for number, word in enumerate(self.words[: self._count_plain]):
            rare = 1 - math.log(counted[word]) / most if most else 1.0
            weights[number] = rules.least + (1 - rules.least) * rare
            if word in light:
                weights[number] = rules.light
            elif len(word) == 1:
                weights[number] = rules.initial
        return weights


def _has_particle(name: Spelled, places: tuple[int, ...]) -> bool:
    return any(name.tokens[place] in words().light for place in places)


def _pairs(word: str) -> list[str]:
    """Letter pairs, its ends marked."""
    marked = f"^{word}$"
    return [marked[place : place + 2] for place in range(len(marked) - 1)]


def _grouped(pairs: Iterable[tuple[str | int, int]]) -> dict[str | int, Ids]:
    """Numbers by key, ascending, each once."""
    found: defaultdict[str | int, list[int]] = defaultdict(list)
    for key, number in pairs:
        found[key].append(number)
    return {key: np.array(sorted(set(numbers)), np.int32) for key, numbers in found.items()}
