"""A JSON document: ``{"id", "title", "content"}`` plus any field of the front matter."""

import json
from typing import Any, cast

from knowledge.article import ArticleError
from knowledge.parsers.parsed import Parsed


def parse(content: bytes, name: str) -> Parsed:
    try:
        loaded: object = json.loads(content)
    except UnicodeDecodeError as error:
        raise ArticleError(f"{name}: not UTF-8 at byte {error.start}. Save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise ArticleError(f"{name}: not JSON ({error}).") from error
    if not isinstance(loaded, dict):
        raise ArticleError(f'{name}: not a document. Write {{"id": ..., "title": ..., "content": ...}}.')
    about = cast("dict[str, Any]", loaded)
    body: object = about.get("content")
    if not isinstance(body, str):
        raise ArticleError(f"{name}: `content` is missing. Give the document's text there.")
    return Parsed(body, {key: value for key, value in about.items() if key != "content"})
