"""Deals groups of rows to train, validation and test, so that nothing near stands on two sides."""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from finetune.data.leakage import find_near, normalise

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)

H = TypeVar("H", bound=Hashable)


def cluster(texts: Sequence[str], groups: Sequence[H]) -> list[int]:
    """Of each text the number of its cluster: texts of one group and texts that are near are together."""
    parent = list(range(len(texts)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    def join(one: int, other: int) -> None:
        first, second = sorted((root(one), root(other)))
        parent[second] = first

    first_of: dict[H, int] = {}
    for position, group in enumerate(groups):
        join(first_of.setdefault(group, position), position)
    for one, other in find_near([normalise(text) for text in texts]):
        join(one, other)
    return [root(position) for position in range(len(texts))]


def deal(members: Mapping[int, Mapping[str, int]], seed: int, share: float = 0.1) -> dict[int, str]:
    """The part of each cluster. Of every label about `share` of the rows go to the validation and to the test part each,
    as far as it has clusters enough: the training part gets one first.

    Args:
        members: of each cluster, how many rows of which label it has.
    """
    clusters_of: defaultdict[str, list[int]] = defaultdict(list)
    total: defaultdict[str, int] = defaultdict(int)
    for number, labels in members.items():
        # A cluster of several labels is dealt with the one that it has most of.
        clusters_of[max(sorted(labels), key=lambda label: labels[label])].append(number)
        for label, rows in labels.items():
            total[label] += rows
    dealt: dict[int, str] = {}
    for label, numbers in sorted(clusters_of.items()):
        wanted = {part: max(1, round(share * total[label])) for part in (TEST, VALIDATION)}
        # The largest trains: small ones make up the others exactly.
        largest, *rest = sorted(numbers, key=lambda number: (-sum(members[number].values()), _drawn(seed, number)))
        dealt[largest] = TRAIN
        for number in sorted(rest, key=lambda number: _drawn(seed, number)):
            size = members[number][label]
            part = next((part for part, open_ in wanted.items() if size <= max(open_, 1) and open_ > 0), TRAIN)
            dealt[number] = part
            if part != TRAIN:
                wanted[part] -= size
    return dealt


def count_members(clusters: Iterable[int], labels: Iterable[str]) -> dict[int, dict[str, int]]:
    """Of each cluster, how many rows of which label it has."""
    members: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for number, label in zip(clusters, labels, strict=True):
        members[number][label] += 1
    return {number: dict(labels) for number, labels in members.items()}


def _drawn(seed: int, number: int) -> bytes:
    """A place in a drawn order, the same on every machine and for every hash seed."""
    return hashlib.sha256(f"{seed}/{number}".encode()).digest()
