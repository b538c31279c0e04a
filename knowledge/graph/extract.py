"""Makes a graph without a language model: products, fees, limits, features, procedures and questions, from front
matter, titles, headings, tables and lists of the form "Label: value".

The same passage always gives the same facts, and equal things get equal names and descriptions wherever they stand, so
that LightRAG joins them.
"""

import re
from collections.abc import Iterator

from knowledge.graph.shapes import Entity, Facts, GraphPassage, Kind, Relation

MOST_FACTS = 4
"""Of a passage, beyond its product and topic: the first ones."""

_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("fee", re.compile(r"\b(fees?|charges?|costs?|prices?|pricing|rates?|apr|apy|interest|surcharges?)\b", re.I)),
    (
        "limit",
        re.compile(r"\b(limits?|max(imum)?|min(imum)?|caps?|allowances?|thresholds?|up to|at most|least)\b", re.I),
    ),
    (
        "procedure",
        re.compile(
            r"\b(how|steps?|procedures?|process|guide|apply(ing)?|open(ing)?|clos(e|ing)|order(ing)?|activat(e|ing|ion)|"
            r"cancel(l?ing)?|chang(e|ing)|report(ing)?|disput(e|es|ing)|set(ting)? up|request(ing)?|verify(ing)?)\b",
            re.I,
        ),
    ),
)
_SUBJECT = re.compile(r"^(?P<subject>[^:?]{3,60}):\s+(?P<topic>.{3,})$")
_LABELLED = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\*\*)?(?P<label>[^:*|]{3,60}?)(?::\*\*|\*\*:|:)\s+(?P<value>\S.*)$")
_ROW = re.compile(r"^\s*\|(?P<cells>.+)\|\s*$")
_RULE = re.compile(r"^[\s:|-]+$")
_MARKS = re.compile(r"[*_`#<>|]+")
_EDGES = " .,:;!?-–—()[]\"'"
_UNSAID = frozenset({"", "general"})


def extract_facts(passage: GraphPassage) -> Facts:
    """At least an entity of what the passage is about."""
    subject, topic = _read_title(passage)
    entities = [_entity(topic)]
    relations: list[Relation] = []
    if subject:
        entities.append(Entity(subject, "product", f"{subject}, a product or service"))
        relations.append(_relate(subject, topic, entities[0].kind, f"{subject}: {topic}"))
    owner = subject or topic
    for name, value in _list_facts(passage, topic):
        entity = _entity(name)
        entities.append(entity)
        relations.append(_relate(owner, name, entity.kind, f"{owner}: {name}{value}"))
    for intent in passage.intents:
        name = intent.replace("_", " ")
        entities.append(Entity(name, "question", f"Customers ask about {name}"))
        relations.append(_relate(topic, name, "question", f"{topic} answers {name}"))
    return Facts(_without_repeats(entities), [each for each in relations if each.source != each.target])


def _read_title(passage: GraphPassage) -> tuple[str, str]:
    """What the document is about, empty where it does not say, and what of it."""
    match = _SUBJECT.match(passage.title)
    if match:
        return _clean(match["subject"]), _clean(match["topic"])
    product = "" if passage.product in _UNSAID else _clean(passage.product)
    return product, _clean(passage.title)


def _list_facts(passage: GraphPassage, topic: str) -> Iterator[tuple[str, str]]:
    """Names with what is said of them, at most ``MOST_FACTS``."""
    found = {topic}
    for name, value in (*_heading(passage), *_read_lines(passage.text)):
        if name not in found and len(found) <= MOST_FACTS:
            found.add(name)
            yield name, f", {value}" if value else ""


def _heading(passage: GraphPassage) -> Iterator[tuple[str, str]]:
    name = _clean(passage.heading)
    if passage.heading != passage.title and name:
        yield name, ""


def _read_lines(text: str) -> Iterator[tuple[str, str]]:
    lines = text.split("\n")
    for number, line in enumerate(lines):
        row = _ROW.match(line)
        if row is None:
            match = _LABELLED.match(line)
            if match and _clean(match["label"]):
                yield _clean(match["label"]), _clean(match["value"])[:120]
        elif not _RULE.match(row["cells"]) and not _is_head(lines, number):
            name, *values = (_clean(cell) for cell in row["cells"].split("|"))
            if len(name) > 2:
                yield name, ", ".join(filter(None, values))[:120]


def _is_head(lines: list[str], number: int) -> bool:
    following = _ROW.match(lines[number + 1]) if number + 1 < len(lines) else None
    return following is not None and _RULE.match(following["cells"]) is not None


def _entity(name: str) -> Entity:
    kind = _kind(name)
    return Entity(name, kind, f"{name}, a {kind}")


def _kind(name: str) -> Kind:
    for kind, words in _KINDS:
        if words.search(name):
            return kind
    return "feature"


def _relate(source: str, target: str, kind: Kind, description: str) -> Relation:
    return Relation(source, target, kind, description)


def _without_repeats(entities: list[Entity]) -> list[Entity]:
    return list({entity.name: entity for entity in reversed(entities)}.values())[::-1]


def _clean(text: str) -> str:
    """One line without marks, at most 100 characters."""
    return re.sub(r"\s+", " ", _MARKS.sub(" ", text)).strip(_EDGES)[:100].strip(_EDGES)
