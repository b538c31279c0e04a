"""Further numbers under one word: "statements for 64229626 and 40237746", "typed 1243 instead of 1234"."""

import re
from collections.abc import Iterable, Iterator

from core.security.pii.kinds import SHAPED, Claim, Kind
from core.security.pii.reading.text import Reading

_KINDS = frozenset(
    {Kind.ACCOUNT_NUMBER, Kind.SORT_CODE, Kind.PHONE, Kind.NATIONAL_ID, Kind.PASSPORT, Kind.PIN, Kind.OTP, Kind.CVV}
)
_SECRET = frozenset({Kind.PIN, Kind.OTP, Kind.CVV})
"""Here only one that was mistaken for the other."""
_AND = r"\s?(?:,|and|&|/|plus)\s?(?:also |then |my |the |another )?"
_NOT = (
    r",? (?:or|not|instead of|rather than|and not|but not|in place of|when it(?:'s| is| was| should be)|but it(?:'s| is"
    r"| should be)|should (?:be|have been)|it should be|corrected to|changed to)(?: maybe| perhaps)? "
)
_BEHIND = re.compile(rf"(?P<link>{_NOT}|{_AND})(?P<value>\d(?:[ \-]?\d){{2,13}})(?![\w%]|[.,]\d)")
_AHEAD = re.compile(rf"(?<![\w£$€.,\-/])(?P<value>\d(?:[ \-]?\d){{2,13}})(?P<link>{_NOT}|{_AND})\Z")
_FIGURE = re.compile(r"\d")
_LONGEST = 60
_NEAR = 30
"""Characters of what may stand between."""


def find_fellows(reading: Reading, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Numbers of as many figures beside what was found."""
    lower = reading.lower
    for claim in claims:
        value = lower[claim.start : claim.end]
        if claim.kind not in _KINDS or not value[:1].isdigit() or any(map(str.isalpha, value)):
            continue
        behind = _BEHIND.match(lower, claim.end) if _FIGURE.search(lower, claim.end, claim.end + _NEAR) else None
        is_ahead = _FIGURE.search(lower, max(0, claim.start - _NEAR), claim.start) is not None
        ahead = _AHEAD.search(lower, max(0, claim.start - _LONGEST), claim.start) if is_ahead else None
        for found in (behind, ahead):
            if found is None or _figures(found["value"]) != _figures(value):
                continue
            if claim.kind not in _SECRET or re.match(_NOT, found["link"]):
                yield claim._replace(start=found.start("value"), end=found.end("value"), weight=SHAPED - 1)


def _figures(value: str) -> int:
    return sum(map(str.isdigit, value))
