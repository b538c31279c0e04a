"""Questions with the documents that answer them: JSON lines `{"query", "relevant", "qid"?}`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from core.errors import InvalidInput
from evals.reading import read_lines


@dataclass(frozen=True, slots=True)
class Query:
    qid: str
    text: str
    relevant: frozenset[str]


def read_queries(path: Path) -> list[Query]:
    """The questions of a JSON lines file; one without a `qid` has its line number.

    Raises:
        InvalidInput: unreadable, a line is no question, or there are none.
    """
    return [_parse_query(line, number, path) for number, line in read_lines(path)]


def _parse_query(line: str, number: int, path: Path) -> Query:
    try:
        parsed: object = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{path}, line {number} is not JSON.") from error
    fields = cast("dict[str, object]", parsed) if isinstance(parsed, dict) else {}
    text, relevant = fields.get("query"), fields.get("relevant")
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput(f"{path}, line {number} needs text in query.")
    if not isinstance(relevant, list) or not relevant:
        raise InvalidInput(f"{path}, line {number} needs at least one document id in relevant.")
    ids = frozenset(str(document) for document in cast("list[object]", relevant))
    return Query(str(fields.get("qid", number)), text, ids)
