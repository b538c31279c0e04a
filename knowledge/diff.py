"""What an ingest would change, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from typing import Literal

from knowledge.ingest import Plan

_MOST_LINES = 200
"""Of one document's differences."""
_CONTEXT = 1


@dataclass(frozen=True, slots=True)
class DocumentChange:
    action: Literal["add", "update", "delete"]
    document_id: str
    file: str
    """Empty for a document that goes."""
    diff: list[str]
    """Lines of a unified diff of the text; of an updated document alone, and empty if only its front matter, or how
    documents are read, has changed."""


def list_changes(plan: Plan, standing: Mapping[str, str]) -> list[DocumentChange]:
    """Of a plan; ``standing`` is the text of documents that are there, by id."""
    changes: list[DocumentChange] = []
    for document in plan.documents:
        document_id, old = document.article.about.id, standing.get(document.article.about.id)
        diff = [] if old is None else _diff(old, document.article.body)
        changes.append(DocumentChange("add" if old is None else "update", document_id, document.source, diff))
    return changes + [DocumentChange("delete", document_id, "", []) for document_id in plan.gone]


def _diff(old: str, new: str) -> list[str]:
    lines = unified_diff(old.split("\n"), new.split("\n"), n=_CONTEXT, lineterm="")
    shown = list(islice(lines, 2, _MOST_LINES + 3))
    return shown if len(shown) <= _MOST_LINES else [*shown[:_MOST_LINES], "..."]
