"""What stands in two parts of a data set: the same text but for case, punctuation and numbers, or nearly the same.

Nearly the same: the sets of five-letter stretches of two texts overlap by at least `NEAR` (Jaccard), as where a text of
forty letters has one slip. Candidates are found by prefix filtering (Bayardo, Ma and Srikant 2007): two sets as near as
that share one of their rarest stretches.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from core.errors import InvalidInput

NEAR = 0.75
"""Share of common stretches from which two texts are one."""
_LETTERS = 5
_SHORTEST = 12
"""Characters from which a text may be near another; shorter ones are the same or different."""
_NOT_WORDS = re.compile(r"[\W_]+")
_NUMBERS = re.compile(r"\d+(?: \d+)*")

Row = Mapping[str, Any]
"""A row of a data set, of intents or of chats."""


def normalise(text: str) -> str:
    """The text without case, accents' forms, punctuation and the values of numbers."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = _NOT_WORDS.sub(" ", plain.replace("'", "").replace("’", "")).strip()
    return _NUMBERS.sub("0", words) or plain.strip()


def said_in(row: Row) -> str:
    """What the customer says in a row: the text of an intents row, the user's messages of a chat row."""
    if "messages" in row:
        return "\n".join(message["content"] for message in row["messages"] if message["role"] == "user")
    return str(row["text"])


def find_near(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of positions (earlier, later) of normalised texts that are equal or near. Of equal texts each is paired with
    the first alone, and only the first with those near it."""
    first: dict[str, int] = {}
    for position, text in enumerate(texts):
        known = first.setdefault(text, position)
        if known != position:
            yield known, position
    positions = [position for text, position in first.items() if len(text) >= _SHORTEST]
    yield from _join([(position, _stretches(texts[position])) for position in positions])


def check_parts(parts: Mapping[str, Sequence[Row]]) -> None:
    """Whether no text, and no group, stands in two parts.

    Raises:
        InvalidInput: a part is empty, or it names the first pair of rows that leaks.
    """
    for name, rows in parts.items():
        if not rows:
            raise InvalidInput(f"The part {name} is empty: make the data set again with more rows.")
    for (one, other), shared in _shared_groups(parts):
        raise InvalidInput(f"{one} and {other} share the group {shared}: {_AGAIN}")
    rows = [(name, row) for name, part in parts.items() for row in part]
    texts = [normalise(said_in(row)) for _, row in rows]
    if (leak := next(_leaks([name for name, _ in rows], texts), None)) is not None:
        (one, first), (other, second) = rows[leak[0]], rows[leak[1]]
        raise InvalidInput(
            f'{one} and {other} have the same text: row {first["id"]} "{_short(said_in(first))}" and row {second["id"]} '
            f'"{_short(said_in(second))}". {_AGAIN}'
        )


_AGAIN = "Make the data set again with `tellergraph finetune data`."


def leaking(part_of: Sequence[str], texts: Sequence[str], protected: str) -> set[int]:
    """Positions of the texts that are near one of another part, less those of the part `protected`."""
    found: set[int] = set()
    for pair in _leaks(part_of, texts):
        loose = [position for position in pair if part_of[position] != protected]
        found.add(loose[-1])
    return found


def _leaks(part_of: Sequence[str], texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of near texts in different parts. Equal texts are compared part by part."""
    places: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)
    for position, (part, text) in enumerate(zip(part_of, texts, strict=True)):
        places[text].setdefault(part, []).append(position)
    for parts in places.values():
        for one, other in combinations(parts.values(), 2):
            yield from ((one[0], position) for position in other)
            yield from ((position, other[0]) for position in one[1:])
    unique = list(places)
    for one, other in find_near(unique):
        for part, positions in places[unique[one]].items():
            for other_part, others in places[unique[other]].items():
                if part != other_part:
                    yield from ((position, near) for position in positions for near in others)


def _shared_groups(parts: Mapping[str, Sequence[Row]]) -> Iterator[tuple[tuple[str, str], str]]:
    groups = {name: {str(row["group"]) for row in rows if "group" in row} for name, rows in parts.items()}
    for one, other in combinations(groups, 2):
        if shared := groups[one] & groups[other]:
            yield (one, other), min(shared)


def _short(text: str) -> str:
    line = " / ".join(text.splitlines())
    return line if len(line) <= 80 else line[:79] + "…"


def _stretches(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + _LETTERS] for at in range(len(padded) - _LETTERS + 1)}


def _join(sets: Sequence[tuple[int, set[str]]]) -> Iterator[tuple[int, int]]:
    """Pairs of keys whose sets overlap by `NEAR`, found shortest first."""
    frequency = Counter(gram for _, grams in sets for gram in grams)
    # A gram is known by its place among all, the rarest first.
    place = {gram: at for at, gram in enumerate(sorted(frequency, key=lambda gram: (frequency[gram], gram)))}
    index: defaultdict[int, list[tuple[int, frozenset[int]]]] = defaultdict(list)
    for key, named in sorted(sets, key=lambda pair: (len(pair[1]), pair[0])):
        grams = frozenset([place[gram] for gram in named])
        size = len(grams)
        prefix = sorted(grams)[: size - math.ceil(NEAR * size) + 1]
        least = NEAR * size
        candidates = {other: theirs for gram in prefix for other, theirs in index[gram] if len(theirs) >= least}
        for other, theirs in candidates.items():
            common = len(grams & theirs)
            if common >= NEAR * (size + len(theirs) - common):
                yield min(key, other), max(key, other)
        for gram in prefix:
            index[gram].append((key, grams))
