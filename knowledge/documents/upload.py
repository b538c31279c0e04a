"""A document that arrives by itself, without a folder."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from core.errors import InvalidInput
from knowledge.article import Article, ArticleError, FrontMatter
from knowledge.corpus import parse_content
from knowledge.includes import INCLUDING, refuse_includes
from knowledge.parsers.formats import OTHER_FORMATS, PARSERS

_LISTS = frozenset({"intents"})


def read_upload(content: bytes, name: str, stated: Mapping[str, str]) -> Article:
    """The article in an uploaded file.

    Args:
        name: the file's, which tells the format.
        stated: fields of the front matter, which count for more than what the file says. Empty ones say nothing.

    Raises:
        InvalidInput: names the file and what to mend.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in PARSERS or suffix == ".jsonl":
        better = OTHER_FORMATS.get(suffix) or "one of " + ", ".join(PARSERS.keys() - {".jsonl"})
        raise InvalidInput(f"{name or 'The file'}: such files cannot be read. Save it as {better}.")
    unknown = stated.keys() - FrontMatter.model_fields.keys()
    if unknown:
        raise InvalidInput(f"There are no fields {', '.join(sorted(unknown))}.")
    if not content:
        raise ArticleError(f"{name}: the file is empty.")
    if suffix in INCLUDING:
        refuse_includes(content, name)
    return parse_content(content, name, suffix, stated=_read_fields(stated))


def _read_fields(stated: Mapping[str, str]) -> dict[str, Any]:
    return {name: _items(value) if name in _LISTS else value for name, value in stated.items() if value.strip()}


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]
