"""Days to come that the screen has hidden. "Send Jimmy 60 on 4 December, it's his birthday" names no date of birth that
counts, but a day to pay on; the text keeps its placeholder, and what was mentioned in it gets the day."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

from agent.understanding.slots import Known, Mention, find_mentions
from core.clock import BANK_TIME_ZONE
from core.security.pii import Placeholders

_HIDDEN_DAY = re.compile(r"\[(?!CARD_EXPIRY)[A-Z_]+_\d+\]")


def mentions_in(said: str, placeholders: Placeholders, now: datetime, known: Known) -> tuple[Mention, ...]:
    """What the masked text ``said`` mentions, at its places there."""
    hidden = [found for found in _HIDDEN_DAY.finditer(said) if _is_ahead(placeholders.restore(found[0]), now)]
    if not hidden:
        return find_mentions(said, now=now, known=known)
    places = _Places(said, hidden, placeholders)
    found = find_mentions(places.shown, now=now, known=known)
    return tuple(places.brought_back(mention) for mention in found)


def _is_ahead(original: str, now: datetime) -> bool:
    today = now.astimezone(BANK_TIME_ZONE).date()
    match find_mentions(original, now=now, known=Known()):
        case (Mention(value=date() as day, start=0, end=end),):
            return day >= today and end == len(original)
        case _:
            return False


class _Places:
    """``shown`` is ``said`` with the days in it."""

    def __init__(self, said: str, hidden: list[re.Match[str]], placeholders: Placeholders) -> None:
        self._said, self._placeholders = said, placeholders
        self._ends = [(0, 0)]
        """(in ``shown``, in ``said``) where each day begins and ends, between the two ends of the text."""
        pieces = list(self._pieces(hidden))
        self.shown = "".join(pieces)
        self._ends.append((len(self.shown), len(said)))

    def _pieces(self, hidden: list[re.Match[str]]) -> Iterator[str]:
        shown = after = 0
        for found in hidden:
            original = self._placeholders.restore(found[0])
            yield self._said[after : found.start()]
            yield original
            shown += found.start() - after
            self._ends += [(shown, found.start()), (shown + len(original), found.end())]
            shown, after = shown + len(original), found.end()
        yield self._said[after:]

    def brought_back(self, mention: Mention) -> Mention:
        start, end = self._in_said(mention.start), self._in_said(mention.end, is_end=True)
        value = self._placeholders.conceal(mention.value) if isinstance(mention.value, str) else mention.value
        parts = tuple(self.brought_back(part) for part in mention.parts)
        return replace(mention, start=start, end=end, text=self._said[start:end], value=value, parts=parts)

    def _in_said(self, place: int, *, is_end: bool = False) -> int:
        for number, ((begins, at), (ends, until)) in enumerate(pairwise(self._ends)):
            if place < ends or (is_end and place == ends):
                # The odd stretches are days: who points into one means all of it.
                inside = number % 2
                return (until if is_end else at) if inside else at + place - begins
        return len(self._said)
