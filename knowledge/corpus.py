"""Where documents come from: a folder (or one file) of Markdown articles and JSON documents.

A JSON document is ``{"id", "title", "content"}`` plus any field of the front matter; a ``.json`` file holds one or a
list of them, a ``.jsonl`` file one a line.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from core.errors import InvalidInput
from knowledge.article import Article, ArticleError, build_article, parse_article

_SUFFIXES = {".md", ".json", ".jsonl"}


@dataclass(frozen=True, slots=True)
class Source:
    """One document as it was read, not yet parsed: a look at its bytes tells whether it has changed."""

    name: str
    """The file's path within the folder, and for JSON the document's place in it."""
    content: bytes
    kind: Literal["markdown", "json"]


def list_sources(path: Path) -> list[Source]:
    """The documents under ``path``, by name.

    Raises:
        InvalidInput: there is no such path, or nothing in it that could be a document.
    """
    if not path.exists():
        raise InvalidInput(f"{path}: there is no such file or folder.")
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if _is_document(file, path))
    root = path.parent if path.is_file() else path
    found = [source for file in files for source in _read(file, file.relative_to(root).as_posix())]
    if not found:
        raise InvalidInput(f"{path}: no documents here. Put .md files with front matter, .json or .jsonl in it.")
    return found


def parse_source(source: Source) -> Article:
    """Raises ArticleError, which names the file and what to mend."""
    try:
        text = source.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArticleError(f"{source.name}: not UTF-8 at byte {error.start}. Save the file as UTF-8.") from error
    return parse_article(text, source.name) if source.kind == "markdown" else _parse_json(text, source.name)


def _is_document(file: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(root).parts)
    return file.suffix.lower() in _SUFFIXES and file.is_file() and not hidden


def _read(file: Path, name: str) -> Iterator[Source]:
    content = file.read_bytes()
    match file.suffix.lower():
        case ".jsonl":
            lines = content.splitlines()
            yield from (_json_source(line, name, place) for place, line in enumerate(lines, 1) if line.strip())
        case ".json":
            yield from _json_file(content, name)
        case _:
            yield Source(name, content, "markdown")


def _json_file(content: bytes, name: str) -> Iterator[Source]:
    try:
        loaded: object = json.loads(content)
    except ValueError:
        yield Source(name, content, "json")
        return
    documents = cast("list[object]", loaded) if isinstance(loaded, list) else [loaded]
    for place, document in enumerate(documents, 1):
        yield _json_source(json.dumps(document, sort_keys=True).encode(), name, place)


def _json_source(content: bytes, name: str, place: int) -> Source:
    """Named by the document's id where it has one, so that a line above it moves nothing."""
    try:
        loaded: object = json.loads(content)
    except ValueError:
        return Source(f"{name}:{place}", content, "json")
    document_id = cast("dict[str, object]", loaded).get("id") if isinstance(loaded, dict) else None
    return Source(f"{name}#{document_id}" if document_id else f"{name}:{place}", content, "json")


def _parse_json(text: str, name: str) -> Article:
    try:
        loaded: object = json.loads(text)
    except ValueError as error:
        raise ArticleError(f"{name}: not JSON ({error}).") from error
    if not isinstance(loaded, dict):
        raise ArticleError(f'{name}: not a document. Write {{"id": ..., "title": ..., "content": ...}}.')
    about = cast("dict[str, Any]", loaded)
    content: object = about.get("content")
    if not isinstance(content, str):
        raise ArticleError(f"{name}: `content` is missing. Give the document's text there.")
    return build_article({key: value for key, value in about.items() if key != "content"}, content, name)
