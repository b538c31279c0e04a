"""Sentences that say there is none of something, or some, against the lists of the results."""

import re

from agent.release.claims import Reading
from agent.release.evidence import Known
from agent.release.units import stem

_NONE = re.compile(
    r"(?:\b(?:no|zero|0)|\bwithout(?: any)?|(?:\bnot|n't|\bnever)\b(?: \w+){0,4}? (?:any|a single|one)|\bnot a)"
    r"\s+((?:[a-z-]+\s+){0,2}[a-z]+)"
)
_SOME = re.compile(
    r"\b(?:have|has|is|are|there's|got|found|see)\s+(?:an?|some|several|a few|many)\s+((?:[a-z-]+\s+){0,2}[a-z]+)"
)
_ONLY_ONE = re.compile(r"(?<!not )\b(?:an? single|just one|only one|only a single)\s+((?:[a-z-]+\s+){0,2}[a-z]+)")
_NOTHING_STRANGE = re.compile(r"\bnothing (?:suspicious|unusual|strange|odd|wrong|out of the ordinary)\b")
_MADE_UP_WORDS = (
    "alert alerts dispute disputes complaint complaints appointment appointments loan loans order orders case cases"
)
MADE_UP = frozenset(_MADE_UP_WORDS.split())
"""What is said to be there although none was found."""
_OTHER = frozenset({"other", "further", "more", "such", "new", "additional", "extra", "second", "third"})
_STATES = frozenset(
    str.split("pending open declined booked frozen blocked active closed overdue held cancelled expired"),
)


def find_false_absence(reading: Reading, known: Known) -> bool:
    """ "You have no alerts" where one was found; "you have an alert" where none was."""
    said = reading.plain.lower().replace("’", "'")
    if _NOTHING_STRANGE.search(said) and known.lists.get("alert"):
        return True
    if "n't" not in said and any(_are_several(match[1], known) for match in _ONLY_ONE.finditer(said)):
        return True
    return any(_is_denied(match[1], known) for match in _NONE.finditer(said)) or (
        "?" not in said and any(_is_made_up(match[1], known) for match in _SOME.finditer(said))
    )


def _is_denied(what: str, known: Known) -> bool:
    words = what.split()
    for place, word in enumerate(words):
        items = known.lists.get(stem(word))
        if not items:
            continue
        narrowed = set(words[:place])
        if narrowed & _OTHER:
            return False
        states = narrowed & _STATES
        return not states or any(states & set(map(str, item.values())) for item in items)
    return False


def _are_several(what: str, known: Known) -> bool:
    return any(len(known.lists.get(stem(word), ())) > 1 for word in what.split()[:1])


def _is_made_up(what: str, known: Known) -> bool:
    noun = next((stem(word) for word in what.split() if word in MADE_UP and stem(word) in known.lists), None)
    return noun is not None and not known.lists[noun]
