"""Where documents come from: a folder, or one file.

A file is a document; `.json`, `.jsonl` and `.csv` may hold many. What the author cannot write into a file, such as the
audience of a PDF, stands beside it in ``NAME.yaml`` (``fees.pdf.yaml``), in the words of the front matter. Names that
begin with a dot or an underscore are no documents.
"""

import hashlib
import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Protocol, cast

from core.errors import InvalidInput
from knowledge.article import Article, ArticleError, Audience, build_article, read_yaml
from knowledge.flags import Flag
from knowledge.includes import INCLUDING, Folder
from knowledge.parsers.formats import OTHER_FORMATS, PARSERS, parse_file
from knowledge.parsers.table import list_documents, read_rows

MAX_FILE = 25_000_000
"""Bytes of a document."""
MAX_LIST = 500_000_000
"""Bytes of a file that may hold many."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for documents that do not say."""

    audience: Audience = "public"
    language: str = "en"
    product: str = "general"
    jurisdiction: str = ""


UNSTATED = Defaults()


@dataclass(frozen=True, slots=True)
class Source:
    """One document as it stands in its file, not yet parsed: a look at its bytes tells whether it has changed."""

    name: str
    """The file's path within the folder, and in a list of documents the document's place."""
    suffix: str
    read: Callable[[], bytes]
    digest: str = ""
    """SHA-256 of all that is read."""
    beside: bytes = b""
    """What ``NAME.yaml`` says."""
    flags: tuple[Flag, ...] = ()
    """Of the file that it is a part of."""
    fault: str = ""
    """Why it cannot be read; empty if it can."""


def list_sources(path: Path) -> list[Source]:
    """The documents under ``path``, by name; with those that cannot be read.

    Raises:
        InvalidInput: there is no such path, or nothing in it that could be a document.
    """
    if not path.exists():
        raise InvalidInput(f"{path}: there is no such file or folder.")
    root = path.parent if path.is_file() else path
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if _is_document(file, path))
    found = [source for file in files for source in _list_file(file, root)]
    if not found:
        raise InvalidInput(f"{path}: no documents here. Put files of these kinds in it: {', '.join(PARSERS)}.")
    return found


def is_from(name: str, path: Path) -> bool:
    """Whether the document of that name comes from ``path``: any from a folder; from a file those that it holds."""
    return path.is_dir() or name == path.name or name.startswith((f"{path.name}#", f"{path.name}:"))


def parse_content(
    content: bytes,
    name: str,
    suffix: str,
    defaults: Defaults = UNSTATED,
    *,
    stated: Mapping[str, Any] = MappingProxyType({}),
    flags: tuple[Flag, ...] = (),
) -> Article:
    """The article in one file's content.

    Args:
        stated: of the front matter; counts for more than what the file says.

    Raises:
        ArticleError: names the file and what to mend.
    """
    parsed = parse_file(content, name, suffix)
    about: dict[str, Any] = {field: getattr(defaults, field) for field in Defaults.__slots__}
    if parsed.title is not None:
        about |= {"id": _id_from(name), "title": parsed.title[:300] or _title_from(name)}
    return build_article(about | parsed.about | dict(stated), parsed.body, name, (*flags, *parsed.flags))


class ParseContent(Protocol):
    """``parse_content``, here or elsewhere."""

    def __call__(
        self,
        content: bytes,
        name: str,
        suffix: str,
        defaults: Defaults = ...,
        *,
        stated: Mapping[str, Any] = ...,
        flags: tuple[Flag, ...] = ...,
    ) -> Article: ...


def parse_source(source: Source, defaults: Defaults = UNSTATED, parse: ParseContent = parse_content) -> Article:
    """Raises ArticleError, which names the file and what to mend."""
    if source.fault:
        raise ArticleError(f"{source.name}: {source.fault}")
    stated = read_yaml(source.beside.decode("utf-8", "replace"), f"{source.name}.yaml") if source.beside else {}
    return parse(source.read(), source.name, source.suffix, defaults, stated=stated, flags=source.flags)


def _is_document(file: Path, root: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in file.relative_to(root).parts)
    return not hidden and file.suffix.lower() in PARSERS.keys() | OTHER_FORMATS.keys() and file.is_file()


def _list_file(file: Path, root: Path) -> Iterator[Source]:
    """The documents in a file; if it cannot be read, one that says why."""
    name, suffix = file.relative_to(root).as_posix(), file.suffix.lower()
    try:
        name.encode()
    except UnicodeEncodeError:
        yield Source(name.encode(errors="replace").decode(), suffix, bytes, fault="its name is not UTF-8. Rename it.")
        return
    try:
        _check_file(file, root, suffix)
        yield from _name_once(_LISTERS.get(suffix, _list_one)(file, name, root), name)
    except ArticleError as error:
        yield Source(name, suffix, bytes, fault=error.message.removeprefix(f"{name}: "))
    except OSError as error:
        yield Source(name, suffix, bytes, fault=f"it cannot be read: {error.strerror}.")


