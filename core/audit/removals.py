"""Stretches of the audit chains that are gone after their time, as signed checkpoints say. A stretch begins after one
signed place and ends with another, so that what is left is proved from there on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

Stretches = Sequence[tuple[int, int]]
"""First and last place of each."""
Ends = Mapping[int, set[int]]
"""Last places by first place."""

SHORTEST_YEARS = 6
"""Whatever a bank sets: Companies Act 2006, section 388(4)(b); Limitation Act 1980, section 5. MLR 2017, regulation 40
asks for five."""


def years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        return now.replace(year=now.year - years, day=28)


def is_due(removed: Mapping[int, Stretches], at: datetime, signed_at: Mapping[tuple[int, int], datetime]) -> bool:
    """Whether every stretch lies between places that were signed more than the shortest time before.

    Args:
        signed_at: when each place of each chain was signed first.
    """
    latest = years_before(at, SHORTEST_YEARS)

    def is_old(chain: int, seq: int) -> bool:
        signed = signed_at.get((chain, seq))
        return signed is not None and signed <= latest

    return all(
        first <= last and (first == 1 or is_old(chain, first - 1)) and is_old(chain, last)
        for chain, stretches in removed.items()
        for first, last in stretches
    )


def removed_ends(removals: Iterable[Mapping[int, Stretches]]) -> dict[int, dict[int, set[int]]]:
    """What was ever removed, by chain."""
    ends: dict[int, dict[int, set[int]]] = {}
    for removed in removals:
        for chain, stretches in removed.items():
            for first, last in stretches:
                ends.setdefault(chain, {}).setdefault(first, set()).add(last)
    return ends


def fills(ends: Ends, first: int, last: int) -> bool:
    """Whether removed stretches, one after the other, begin and end with these places."""
    begun = {first}
    while begun:
        found = {end for place in begun for end in ends.get(place, ()) if end <= last}
        if last in found:
            return True
        begun = {end + 1 for end in found}
    return False


def list_due(
    signed: Mapping[int, Iterable[int]], present: set[tuple[int, int]], pinned: set[tuple[int, int]]
) -> dict[int, list[tuple[int, int]]]:
    """What may be removed of each chain.

    Args:
        signed: places that were signed long enough ago, by chain.
        present: those of them that are still there.
        pinned: places that have to stay, and hold the stretch in which they are.
    """
    due: dict[int, list[tuple[int, int]]] = {}
    kept_in: dict[int, list[int]] = {}
    for chain, seq in pinned:
        kept_in.setdefault(chain, []).append(seq)
    for chain, places in signed.items():
        stretches = [
            (first, last)
            for first, last in _between(sorted(places), sorted(kept_in.get(chain, ())))
            if (chain, last) in present
        ]
        if stretches:
            due[chain] = _joined(stretches)
    return due


def _between(places: Sequence[int], pinned: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Stretches between neighbouring places, in order, less those in which something has to stay."""
    waiting, before = iter(pinned), 0
    stays = next(waiting, None)
    for place in places:
        is_kept = stays is not None and stays <= place
        while stays is not None and stays <= place:
            stays = next(waiting, None)
        if not is_kept and place > before:
            yield before + 1, place
        before = place


def _joined(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in stretches:
        if joined and joined[-1][1] == first - 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined
