"""Whether an amount, card or name is said of what it belongs to: bound within one object of a result.

In "Everyday: £5, and £4 in Rainy Day" each amount belongs to the name that stands in a gap beside it; where names stand
on both sides, to the side that the sentence began with.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from agent.release.claims import Claim, Reading
from agent.release.dates import MONTHS, WEEKDAYS, Day, fits
from agent.release.evidence import Fact, Known, Record, Role
from agent.release.units import stem

_FIELDS: dict[str, re.Pattern[str]] = {
    "available": re.compile(r"available|left"),
    "limit": re.compile(r"limit|maximum|most|amount"),
    "overdraft": re.compile(r"limit|overdraft|available"),
    "fee": re.compile(r"fee|charge"),
    "interest": re.compile(r"interest|apr"),
    "monthly": re.compile(r"month"),
    "opening": re.compile(r"opening|starts"),
    "closing": re.compile(r"closing|ends"),
    "spend": re.compile(r"available|left|limit|most"),
    "held": re.compile(r"held"),
    "borrow": re.compile(r"^amount$"),
    "last": re.compile(r"last_payment"),
}
_BEHIND = frozenset({"available", "held", "interest", "monthly"})
_RIGHT_BEHIND = 8
"""Characters between an amount and a word that belongs to it."""
_A_MONTH = re.compile(r"\s*(?:a|per|each|every)\s+month\b")
_WHOSE = re.compile(r"\b(?:all (?:of )?(?:your|the)|both your|all [a-z]+|all|both|your|the)\s+([a-z]+)\b")
_TO_WHOM = re.compile(r"\b(?:to|from|at|with)\s+([A-Z][^\W\d_]+(?:\s+[A-Z][^\W\d_]+){0,4})")
_NO_NAMES = frozenset(
    {*MONTHS, *WEEKDAYS, "teller", "bank", "payments", "support", "profile", "home", "cards", "pin", "apr", "aer"}
)
_IN_RED = re.compile(r"\b(?:overdrawn|in the red|owe[sd]?|owing|in debt|minus|negative)\b")
_EVERY = re.compile(r"\bevery (day|week|month|quarter|year)\b")
_RHYTHMS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_BELOW_ZERO = re.compile(r"\b(?:overdrawn|in the red|in debt|below zero)\b")
_IN_CREDIT = re.compile(r"\bin credit\b")
_BALANCES = frozenset({"ledger", "available", "balance"})
_NOT = frozenset({"not", "never", "isn't", "aren't", "wasn't", "hasn't", "weren't", "haven't"})
_STATE_WORDS_WORDS = (
    "active frozen blocked pending booked declined open closed expired completed cancelled reversed released held "
    "inactive lost stolen overdue sent received refunded"
)
_STATE_WORDS = frozenset(_STATE_WORDS_WORDS.split())
_REFERS = frozenset({"it", "its", "it's"})


_NONE: list[dict[str, Any]] = []


@dataclass(slots=True)
class Place:
    """A name in a sentence."""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Context:
    """What the sentence before named, for "It has £5" and for the lines under "**Everyday**:"."""

    names: dict[Role, list[Place]] = field(default_factory=dict[Role, list[Place]])
    leads: bool = False
    """Whether it was a heading."""


def is_bound(reading: Reading, known: Known, context: Context) -> bool:
    """Whether everything in the sentence can be said of what it is said of; keeps its names in ``context``."""
    named = _names_in(reading, known, context)
    anchors = [claim for claim in reading.claims if claim.kind in ("money", "number")]
    if not known.records:
        return True
    if anchors:
        return all(_fits_a_record(claim, anchors, named, reading, known) for claim in anchors)
    tails = [claim for claim in reading.claims if claim.kind == "tail"]
    if tails:
        return all(_fits_a_record(claim, tails, named, reading, known) for claim in tails)
    dates = [claim for claim in reading.claims if claim.kind == "date"]
    if dates and not all(_fits_a_record(claim, dates, named, reading, known) for claim in dates):
        return False
    if not any(named.values()):
        return _is_so_of_all(reading, known)
    if not all(_is_in_debt(place, reading, known) for place in named.get("account", ())):
        return False
    return all(_has_state(place, role, named, reading, known) for role, places in named.items() for place in places)


def _is_so_of_all(reading: Reading, known: Known) -> bool:
    """ "Your card is frozen", where there are two: of each of them."""
    states = list(_state_places(reading, known))
    if not states or "?" in reading.plain:
        return True
    nouns = [stem(match[1]) for match in _WHOSE.finditer(reading.plain.lower())]
    items = next((known.lists[noun] for noun in nouns if known.lists.get(noun)), _NONE)
    word, is_so = _with_denial(states[0], reading)
    return all((word in map(str, item.values())) == is_so for item in items if "status" in item)


def _is_in_debt(place: Place, reading: Reading, known: Known) -> bool:
    """Whether "Rainy Day is overdrawn", where it says so, is so."""
    said = reading.plain.lower()
    if "?" in said or not _BELOW_ZERO.search(said) or _NOT & {token.text for token in reading.tokens}:
        return True
    balances = [
        fact.claim.negative
        for record in known.records
        if place.name in record.names.get("account", ())
        for fact in record.facts
        if fact.key == "ledger"
    ]
    return not balances or any(balances)


def has_strange_name(reading: Reading, known: Known) -> bool:
    """Whether money is said to go to, or come from, somebody of whom nobody has spoken."""
    if not known.records or not any(claim.kind == "money" for claim in reading.claims):
        return False
    return any(
        word.lower() not in known.all_words and word.lower() not in _NO_NAMES
        for match in _TO_WHOM.finditer(reading.plain)
        for word in match[1].split()
    )


def _names_in(reading: Reading, known: Known, context: Context) -> dict[Role, list[Place]]:
    said = reading.plain.lower()
    found: dict[Role, list[Place]] = {}
    for name, role in known.names.items():
        if name in said:
            found.setdefault(role, []).extend(_places(name, said))
    for word, name in known.short_names.items():
        if word in said:
            places = [Place(name, place.start, place.end) for place in _places(word, said)]
            # In small letters it is the thing: "a coffee".
            if places := [place for place in places if reading.plain[place.start].isupper()]:
                found.setdefault("party", []).extend(places)
    for role, places in found.items():
        found[role] = _longest(places)
    inherits = context.leads or bool(reading.tokens and reading.tokens[0].text in _REFERS)
    named = dict(found)
    if inherits:
        for role, places in context.names.items():
            if role not in named and len(places) == 1:
                named[role] = [Place(places[0].name, -1, -1)]
    has_figures = any(claim.kind in ("money", "tail") for claim in reading.claims)
    if found and not has_figures:
        context.names, context.leads = found, _is_heading(reading.plain)
    elif found and not context.leads:
        context.names = found
    elif not found and not inherits and reading.plain.strip():
        context.names, context.leads = {}, False
    return named


def _is_heading(plain: str) -> bool:
    text = plain.strip()
    return text.endswith(":") or text.startswith("#") or not text.endswith((".", "!", "?"))


def _places(name: str, said: str) -> Iterator[Place]:
    for match in _as_words(name).finditer(said):
        yield Place(name, match.start(), match.end())


@lru_cache(maxsize=4096)
def _as_words(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _longest(places: list[Place]) -> list[Place]:
    """In the order of the text, without names inside others."""
    chosen: list[Place] = []
    for place in sorted(places, key=lambda each: (each.start, -each.end)):
        if not chosen or place.start >= chosen[-1].end:
            chosen.append(place)
    return chosen


def _beside(start: int, end: int, anchors: list[Claim], places: list[Place]) -> Place | None:
    """The place that an anchor belongs to."""
    if not places:
        return None
    left_edge = max((claim.end for claim in anchors if claim.end <= start), default=-2)
    right_edge = min((claim.start for claim in anchors if claim.start >= end), default=1 << 30)
    left = [place for place in places if left_edge <= place.end <= start]
    right = [place for place in places if end <= place.start < right_edge]
    if left and right:
        begins_with_names = places[0].start < anchors[0].start
        return left[-1] if begins_with_names else right[0]
    if left or right:
        return left[-1] if left else right[0]
    before = [place for place in places if place.end <= start]
    return before[-1] if before else places[0]


def _fits_a_record(
    claim: Claim, anchors: list[Claim], named: dict[Role, list[Place]], reading: Reading, known: Known
) -> bool:
    holders = [(record, fact) for record in known.records for fact in record.facts if _is_same(fact.claim, claim)]
    if not holders:
        return True
    demands: list[tuple[Role, Place]] = [
        (role, owner) for role, places in named.items() if (owner := _owner(claim, anchors, places))
    ]
    days = _days_of(claim, anchors, reading)
    tails = _tails_of(claim, anchors, reading)
    states = _states_of(claim, anchors, reading, known)
    return any(
        all(_names(record, role, owner.name) for role, owner in demands)
        and (not days or not (known_days := _known_days(record)) or any(fits(d, k) for d in days for k in known_days))
        and (not record.tails or tails <= record.tails)
        and (not record.states or all((word in record.states) == is_so for word, is_so in states))
        and (claim.kind != "money" or _is_of_field(claim, anchors, record, fact, reading))
        for record, fact in holders
    )


def _known_days(record: Record) -> list[Day]:
    """Its days; of a record that has none its months, as of a card's expiry."""
    if record.days:
        return record.days
    dates = [fact.claim for fact in record.facts if fact.claim.kind == "date"]
    return [value for claim in dates for value in (claim.value, *claim.others)]


