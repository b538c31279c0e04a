"""Word documents: what mammoth makes of their styles, headings, lists and tables, read as HTML."""

from io import BytesIO
from typing import Any, cast
from zipfile import BadZipFile, ZipFile

import mammoth

from knowledge.article import ArticleError
from knowledge.parsers.html import parse_html
from knowledge.parsers.parsed import Parsed

_MAX_UNPACKED = 200_000_000
"""Bytes. A document of a few kilobytes can unpack to gigabytes."""
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"
"""Begins what Word saved before 2007, and what it saves with a password."""
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def parse(content: bytes, name: str) -> Parsed:
    if content.startswith(_OLD_FORMAT):
        raise ArticleError(f"{name}: it has a password or is an old .doc. Save it as .docx without a password.")
    try:
        _check_size(content, name)
        converted = mammoth.convert_to_html(
            BytesIO(content), style_map=_STYLES, convert_image=_without_images, external_file_access=False
        )
    except (ArticleError, MemoryError):
        raise
    # A damaged file can fail anywhere in the library, with any error.
    except Exception as error:
        raise ArticleError(f"{name}: not a Word document, or a damaged one. Save it again as .docx.") from error
    return parse_html(str(cast(Any, converted).value), name)


def _check_size(content: bytes, name: str) -> None:
    try:
        with ZipFile(BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except BadZipFile as error:
        raise ArticleError(f"{name}: not a Word document, or a damaged one. Save it again as .docx.") from error
    if unpacked > _MAX_UNPACKED:
        raise ArticleError(f"{name}: it unpacks to {unpacked:,} bytes, at most {_MAX_UNPACKED:,}. Split it.")


def _without_images(_image: Any) -> list[Any]:
    return []
