"""What a message mentions: every finder's findings, of which overlapping ones exclude each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from agent.understanding.slots.amounts import find_amounts
from agent.understanding.slots.calendar_words import Seen
from agent.understanding.slots.days import find_days
from agent.understanding.slots.mention import Known, Mention, Tense
from agent.understanding.slots.periods import find_durations, find_periods
from agent.understanding.slots.ranges import join_ranges
from agent.understanding.slots.spelling import respell
from agent.understanding.slots.tense import tense_of
from agent.understanding.slots.times import find_time_periods, find_times

_NOTHING_KNOWN = Known()
_BEHIND = frozenset({"number", "duration"})
"""Kinds that give way to any other that overlaps them, however short."""


def find_mentions(
    text: str, *, now: datetime, locale: str = "en-GB", known: Known = _NOTHING_KNOWN, tense: Tense | None = None
) -> tuple[Mention, ...]:
    """Everything that the message names, in the order of the text.

    Args:
        now: aware; the customer's day is its date.
        locale: BCP 47; decides what "5/12" and "1.250" mean.
        known: the customer's own names.
        tense: where days lie that could be meant twice; None: as the message's verbs say.
    """
    spelt, original = respell(text)
    seen = Seen(now, locale, tense or tense_of(spelt))
    found = _without_overlaps(_candidates(spelt, seen, known))
    return tuple(_placed(mention, text, original) for mention in join_ranges(spelt, found, seen))


def _candidates(text: str, seen: Seen, known: Known) -> Iterator[Mention]:
    yield from find_amounts(text, seen.locale)
    yield from find_days(text, seen)
    yield from find_periods(text, seen)
    yield from find_times(text, seen.now, seen.locale)
    yield from find_time_periods(text, seen.now, seen.locale)
    yield from find_durations(text, seen.locale)


def _without_overlaps(candidates: Iterable[Mention]) -> list[Mention]:
    """The longest first; of equals the one found first. In the order of the text."""
    chosen: list[Mention] = []
    for candidate in sorted(candidates, key=lambda mention: (mention.kind in _BEHIND, mention.start - mention.end)):
        if all(candidate.end <= other.start or candidate.start >= other.end for other in chosen):
            chosen.append(candidate)
    return sorted(chosen, key=lambda mention: mention.start)


def _placed(mention: Mention, text: str, original: Callable[[int], int]) -> Mention:
    """Where it stands in the text as it was given, before words were put right."""
    start, end = original(mention.start), original(mention.end)
    parts = tuple(_placed(part, text, original) for part in mention.parts)
    return replace(mention, text=text[start:end], start=start, end=end, parts=parts)
