"""Answers LightRAG in place of a language model: it is asked to extract, and gets what ``extract.py`` makes."""

from collections.abc import Mapping

from knowledge.graph.extract import extract_facts
from knowledge.graph.shapes import Facts, GraphPassage, find_passage

_FIELD = "<|#|>"
_END = "<|COMPLETE|>"


def answer_extraction(prompt: str, passages: Mapping[str, GraphPassage]) -> str:
    """What a model that followed the prompt would say; nothing about a passage that is not among ``passages``."""
    passage = passages.get(find_passage(prompt) or "")
    return _END if passage is None else write_facts(extract_facts(passage))


def write_facts(facts: Facts) -> str:
    entities = [_record("entity", each.name, each.kind, each.description) for each in facts.entities]
    relations = [
        _record("relation", each.source, each.target, each.keywords, each.description) for each in facts.relations
    ]
    return "\n".join([*entities, *relations, _END])


def _record(*fields: str) -> str:
    return _FIELD.join(fields)
