"""A corpus that a user brings, as the ingest takes it.

A folder or a Markdown file is taken as it is. Of JSON and JSON lines only ``id``, ``title`` and ``content`` count
(``_id`` and ``text`` in BEIR's files): whatever else stands there is the author's own, and must not hide a document. A
document without a title has the beginning of its text, one without an id can be found and never be right. Ids may be of
any kind and length: the ingest sees numbers instead.
"""

import json
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from core.errors import InvalidInput

_LONGEST_TITLE = 100
"""Characters of a text that stand for its missing title."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Corpus:
    path: Path
    """What is ingested."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """The user's ids by ours; empty where ours are the user's."""
    left_out: tuple[str, ...] = ()
    """Why documents were, one line each."""

    def name(self, document_id: str) -> str:
        return self.names.get(document_id, document_id)


@contextmanager
def opened_corpus(path: Path) -> Generator[Corpus]:
    """The corpus, and what of it is temporary for as long as the context lasts.

    Raises:
        InvalidInput: it cannot be read, or there is no document in it.
    """
    if path.is_dir() or path.suffix.lower() not in (".json", ".jsonl", ".ndjson"):
        yield Corpus(path)
        return
    with TemporaryDirectory(prefix="tellergraph-corpus-") as folder:
        yield _rewrite(path, Path(folder) / "corpus.jsonl")


def _rewrite(path: Path, to: Path) -> Corpus:
    names: dict[str, str] = {}
    left_out: list[str] = []
    seen: set[str] = set()
    with to.open("w", encoding="utf-8") as file:
        for number, (place, parsed) in enumerate(_read(path), 1):
            fields: Fields = cast("Fields", parsed) if isinstance(parsed, dict) else {}
            name, title, content = _name(fields), _text(fields, "title"), _text(fields, "content", "text")
            if not (content or title):
                left_out.append(f"{path.name}, {place}: no text.")
            elif name is not None and name in seen:
                left_out.append(f"{path.name}, {place}: a second document {name!r}.")
            else:
                seen |= {name} if name is not None else set()
                names[str(number)] = f"{path.name}, {place}" if name is None else name
                document = {"id": str(number), "title": _title(title or content), "content": content or title}
                file.write(json.dumps(document) + "\n")
    if not names:
        raise InvalidInput(f"{path} has no document: " + (left_out[0] if left_out else "it is empty."))
    return Corpus(to, names, tuple(left_out))


def _read(path: Path) -> Iterator[tuple[str, object]]:
    """Where it stands, and the document; None if that is no JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8.") from error
    whole = _parse(text) if path.suffix.lower() == ".json" else None
    if isinstance(whole, list):
        yield from ((f"document {n}", each) for n, each in enumerate(cast("list[object]", whole), 1))
    elif whole is not None:
        yield "document 1", whole
    else:
        # Not splitlines: JSON may hold other line breaks unescaped.
        yield from ((f"line {n}", _parse(line)) for n, line in enumerate(text.split("\n"), 1) if line.strip())


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _name(fields: Fields) -> str | None:
    name = next((fields[key] for key in ("id", "_id") if fields.get(key) is not None), None)
    return None if name is None else str(name)


def _text(fields: Fields, *names: str) -> str:
    found = (fields.get(name) for name in names)
    return next((text.strip() for text in found if isinstance(text, str) and text.strip()), "")


def _title(text: str) -> str:
    """One line. Of a text its first one, without the marks of a heading."""
    line = _UNPRINTABLE.sub(" ", text.lstrip("# \t\r\n").split("\n", 1)[0]).strip() or "Untitled"
    return line if len(line) <= _LONGEST_TITLE else line[:_LONGEST_TITLE].rsplit(" ", 1)[0]
