"""A grammar over words. Places are followed as sets, so time grows with the words and the grammar, not with the ways to
read them.

A line is words and names in capitals; ``( | ) ? * +`` as in patterns; ``~NAME`` is one word that is not NAME, and
``ANY`` is one word.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

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


class Node(Protocol):
    def __call__(self, reading: _Reading, places: Places) -> Places:
        """From where something may begin to where it may end."""
        ...

    def begins(self, names: "Names") -> "_Begins": ...


Names = dict[str, Node]


@dataclass(frozen=True, slots=True)
class _Begins:
    """What a node may begin with, so that most nodes need not be tried."""

    words: frozenset[str] | None
    """None: any word."""
    may_be_empty: bool


_ANYHOW = _Begins(None, may_be_empty=True)
_ANY_WORD = _Begins(None, may_be_empty=False)


class Grammar:
    """Names may stand in lines before they are defined. Raises ValueError for a line that cannot be read."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._nodes: Names = {}
        for name, lines in names.items():
            nodes = [_read(line, self._nodes) for line in lines.splitlines() if line.strip()]
            self._nodes[name] = _any_of(nodes, self._nodes)

    def matches(self, name: str, words: Sequence[str], given: Given | None = None) -> bool:
        """Whether all the words are what the name stands for."""
        return len(words) in self._nodes[name](_Reading(words, given or {}), _START)

    def longest(self, name: str, words: Sequence[str], start: int) -> int:
        """Where the longest match ends that begins there; ``start`` where none does."""
        return max(self._nodes[name](_Reading(words, {}), frozenset({start})), default=start)

    def finds(self, name: str, words: Sequence[str], given: Given | None = None) -> bool:
        """Whether it matches anywhere."""
        return bool(self._nodes[name](_Reading(words, given or {}), frozenset(range(len(words)))))


def _read(line: str, names: Names) -> Node:
    pieces = _PIECE.findall(line)[::-1]
    node = _alternatives(pieces, names)
    if pieces:
        raise ValueError(f"{line!r} closes what it does not open.")
    return node


def _alternatives(pieces: list[str], names: Names) -> Node:
    nodes = [_sequence(pieces, names)]
    while pieces and pieces[-1] == "|":
        pieces.pop()
        nodes.append(_sequence(pieces, names))
    return _any_of(nodes, names)


def _sequence(pieces: list[str], names: Names) -> Node:
    nodes: list[Node] = []
    while pieces and pieces[-1] not in ("|", ")"):
        node = _one(pieces, names)
        while pieces and pieces[-1] in ("?", "*", "+"):
            node = _Repeated(node, pieces.pop())
        nodes.append(node)
    return nodes[0] if len(nodes) == 1 else _InTurn(nodes)


def _one(pieces: list[str], names: Names) -> Node:
    piece = pieces.pop()
    if piece == "(":
        node = _alternatives(pieces, names)
        if not pieces:
            raise ValueError("A line opens what it does not close.")
        pieces.pop()
        return node
    if piece.startswith("~"):
        return _WordBut(_Named(piece[1:], names))
    if piece == "ANY":
        return _AnyWord()
    return _Named(piece, names) if piece.isupper() else _Word(frozenset({piece}))


@dataclass(frozen=True, slots=True)
class _Word:
    """Any one of some words."""

    words: frozenset[str]

    def __call__(self, reading: _Reading, places: Places) -> Places:
        said, known = reading.words, self.words
        return frozenset([place + 1 for place in places if place < len(said) and said[place] in known])

    def begins(self, names: Names) -> _Begins:  # noqa: ARG002
        return _Begins(self.words, may_be_empty=False)


