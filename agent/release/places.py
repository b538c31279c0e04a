"""Where names stand in a sentence, and which of them a figure belongs to.

In "Everyday: £5, and £4 in Rainy Day" each amount belongs to the name that stands in a gap beside it; where names stand
on both sides, to the side that the sentence began with.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from agent.release.claims import Claim, Reading
from agent.release.evidence import Known
from agent.release.records import Role

_REFERS = frozenset({"it", "its", "it's"})


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


def names_in(reading: Reading, known: Known, context: Context) -> dict[Role, list[Place]]:
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


def place_beside(start: int, end: int, anchors: list[Claim], places: list[Place]) -> Place | None:
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