def _owner(claim: Claim, anchors: list[Claim], places: list[Place]) -> Place | None:
    """The name that it belongs to. One of several cards follows its name: "Platinum ending 7733"."""
    if claim.kind == "tail" and len(anchors) > 1:
        places = [place for place in places if place.end <= claim.start]
        edge = max((each.end for each in anchors if each.end <= claim.start), default=0)
        places = [place for place in places if place.start >= edge]
    return _beside(claim.start, claim.end, anchors, places)


def _is_same(one: Claim, other: Claim) -> bool:
    if one.kind == "money" and other.kind == "number":
        return one.value[0] == other.value
    if one.kind != other.kind:
        return False
    if one.kind == "date":
        return any(fits(value, one.value) for value in (other.value, *other.others))
    if one.kind != "money":
        return one.value == other.value
    (amount, currency), (claimed, said) = one.value, other.value
    return amount == claimed and (not said or not currency or currency == said)


def _names(record: Record, role: Role, name: str) -> bool:
    """Whether it is said of what the record names. What names nothing in that role is a sum over several."""
    names = record.names.get(role)
    return names is not None and name in names if names or role in ("party", "category") else role != "account"


def _days_of(claim: Claim, anchors: list[Claim], reading: Reading) -> list[Day]:
    dates = [each for each in reading.claims if each.kind == "date"]
    if not dates:
        return []
    beside = _beside(
        claim.start, claim.end, anchors, [Place(str(n), each.start, each.end) for n, each in enumerate(dates)]
    )
    return [dates[int(beside.name)].value, *dates[int(beside.name)].others] if beside else []


