"""A grammar over words. Places are followed as sets, so time grows with the words and the grammar, not with the ways to
read them.

A line is words and names in capitals; ``( | ) ? * +`` as in patterns; ``~NAME`` is one word that is not NAME, and
``ANY`` is one word.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Places = frozenset[int]
Given = Mapping[str, Sequence[str]]
"""Phrases of the names that are not in the grammar."""

_PIECE = re.compile(r"~?[A-Z][A-Z_]*|[^\W_A-Z]+|[()|?*+]")
_NOWHERE: Places = frozenset()
_START: Places = frozenset({0})


@dataclass(frozen=True, slots=True)
class _Reading:
    words: Sequence[str]
    given: Given
    known: dict[tuple[str, Places], Places] = field(default_factory=dict[tuple[str, Places], Places])
    """What names were found to match already."""


Node = Callable[[_Reading, Places], Places]
"""From where something may begin to where it may end."""


class Grammar:
    """Names may stand in lines before they are defined. Raises ValueError for a line that cannot be read."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._nodes: dict[str, Node] = {}
        for name, lines in names.items():
            self._nodes[name] = _any_of([_read(line, self._named) for line in lines.splitlines() if line.strip()])

    def matches(self, name: str, words: Sequence[str], given: Given | None = None) -> bool:
        """Whether all the words are what the name stands for."""
        return len(words) in self._nodes[name](_Reading(words, given or {}), _START)

    def longest(self, name: str, words: Sequence[str], start: int) -> int:
        """Where the longest match ends that begins there; ``start`` where none does."""
        return max(self._nodes[name](_Reading(words, {}), frozenset({start})), default=start)

    def finds(self, name: str, words: Sequence[str], given: Given | None = None) -> bool:
        """Whether it matches anywhere."""
        return bool(self._nodes[name](_Reading(words, given or {}), frozenset(range(len(words)))))

    def _named(self, name: str) -> Node:
        def node(reading: _Reading, places: Places) -> Places:
            if (name, places) not in reading.known:
                given = reading.given.get(name)
                one = self._nodes[name] if given is None else _any_of([_phrase(phrase) for phrase in given])
                reading.known[name, places] = one(reading, places)
            return reading.known[name, places]

        return node


def _read(line: str, named: Callable[[str], Node]) -> Node:
    pieces = _PIECE.findall(line)[::-1]
    node = _alternatives(pieces, named)
    if pieces:
        raise ValueError(f"{line!r} closes what it does not open.")
    return node


def _alternatives(pieces: list[str], named: Callable[[str], Node]) -> Node:
    nodes = [_sequence(pieces, named)]
    while pieces and pieces[-1] == "|":
        pieces.pop()
        nodes.append(_sequence(pieces, named))
    return _any_of(nodes)


def _sequence(pieces: list[str], named: Callable[[str], Node]) -> Node:
    nodes: list[Node] = []
    while pieces and pieces[-1] not in ("|", ")"):
        node = _one(pieces, named)
        while pieces and pieces[-1] in ("?", "*", "+"):
            node = _repeated(node, pieces.pop())
        nodes.append(node)
    return nodes[0] if len(nodes) == 1 else _InTurn(nodes)


def _one(pieces: list[str], named: Callable[[str], Node]) -> Node:
    piece = pieces.pop()
    if piece == "(":
        node = _alternatives(pieces, named)
        if not pieces:
            raise ValueError("A line opens what it does not close.")
        pieces.pop()
        return node
    if piece.startswith("~"):
        return _word_but(named(piece[1:]))
    if piece == "ANY":
        return lambda reading, places: frozenset(place + 1 for place in places if place < len(reading.words))
    return named(piece) if piece.isupper() else _Word(frozenset({piece}))


@dataclass(frozen=True, slots=True)
class _Word:
    """Any one of some words."""

    words: frozenset[str]

    def __call__(self, reading: _Reading, places: Places) -> Places:
        said, known = reading.words, self.words
        return frozenset([place + 1 for place in places if place < len(said) and said[place] in known])


@dataclass(frozen=True, slots=True)
class _InTurn:
    """One after the other."""

    nodes: Sequence[Node]

    def __call__(self, reading: _Reading, places: Places) -> Places:
        for node in self.nodes:
            if not places:
                break
            places = node(reading, places)
        return places


def _phrase(phrase: str) -> Node:
    return _InTurn([_Word(frozenset({word})) for word in phrase.split()])


def _any_of(nodes: Iterable[Node]) -> Node:
    """Single words among them are looked up at once."""
    nodes = list(nodes)
    words = frozenset[str]().union(*(node.words for node in nodes if isinstance(node, _Word)))
    others = [node for node in nodes if not isinstance(node, _Word)]
    choices = [_Word(words), *others] if words else others
    if len(choices) == 1:
        return choices[0]
    return lambda reading, places: _NOWHERE.union(*[node(reading, places) for node in choices])


def _word_but(other: Node) -> Node:
    def node(reading: _Reading, places: Places) -> Places:
        free = (place for place in places if place < len(reading.words))
        return frozenset(place + 1 for place in free if not other(reading, frozenset({place})))

    return node


def _repeated(one: Node, how: str) -> Node:
    def node(reading: _Reading, places: Places) -> Places:
        reached = places if how != "+" else _NOWHERE
        ends = one(reading, places)
        while how != "?" and not ends <= reached:
            reached |= ends
            ends = one(reading, ends)
        return reached | ends

    return node
