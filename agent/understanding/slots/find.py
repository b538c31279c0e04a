"""What a message mentions: every finder's findings, of which overlapping ones exclude each other."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from agent.understanding.slots.accounts import find_accounts
from agent.understanding.slots.amount_ranges import find_amount_ranges, join_amount_ranges
from agent.understanding.slots.amounts import find_amounts, find_currencies
from agent.understanding.slots.answers import find_yes_or_no
from agent.understanding.slots.bank_numbers import find_bank_numbers
from agent.understanding.slots.calendar_words import Seen
from agent.understanding.slots.cards import find_cards
from agent.understanding.slots.categories import find_categories
from agent.understanding.slots.context import in_context
from agent.understanding.slots.counts import as_amounts, find_numbers, find_ordinals, without_doubtful
from agent.understanding.slots.days import find_days
from agent.understanding.slots.durations import find_durations
from agent.understanding.slots.frequency import find_frequencies
from agent.understanding.slots.mention import Kind, Known, Mention, Tense
from agent.understanding.slots.new_names import find_new_names
from agent.understanding.slots.parties import find_parties
from agent.understanding.slots.periods import find_periods
from agent.understanding.slots.periods_in_month import find_days_of_month
from agent.understanding.slots.ranges import join_ranges
from agent.understanding.slots.references import find_purposes, find_references
from agent.understanding.slots.relative import as_changes, find_factors, find_shifts, join_shifts
from agent.understanding.slots.spelling import respell
from agent.understanding.slots.stretches import Stretch, mark_told, read_stretches, tense_at
from agent.understanding.slots.time_periods import find_time_periods
from agent.understanding.slots.times import find_times

_NOTHING_KNOWN = Known()
_FIRST: tuple[Kind, ...] = ("iban", "reference", "sort_code", "account_number", "payee", "card")
_LAST: tuple[Kind, ...] = ("duration", "name", "currency", "number")
_PROPER = re.compile(r"[A-Z][\w'’&-]*(?:\s+[A-Z][\w'’&-]*)+")
""" "Ironworks Gym" is more than a word for a category."""
_TOGETHER = frozenset({("date", "ordinal"), ("ordinal", "date"), ("date", "time_period"), ("time_period", "date")}) | {
    ("date", "shift"),
    ("shift", "date"),
}
"""Kinds of which both are given for the same words: "the third" may be a day or one of several, "two days earlier" than
today or than another day."""


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
    stretches = read_stretches(spelt)
    seen = Seen(now, locale, tense or stretches[0].tense)
    days = _days(spelt, seen, () if tense else stretches)
    found = _without_overlaps(find_new_names(spelt), _candidates(spelt, seen, known, days))
    found = sorted([*found, *find_purposes(spelt, found)], key=lambda mention: mention.start)
    found = list(join_ranges(spelt, list(join_shifts(spelt, found)), seen))
    found = without_doubtful(spelt, found)
    found = in_context(spelt, list(as_changes(spelt, list(as_amounts(spelt, found)))))
    found = mark_told(join_amount_ranges(spelt, list(found)), stretches)
    return tuple(_placed(mention, text, original) for mention in (*find_yes_or_no(spelt), *found))


def _candidates(text: str, seen: Seen, known: Known, days: Iterable[Mention]) -> Iterator[Mention]:
    yield from find_bank_numbers(text)
    yield from find_references(text)
    yield from find_amounts(text, seen.locale)
    yield from find_amount_ranges(text, seen.locale)
    yield from days
    yield from find_times(text, seen.now, seen.locale)
    yield from find_time_periods(text, seen.now, seen.locale)
    yield from find_frequencies(text)
    yield from find_shifts(text, seen.locale)
    yield from find_factors(text, seen.locale)
    yield from find_durations(text, seen.locale)
    yield from find_accounts(text, known.accounts)
    yield from find_cards(text, known.cards)
    yield from find_ordinals(text)
    yield from find_categories(text, known.categories)
    yield from find_parties(text, known)
    yield from find_currencies(text)
    yield from find_numbers(text, seen.locale)


def _days(text: str, seen: Seen, stretches: Sequence[Stretch]) -> Iterator[Mention]:
    """Days and periods, each seen with the tense of its stretch."""
    tenses = {stretch.tense for stretch in stretches}
    if len(tenses) < 2:
        yield from _days_seen(text, seen)
        return
    for tense in sorted(tenses):
        for mention in _days_seen(text, replace(seen, tense=tense)):
            if tense_at(mention.start, stretches) == tense:
                yield mention


def _days_seen(text: str, seen: Seen) -> Iterator[Mention]:
    yield from find_days(text, seen)
    yield from find_periods(text, seen)
    yield from find_days_of_month(text, seen)


def _without_overlaps(given: Iterable[Mention], candidates: Iterable[Mention]) -> list[Mention]:
    """What is given, then the most certain kinds, then the longest; of equals the one found first. In the order of the
    text."""
    chosen: list[Mention] = []
    taken: dict[int, list[Mention]] = {}
    for candidate in (*given, *sorted(candidates, key=_rank)):
        rivals = (other for place in range(candidate.start, candidate.end) for other in taken.get(place, ()))
        if all(_may_stand_with(candidate, other) for other in rivals):
            chosen.append(candidate)
            for place in range(candidate.start, candidate.end):
                taken.setdefault(place, []).append(candidate)
    return sorted(chosen, key=lambda mention: mention.start)


def _rank(mention: Mention) -> tuple[int, int]:
    is_known = mention.kind == "merchant" and isinstance(mention.value, tuple)
    if mention.kind in _FIRST or is_known:
        order = 0
    elif mention.kind in _LAST and not (mention.kind == "name" and _PROPER.fullmatch(mention.text)):
        order = 2 + _LAST.index(mention.kind)
    else:
        order = 1
    return order, mention.start - mention.end


def _may_stand_with(one: Mention, other: Mention) -> bool:
    """Although they share words; not where a day leads to another: "the Friday before Christmas"."""
    leads = any(mention.kind == "shift" and mention.text.endswith(" ") for mention in (one, other))
    return (one.kind, other.kind) in _TOGETHER and not leads


def _placed(mention: Mention, text: str, original: Callable[[int], int]) -> Mention:
    """Where it stands in the text as it was given, before words were put right."""
    start, end = original(mention.start), original(mention.end)
    parts = tuple(_placed(part, text, original) for part in mention.parts)
    return replace(mention, text=text[start:end], start=start, end=end, parts=parts)
