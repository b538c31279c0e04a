"""What the graph adds to a ranking: it says so of passages that were found without it, and fills the places that are
left behind them. It moves nothing up: measured, it ranks worse than what it would move (decision 0013).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.graph.source import Named

if TYPE_CHECKING:
    from knowledge.retrieve import Passage


def fill_up(
    passages: "Sequence[Passage]", named: Sequence[Named], read: "Sequence[Passage]", *, limit: int, per_document: int
) -> "list[Passage]":
    """The passages, with what the graph named behind them, each with the place that the graph gave it.

    Args:
        read: what the reader may read of what was named; of a document, its passages.
    """
    places = _list_places(named, read)
    filled = [replace(passage, graph=places.get(passage.id, 0)) for passage in passages]
    taken = {passage.id for passage in filled}
    numbers = Counter(passage.document_id for passage in filled)
    least = min((passage.score for passage in filled), default=0.0)
    for passage in sorted((each for each in read if each.id in places), key=lambda each: places[each.id]):
        if len(filled) < limit and passage.id not in taken and numbers[passage.document_id] < per_document:
            least = min(passage.score, least)
            filled.append(replace(passage, graph=places[passage.id], score=least))
            numbers[passage.document_id] += 1
    return filled


def _list_places(named: Sequence[Named], read: "Sequence[Passage]") -> dict[str, int]:
    """By passage id, from 1. Of a document that was named as a whole, its nearest passage."""
    known = {passage.id for passage in read}
    nearest: dict[str, str] = {}
    for passage in sorted(read, key=lambda each: -each.cosine):
        nearest.setdefault(passage.document_id, passage.id)
    places: dict[str, int] = {}
    for place, each in enumerate(named, 1):
        found = each.passage if each.passage is not None else nearest.get(each.document or "")
        if found in known:
            places.setdefault(found, place)
    return places
