"""CSV: a list of documents where it has the columns for it, else one document that is a table."""

import csv
import json
from collections.abc import Sequence
from io import StringIO

from knowledge.article import ArticleError
from knowledge.flags import Flag
from knowledge.parsers.decoding import decode_text
from knowledge.parsers.parsed import Parsed

DOCUMENT_COLUMNS = frozenset({"id", "title", "content"})
_LISTS = frozenset({"intents"})
_SEPARATORS = ",;\t|"
_LONGEST_CELL = 5_000_000
"""Characters."""

Rows = list[list[str]]


def parse(content: bytes, name: str) -> Parsed:
    rows, flags = read_rows(content, name)
    return Parsed(_as_table(rows), title="", flags=flags)


def read_rows(content: bytes, name: str) -> tuple[Rows, tuple[Flag, ...]]:
    """The rows that are not blank, the header first; each as wide as the header or wider.

    Raises:
        ArticleError: no text, or not CSV.
    """
    text, flags = decode_text(content, name)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        read = list(csv.reader(StringIO(text, newline=""), delimiter=_separator(text)))
    except csv.Error as error:
        raise ArticleError(f"{name}: not CSV ({error}).") from error
    rows = [[cell.strip() for cell in row] for row in read]
    return [row for row in rows if any(row)], flags


def list_documents(rows: Rows) -> list[bytes] | None:
    """Each row as a JSON document; None if the columns are not those of documents. An empty cell says nothing."""
    columns = [column.lower() for column in rows[0]] if rows else []
    if not set(columns) >= DOCUMENT_COLUMNS:
        return None
    return [_as_document(columns, row) for row in rows[1:]]


def _as_document(columns: Sequence[str], row: Sequence[str]) -> bytes:
    stated = {column: cell for column, cell in zip(columns, row, strict=False) if cell}
    document = {column: _items(cell) if column in _LISTS else cell for column, cell in stated.items()}
    return json.dumps(document, sort_keys=True).encode()


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.replace(";", ",").split(",") if item.strip()]


def _separator(text: str) -> str:
    """What the header has most of."""
    header = text.lstrip().partition("\n")[0]
    return max(_SEPARATORS, key=header.count)


def _as_table(rows: Rows) -> str:
    width = max((len(row) for row in rows), default=0)
    lines = ["| " + " | ".join(_cell(cell) for cell in [*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]) if lines else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