def _tails_of(claim: Claim, anchors: list[Claim], reading: Reading) -> set[str]:
    tails = [each for each in reading.claims if each.kind == "tail"]
    if claim.kind == "tail":
        return {claim.value}
    beside = _beside(claim.start, claim.end, anchors, [Place(each.value, each.start, each.end) for each in tails])
    return {beside.name} if beside else set()


def _states_of(claim: Claim, anchors: list[Claim], reading: Reading, known: Known) -> set[tuple[str, bool]]:
    """States said of it, and whether they are said or denied."""
    places = list(_state_places(reading, known))
    if not places:
        return set()
    beside = _beside(claim.start, claim.end, anchors, places)
    return {_with_denial(beside, reading)} if beside else set()


def _state_places(reading: Reading, known: Known) -> Iterator[Place]:
    states = frozenset[str]().union(*(record.states for record in known.records)) | _STATE_WORDS
    for token in reading.tokens:
        if token.text in states and token.text in _STATE_WORDS:
            yield Place(token.text, token.start, token.end)


def _with_denial(place: Place, reading: Reading) -> tuple[str, bool]:
    before = [token.text for token in reading.tokens if token.end <= place.start][-4:]
    return place.name, not _NOT & set(before)


def _has_state(place: Place, role: Role, named: dict[Role, list[Place]], reading: Reading, known: Known) -> bool:
    """Without a figure: "Front Row Tickets is pending"."""
    states = list(_state_places(reading, known))
    if not states or place.start < 0 or "?" in reading.plain:
        return True
    beside = _beside(place.start, place.end, [Claim("code", "", each.start, each.end) for each in named[role]], states)
    if beside is None:
        return True
    word, is_so = _with_denial(beside, reading)
    holders = [record for record in known.records if place.name in record.names.get(role, ()) and record.states]
    return not holders or any((word in record.states) == is_so for record in holders)


