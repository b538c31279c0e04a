"""What an answer may claim: the facts of tool results by the object they stand in, of passages and of earlier words."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from agent.messages import Evidence as Passage
from agent.release.claims import Claim, read
from agent.release.dates import Day, fits
from agent.release.records import WORD_PARTS, Fact, Record, ResultReader, Role
from agent.release.splitting import as_said, split

_MOST = re.compile(r"limit|max|most|left|available|highest|until")
_LEAST = re.compile(r"min|least|lowest|from")
_LINK = re.compile(r"(?<![\w/])(?:https?:/)?/[^\s\"'()<>\\]{1,500}")
_SHORT_NAME = 4
"""Letters of a word that stands for a name."""
NO_NAMES = frozenset(
    str.split("card cards payment payments transfer account bank house home shop store market services company group")
)


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to speak from, in one turn. ``results`` are JSON; what does not parse is read as a text."""

    today: date
    results: Sequence[str] = ()
    passages: Sequence[Passage] = ()
    said_by_us: Sequence[str] = ()
    """Earlier answers, which were checked in their turn."""
    said_by_customer: Sequence[str] = ()
    compose: Callable[[], str] = str
    """Gives the bank's own words for the same evidence."""
    instructions: Sequence[str] = ()
    """What the model was told to do, in pieces: nothing that a customer is told."""


class Known:
    """The evidence of a turn, read when the first claim asks for it."""

    def __init__(self, material: Material) -> None:
        self.today = material.today
        self._material = material

    @cached_property
    def own_words(self) -> frozenset[str]:
        """The sentences of the composed answer and of the passages, as ``as_said`` writes them."""
        return frozenset(map(as_said, split(self._material.compose()))).union(*map(_sentences, self._texts))

    @cached_property
    def records(self) -> list[Record]:
        return self._read_results[0]

    @cached_property
    def lists(self) -> dict[str, list[dict[str, Any]]]:
        """The lists of objects in the results, by the stem of what they list."""
        return self._read_results[1]

    @cached_property
    def _read_results(self) -> tuple[list[Record], dict[str, list[dict[str, Any]]]]:
        reader = ResultReader(self.today)
        for result in self._material.results:
            reader.read(result)
        return reader.records, reader.lists

    @cached_property
    def passages(self) -> list[frozenset[tuple[str, Any]]]:
        """The claims of each passage."""
        return [_passage_claims(text) for text in self._texts]

    @cached_property
    def _texts(self) -> list[str]:
        return [
            f"{each['title']}\n{each['heading']}\n{each['text']}\n{each['url']}" for each in self._material.passages
        ]

    @cached_property
    def claims(self) -> frozenset[tuple[str, Any]]:
        """All that may be said: ("money", (Decimal("12.50"), "GBP")); with its bound a second time."""
        ours = (_keys(read(text, None).claims) for text in (*self._material.said_by_us, *self.own_words_texts))
        facts = (key for record in self.records for fact in record.facts for key in _keys([_with_bound(fact)]))
        return frozenset(facts).union(*self.passages, *ours)

    @cached_property
    def own_words_texts(self) -> tuple[str, ...]:
        return (self._material.compose(),)

    @cached_property
    def days(self) -> list[Day]:
        return [value for kind, value in self.claims if kind == "date"] + [
            day for record in self.records for day in record.days
        ]

    @cached_property
    def from_customer(self) -> frozenset[tuple[str, Any]]:
        return frozenset[tuple[str, Any]]().union(
            *(_keys(read(text, self.today).claims) for text in self._material.said_by_customer)
        )

    @cached_property
    def words(self) -> frozenset[str]:
        """Of the results: states as they are written there."""
        return frozenset(word for text in self._material.results for word in WORD_PARTS.findall(text.lower()))

    @cached_property
    def help_words(self) -> frozenset[str]:
        return frozenset[str]().union(*map(_words_of, self._texts))

    @cached_property
    def all_words(self) -> frozenset[str]:
        """Of everything that a name may come from."""
        texts = (*self._material.said_by_us, *self._material.said_by_customer, *self.own_words_texts)
        return self.words | self.help_words | {word for text in texts for word in WORD_PARTS.findall(text.lower())}

    @cached_property
    def names(self) -> dict[str, Role]:
        """Every name of the results, in small letters, and what it names."""
        return {name: role for record in self.records for role, names in record.names.items() for name in names}

    @cached_property
    def short_names(self) -> dict[str, str]:
        """Words that only one payee or merchant has in its name: "Voltline" for "Voltline Electronics"."""
        whose: dict[str, list[str]] = {}
        for name in sorted(name for name, role in self.names.items() if role == "party" and "," not in name):
            for word in {*WORD_PARTS.findall(name)} - {name}:
                whose.setdefault(word, []).append(name)
        taken = {word for name, role in self.names.items() if role != "party" for word in WORD_PARTS.findall(name)}
        return {
            word: names[0]
            for word, names in whose.items()
            if len(names) == 1 and len(word) >= _SHORT_NAME and word not in taken and word not in NO_NAMES
        }

    @cached_property
    def links(self) -> frozenset[str]:
        """Where an answer may lead."""
        texts = (*self._material.results, *self.own_words_texts, *self._texts)
        return frozenset(link.rstrip(".,;:!?") for text in texts for link in _LINK.findall(text)) | {""}

    def has_day(self, day: Day) -> bool:
        return any(fits(day, known) for known in self.days)


def _keys(claims: Iterable[Claim]) -> Iterator[tuple[str, Any]]:
    for claim in claims:
        for value in (claim.value, *claim.others):
            yield claim.kind, value
            if claim.bound:
                yield f"{claim.kind} {claim.bound}", value
            if claim.negative:
                yield f"{claim.kind} negative", value


def _with_bound(fact: Fact) -> Claim:
    """A limit may also be said as "up to"."""
    if fact.claim.bound or not fact.key:
        return fact.claim
    bound = "most" if _MOST.search(fact.key) else "least" if _LEAST.search(fact.key) else ""
    return replace(fact.claim, bound=bound) if bound else fact.claim


@lru_cache(maxsize=2048)
def _passage_claims(text: str) -> frozenset[tuple[str, Any]]:
    return frozenset(_keys(read(text, None).claims))


@lru_cache(maxsize=2048)
def _sentences(text: str) -> frozenset[str]:
    return frozenset(map(as_said, split(text)))


@lru_cache(maxsize=2048)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(WORD_PARTS.findall(text.lower()))
