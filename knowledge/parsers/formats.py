"""Which parser reads which file."""

from importlib import import_module
from typing import cast

from knowledge.parsers.parsed import Parsed, Parser

PARSERS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".csv": "table",
    ".tsv": "table",
    ".json": "json",
    ".jsonl": "json",
}
"""Modules of this package by suffix. One is imported when the first file needs it: some take half a second."""

PLAIN = PARSERS.keys() - {".html", ".htm", ".pdf", ".docx"}
"""Those in which what is long is all that can take long."""

OTHER_FORMATS = {
    ".doc": ".docx",
    ".odt": ".docx",
    ".rtf": ".docx",
    ".pages": ".docx",
    ".xls": ".csv",
    ".xlsx": ".csv",
    ".ods": ".csv",
    ".ppt": ".pdf",
    ".pptx": ".pdf",
    ".odp": ".pdf",
    ".epub": ".html",
    ".mht": ".html",
    ".mhtml": ".html",
    ".rst": ".md",
    ".adoc": ".md",
    ".xml": ".html",
    ".ndjson": ".jsonl",
}
"""Documents that cannot be read, and what to save them as."""


def parse_file(content: bytes, name: str, suffix: str) -> Parsed:
    """Raises ArticleError, which names the file and what to mend."""
    parse = cast(Parser, import_module(f"knowledge.parsers.{PARSERS[suffix]}").parse)
    return parse(content, name)