@dataclass(frozen=True, slots=True)
class _AnyWord:
    def __call__(self, reading: _Reading, places: Places) -> Places:
        return frozenset([place + 1 for place in places if place < len(reading.words)])

    def begins(self, names: Names) -> _Begins:  # noqa: ARG002
        return _ANY_WORD


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    names: Names = field(repr=False)
    """Of the grammar: also those that are defined after this one was read."""

    def __call__(self, reading: _Reading, places: Places) -> Places:
        key = (self.name, places)
        if key not in reading.known:
            given = reading.given.get(self.name)
            one = self.names[self.name] if given is None else _AnyOf([_phrase(phrase) for phrase in given], self.names)
            reading.known[key] = one(reading, places)
        return reading.known[key]

    def begins(self, names: Names) -> _Begins:
        """``names``: those that are left; one that begins with itself may begin with anything."""
        if self.name not in names:
            return _ANYHOW
        return names[self.name].begins({name: node for name, node in names.items() if name != self.name})


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

    def begins(self, names: Names) -> _Begins:
        words = frozenset[str]()
        for node in self.nodes:
            first = node.begins(names)
            if first.words is None:
                return first
            words |= first.words
            if not first.may_be_empty:
                return _Begins(words, may_be_empty=False)
        return _Begins(words, may_be_empty=True)


def _phrase(phrase: str) -> Node:
    return _InTurn([_Word(frozenset({word})) for word in phrase.split()])


class _AnyOf:
    """What may begin with none of the words that stand there is not tried."""

    def __init__(self, nodes: Sequence[Node], names: Names) -> None:
        self._nodes = nodes
        self._names = names
        self._by_word: dict[str, list[Node]] | None = None
        """Made when the whole grammar is read."""
        self._anyhow: list[Node] = []

    def __call__(self, reading: _Reading, places: Places) -> Places:
        by_word = self._by_word if self._by_word is not None else self._sort()
        said = reading.words
        tried = {id(node): node for node in self._anyhow}
        for place in places:
            if place < len(said):
                tried.update((id(node), node) for node in by_word.get(said[place], ()))
        return _NOWHERE.union(*[node(reading, places) for node in tried.values()])

    def begins(self, names: Names) -> _Begins:
        firsts = [node.begins(names) for node in self._nodes]
        may_be_empty = any(first.may_be_empty for first in firsts)
        words = [first.words for first in firsts if first.words is not None]
        return _Begins(frozenset[str]().union(*words) if len(words) == len(firsts) else None, may_be_empty)

    def _sort(self) -> dict[str, list[Node]]:
        by_word: dict[str, list[Node]] = {}
        for node in self._nodes:
            first = node.begins(self._names)
            if first.words is None or first.may_be_empty:
                self._anyhow.append(node)
            else:
                for word in first.words:
                    by_word.setdefault(word, []).append(node)
        self._by_word = by_word
        return by_word


def _any_of(nodes: Iterable[Node], names: Names) -> Node:
    """Single words among them are looked up at once."""
    nodes = list(nodes)
    words = frozenset[str]().union(*(node.words for node in nodes if isinstance(node, _Word)))
    others = [node for node in nodes if not isinstance(node, _Word)]
    choices = [_Word(words), *others] if words else others
    return choices[0] if len(choices) == 1 else _AnyOf(choices, names)


@dataclass(frozen=True, slots=True)
class _WordBut:
    other: Node

    def __call__(self, reading: _Reading, places: Places) -> Places:
        free = (place for place in places if place < len(reading.words))
        return frozenset([place + 1 for place in free if not self.other(reading, frozenset({place}))])

    def begins(self, names: Names) -> _Begins:  # noqa: ARG002
        return _ANY_WORD


@dataclass(frozen=True, slots=True)
class _Repeated:
    one: Node
    how: str

    def __call__(self, reading: _Reading, places: Places) -> Places:
        reached = places if self.how != "+" else _NOWHERE
        ends = self.one(reading, places)
        while self.how != "?" and not ends <= reached:
            reached |= ends
            ends = self.one(reading, ends)
        return reached | ends

    def begins(self, names: Names) -> _Begins:
        first = self.one.begins(names)
        return _Begins(first.words, may_be_empty=first.may_be_empty or self.how != "+")
