"""What a message mentions: every finder's findings, of which overlapping ones exclude each other."""

from collections.abc import Iterable
from datetime import datetime

from agent.understanding.slots.amounts import find_amounts
from agent.understanding.slots.mention import Known, Mention, Tense


def find_mentions(
    text: str, *, now: datetime, locale: str = "en-GB", known: Known = Known(), tense: Tense | None = None
) -> tuple[Mention, ...]:
    """Everything that the message names, in the order of the text.

    Args:
        now: aware; the customer's day is its date.
        locale: BCP 47; decides what "5/12" and "1.250" mean.
        known: the customer's own names.
        tense: where days lie that could be meant twice; None: as the message's verbs say.
    """
    return tuple(sorted(_without_overlaps(find_amounts(text, locale)), key=lambda mention: mention.start))


def _without_overlaps(candidates: Iterable[Mention]) -> list[Mention]:
    """The longest first; of equals the one found first."""
    chosen: list[Mention] = []
    for candidate in sorted(candidates, key=lambda mention: mention.start - mention.end):
        if all(candidate.end <= other.start or candidate.start >= other.end for other in chosen):
            chosen.append(candidate)
    return chosen
