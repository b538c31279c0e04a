"""What goes into the graph, and what comes out of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["product", "topic", "fee", "limit", "feature", "procedure", "question"]
Mode = Literal["naive", "local", "global", "mix"]
"""LightRAG's: by passages alone, from entities on, from relations on, or all of it."""

_MARK = re.compile(r"\[passage ([0-9a-f]{32})\]")


@dataclass(frozen=True, slots=True)
class Entity:
    name: str
    kind: Kind
    description: str


@dataclass(frozen=True, slots=True)
class Relation:
    source: str
    target: str
    keywords: str
    description: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What one passage says, for the graph."""

    entities: Sequence[Entity]
    relations: Sequence[Relation]


@dataclass(frozen=True, slots=True)
class GraphPassage:
    id: str
    title: str
    heading: str
    text: str
    """Markdown, without the heading."""
    product: str
    intents: Sequence[str]
    """Of its document, likewise the product."""


@dataclass(frozen=True, slots=True)
class GraphDocument:
    """One published revision of a document."""

    id: str
    """Of this revision: another one has another id."""
    passages: Sequence[GraphPassage]


@dataclass(frozen=True, slots=True)
class Keywords:
    """What a question is about, as understanding read it, so that no model has to be asked."""

    high: Sequence[str]
    """What it wants: topics. They are compared with relations."""
    low: Sequence[str]
    """What it names. They are compared with entities."""


def write_document(document: GraphDocument) -> str:
    """The text that LightRAG gets: each passage with its name at its end."""
    return "\n\n".join(write_passage(passage) for passage in document.passages)


def write_passage(passage: GraphPassage) -> str:
    heading = [] if passage.heading == passage.title else [passage.heading]
    # A text that names another passage must not be taken for it.
    said = _MARK.sub("", "\n".join([passage.title, *heading, passage.text]))
    return f"{said}\n[passage {passage.id}]"


def split_passages(text: str) -> list[str]:
    """A document's text cut behind each passage's name."""
    ends = [match.end() for match in _MARK.finditer(text)]
    return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]


def find_passage(text: str) -> str | None:
    """The last passage that is named in a text."""
    return next((match[1] for match in reversed(list(_MARK.finditer(text)))), None)
