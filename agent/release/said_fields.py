"""Whether the words beside an amount fit the field that holds it: "available", "a month", "overdrawn"."""

import re
from collections.abc import Iterable

from agent.release.claims import Claim, Reading
from agent.release.dates import fits
from agent.release.places import Place
from agent.release.records import Fact, Record

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
_IN_RED = re.compile(r"\b(?:overdrawn|in the red|owe[sd]?|owing|in debt|minus|negative)\b")
_EVERY = re.compile(r"\bevery (day|week|month|quarter|year)\b")
_RHYTHMS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_IN_CREDIT = re.compile(r"\bin credit\b")
_BALANCES = frozenset({"ledger", "available", "balance"})


def is_same(one: Claim, other: Claim) -> bool:
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


def is_of_field(claim: Claim, anchors: list[Claim], record: Record, fact: Fact, reading: Reading) -> bool:
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
    keys = [each.key for each in record.facts if is_same(each.claim, claim)]
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
