"""Sentences that say there is none of something, or some, against the lists of the results."""

import re

from agent.release.claims import Reading
from agent.release.evidence import Known
from agent.release.units import stem

_NONE = re.compile(
    r"(?:\b(?:no|zero|0)|\bwithout(?: any)?|(?:\bnot|n't|\bnever)\b(?: \w+){0,4}? (?:any|a single|one)|\bnot a)\s+((?:[a-z-]+\s+){0,2}[a-z]+)"
)
_SOME = re.compile(
    r"\b(?:have|has|is|are|there's|got|found|see)\s+(?:an?|some|several|a few|many)\s+((?:[a-z-]+\s+){0,2}[a-z]+)"
)
MADE_UP = frozenset(
    [
        "alert",
        "alerts",
        "dispute",
        "disputes",
        "complaint",
        "complaints",
        "appointment",
        "appointments",
        "loan",
        "loans",
        "order",
        "orders",
        "case",
        "cases",
    ]
)
"""What is said to be there although none was found."""
_OTHER = frozenset({"other", "further", "more", "such", "new", "additional", "extra", "second", "third"})
_STATES = frozenset(
    {
        "pending",
        "open",
        "declined",
        "booked",
        "frozen",
        "blocked",
        "active",
        "closed",
        "overdue",
        "held",
        "cancelled",
        "expired",
    }
)


def find_false_absence(reading: Reading, known: Known) -> bool:
    """ "You have no alerts" where one was found; "you have an alert" where none was."""
    said = reading.plain.lower().replace("’", "'")
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


def _is_made_up(what: str, known: Known) -> bool:
    noun = next((stem(word) for word in what.split() if word in MADE_UP and stem(word) in known.lists), None)
    return noun is not None and not known.lists[noun]