def _name_once(sources: Iterator[Source], name: str) -> Iterator[Source]:
    """Those of one file; where two have the same id, the second cannot be read."""
    seen: set[str] = set()
    for number, source in enumerate(sources, 1):
        if source.name in seen:
            fault = "its id is that of another document of the file. Give one of them another id."
            yield Source(f"{name}, document {number}", source.suffix, bytes, fault=fault)
        else:
            seen.add(source.name)
            yield source


def _check_file(file: Path, root: Path, suffix: str) -> None:
    if suffix in OTHER_FORMATS:
        raise ArticleError(f"{suffix} files cannot be read. Save it as {OTHER_FORMATS[suffix]}.")
    if not file.resolve().is_relative_to(root.resolve()):
        raise ArticleError("it is a link that leads out of the folder. Put the file itself there.")
    size, limit = file.stat().st_size, MAX_LIST if suffix in _LISTERS else MAX_FILE
    if size > limit:
        raise ArticleError(f"{size / 1e6:,.0f} MB is too large, at most {limit / 1e6:,.0f} MB. Split it.")
    if not size:
        raise ArticleError("the file is empty.")


def _list_one(file: Path, name: str, root: Path) -> Iterator[Source]:
    suffix, beside = file.suffix.lower(), file.with_name(f"{file.name}.yaml")
    read = partial(Folder(root.resolve()).expand, file.resolve(), name) if suffix in INCLUDING else file.read_bytes
    yield _source(name, suffix, read, beside.read_bytes() if beside.is_file() else b"")


def _list_lines(file: Path, name: str, _root: Path) -> Iterator[Source]:
    lines = file.read_bytes().removeprefix(BOM_UTF8).splitlines()
    yield from (_row(line, name, place) for place, line in enumerate(lines, 1) if line.strip())


def _list_json(file: Path, name: str, _root: Path) -> Iterator[Source]:
    content = file.read_bytes()
    try:
        loaded: object = json.loads(content)
    except (ValueError, RecursionError):
        yield _source(name, ".json", partial(bytes, content))
        return
    documents = cast("list[object]", loaded) if isinstance(loaded, list) else [loaded]
    for place, document in enumerate(documents, 1):
        yield _row(json.dumps(document, sort_keys=True).encode(), name, place)


def _list_table(file: Path, name: str, root: Path) -> Iterator[Source]:
    rows, flags = read_rows(file.read_bytes(), name)
    documents = list_documents(rows)
    if documents is None:
        yield from _list_one(file, name, root)
        return
    yield from (_row(document, name, place, flags) for place, document in enumerate(documents, 2))


_LISTERS: dict[str, Callable[[Path, str, Path], Iterator[Source]]] = {
    ".json": _list_json,
    ".jsonl": _list_lines,
    ".csv": _list_table,
    ".tsv": _list_table,
}
"""Files that may hold many documents."""


def _row(content: bytes, name: str, place: int, flags: tuple[Flag, ...] = ()) -> Source:
    """A document of a list, named by its id where it has one, so that a line above it moves nothing."""
    try:
        loaded: object = json.loads(content)
    except (ValueError, RecursionError):
        loaded = None
    document_id = str(cast("dict[str, object]", loaded).get("id") or "") if isinstance(loaded, dict) else ""
    is_named = document_id != "" and document_id.isprintable()
    place_name = f"{name}#{document_id}" if is_named else f"{name}:{place}"
    return _source(place_name, ".json", partial(bytes, content), flags=flags)


def _source(
    name: str, suffix: str, read: Callable[[], bytes], beside: bytes = b"", *, flags: tuple[Flag, ...] = ()
) -> Source:
    return Source(name, suffix, read, hashlib.sha256(read() + b"\0" + beside).hexdigest(), beside, flags)


def _id_from(name: str) -> str:
    """ "policies/Card fees.pdf" -> "policies-card-fees"."""
    return re.sub(r"[\W_]+", "-", PurePosixPath(name).with_suffix("").as_posix().lower()).strip("-")[-200:]


def _title_from(name: str) -> str:
    """ "policies/card_fees.pdf" -> "Card fees"."""
    words = re.sub(r"[\W_]+", " ", PurePosixPath(name).stem).strip()
    return words[:1].upper() + words[1:]