def _is_of_field(claim: Claim, anchors: list[Claim], record: Record, fact: Fact, reading: Reading) -> bool:
    """Whether the words beside it fit the field that holds it: "available", "a month", "overdrawn"."""
    said = reading.plain.lower()
    around = _around(claim, anchors, said)
    owes = claim.negative or (fact.key in _BALANCES and _IN_RED.search(around))
    if owes and fact.key and not fact.claim.negative:
        return False
    if _IN_CREDIT.search(around) and fact.key == "ledger" and fact.claim.negative:
        return False
    if not fact.key:
        return True
    if _is_of_other_rhythm(around, record.words):
        return False
    if _A_MONTH.match(said, claim.end) and not ("month" in fact.key or {"monthly", "month"} & record.words):
        return False
    places = [Place(token.text, token.start, token.end) for token in reading.tokens if token.text in _FIELDS]
    beside = _field_beside(claim, anchors, places)
    if beside is None or not any(_FIELDS[beside.name].search(each.key) for each in record.facts):
        return True
    keys = [each.key for each in record.facts if _is_same(each.claim, claim)]
    return any(_FIELDS[beside.name].search(key) for key in keys)


def _is_of_other_rhythm(said: str, words: set[str]) -> bool:
    """ "every week" of a record that says "monthly"."""
    found = _EVERY.search(said)
    return found is not None and bool(words & _RHYTHMS.keys()) and not any(_RHYTHMS.get(w) == found[1] for w in words)


def _around(claim: Claim, anchors: list[Claim], said: str) -> str:
    """The gaps beside it."""
    left = max((each.end for each in anchors if each.end <= claim.start), default=0)
    right = min((each.start for each in anchors if each.start >= claim.end), default=len(said))
    return f"{said[left : claim.start]} | {said[claim.end : right]}"


def _field_beside(claim: Claim, anchors: list[Claim], places: Iterable[Place]) -> Place | None:
    """The field's word that an amount belongs to: right behind it ("£5 available") or before it."""
    left_edge = max((each.end for each in anchors if each.end <= claim.start), default=-1 - _RIGHT_BEHIND)
    near = list(places)
    behind = [place for place in near if 0 <= place.start - claim.end <= _RIGHT_BEHIND and place.name in _BEHIND]
    if behind:
        return behind[0]
    before = [
        place
        for place in near
        if left_edge <= place.start <= claim.start
        and not (place.name in _BEHIND and place.start - left_edge <= _RIGHT_BEHIND)
    ]
    return before[-1] if before else None
