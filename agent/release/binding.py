"""Whether an amount, card or name is said of what it belongs to: bound within one object of a result."""

import re
from collections.abc import Iterator
from typing import Any

from agent.release.claims import Claim, Reading
from agent.release.dates import MONTHS, WEEKDAYS, Day, fits
from agent.release.evidence import Known
from agent.release.places import Context, Place, names_in, place_beside
from agent.release.records import Record, Role
from agent.release.said_fields import is_of_field, is_same
from agent.release.units import stem

_WHOSE = re.compile(r"\b(?:all (?:of )?(?:your|the)|both your|all [a-z]+|all|both|your|the)\s+([a-z]+)\b")
_TO_WHOM = re.compile(r"\b(?:to|from|at|with)\s+([A-Z][^\W\d_]+(?:\s+[A-Z][^\W\d_]+){0,4})")
_NO_NAMES = frozenset(
    {*MONTHS, *WEEKDAYS, "teller", "bank", "payments", "support", "profile", "home", "cards", "pin", "apr", "aer"}
)
_BELOW_ZERO = re.compile(r"\b(?:overdrawn|in the red|in debt|below zero)\b")
_NOT = frozenset({"not", "never", "isn't", "aren't", "wasn't", "hasn't", "weren't", "haven't"})
_STATE_WORDS_WORDS = (
    "active frozen blocked pending booked declined open closed expired completed cancelled reversed released held "
    "inactive lost stolen overdue sent received refunded"
)
_STATE_WORDS = frozenset(_STATE_WORDS_WORDS.split())
_NONE: list[dict[str, Any]] = []


def is_bound(reading: Reading, known: Known, context: Context) -> bool:
    """Whether everything in the sentence can be said of what it is said of; keeps its names in ``context``."""
    named = names_in(reading, known, context)
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


def _fits_a_record(
    claim: Claim, anchors: list[Claim], named: dict[Role, list[Place]], reading: Reading, known: Known
) -> bool:
    holders = [(record, fact) for record in known.records for fact in record.facts if is_same(fact.claim, claim)]
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
        and (claim.kind != "money" or is_of_field(claim, anchors, record, fact, reading))
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
    return place_beside(claim.start, claim.end, anchors, places)


def _names(record: Record, role: Role, name: str) -> bool:
    """Whether it is said of what the record names. What names nothing in that role is a sum over several."""
    names = record.names.get(role)
    return names is not None and name in names if names or role in ("party", "category") else role != "account"


def _days_of(claim: Claim, anchors: list[Claim], reading: Reading) -> list[Day]:
    dates = [each for each in reading.claims if each.kind == "date"]
    if not dates:
        return []
    beside = place_beside(
        claim.start, claim.end, anchors, [Place(str(n), each.start, each.end) for n, each in enumerate(dates)]
    )
    return [dates[int(beside.name)].value, *dates[int(beside.name)].others] if beside else []


def _tails_of(claim: Claim, anchors: list[Claim], reading: Reading) -> set[str]:
    tails = [each for each in reading.claims if each.kind == "tail"]
    if claim.kind == "tail":
        return {claim.value}
    beside = place_beside(claim.start, claim.end, anchors, [Place(each.value, each.start, each.end) for each in tails])
    return {beside.name} if beside else set()


def _states_of(claim: Claim, anchors: list[Claim], reading: Reading, known: Known) -> set[tuple[str, bool]]:
    """States said of it, and whether they are said or denied."""
    places = list(_state_places(reading, known))
    if not places:
        return set()
    beside = place_beside(claim.start, claim.end, anchors, places)
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
    beside = place_beside(
        place.start, place.end, [Claim("code", "", each.start, each.end) for each in named[role]], states
    )
    if beside is None:
        return True
    word, is_so = _with_denial(beside, reading)
    holders = [record for record in known.records if place.name in record.names.get(role, ()) and record.states]
    return not holders or any((word in record.states) == is_so for record in holders)
