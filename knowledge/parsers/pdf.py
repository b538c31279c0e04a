"""PDF: text in reading order, headings by their size, without what every page repeats.

A PDF says where letters stand and nothing of what they are. A line larger than the text around it is taken for a
heading, a line that most pages share for a header or footer.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pypdf import PageObject, PasswordType, PdfReader

from knowledge.article import MAX_TEXT, ArticleError
from knowledge.parsers.parsed import Parsed

_MAX_PAGES = 3_000
_HEADING = 1.12
"""Times the size of the text from which a line is larger."""
_HEADING_WORDS = 16
"""A longer line is no heading, however large."""
_LEVELS = ("##", "###", "####")
_REPEATED = 0.6
"""Share of the pages on which a line at the top or bottom is the same, or counts with them."""
_FEWEST_PAGES = 3
_EDGE_LINES = 2
"""Of a header, and of a footer."""
_BULLET = re.compile(r"^[ \t]*[•▪◦‣●○■\uf0b7\uf0a7][ \t]*")
_NO_TITLE = re.compile(r"^\W*$|^untitled|^microsoft |\.(?:docx?|pdf|pptx?|xlsx?|indd|tex|rtf|html?)$", re.IGNORECASE)

# It warns of every oddity that it mends.
logging.getLogger("pypdf").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    """Of its largest letters, in points, rounded to halves."""


def parse(content: bytes, name: str) -> Parsed:
    try:
        reader = _open(content, name)
        pages = [_read_lines(page) for page in _pages(reader, name)]
        title = _own_title(reader)
    except (ArticleError, MemoryError):
        raise
    # A damaged file can fail anywhere in the library, with any error.
    except Exception as error:
        raise ArticleError(f"{name}: not a PDF, or a damaged one. Save or print it to PDF again.") from error
    pages = _without_repeated(pages)
    if not any(line.text for page in pages for line in page):
        raise ArticleError(f"{name}: there is no text in it, perhaps pictures of text. Recognise the text first (OCR).")
    return _compose(pages, title)


def _open(content: bytes, name: str) -> PdfReader:
    reader = PdfReader(BytesIO(content))
    # Many are encrypted with an empty password, only to restrict printing or copying.
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise ArticleError(f"{name}: it is encrypted. Save it without a password.")
    return reader


def _pages(reader: PdfReader, name: str) -> Iterator[PageObject]:
    """The pages, counted before they are read."""
    count = reader.get_num_pages()
    if count > _MAX_PAGES:
        raise ArticleError(f"{name}: {count:,} pages are too many, at most {_MAX_PAGES:,}. Split the document.")
    yield from reader.pages


def _read_lines(page: PageObject) -> list[_Line]:
    pieces: list[tuple[str, float]] = []

    def keep(text: str, matrix: Sequence[float], text_matrix: Sequence[float], _font: Any, size: float) -> None:
        scale = abs(text_matrix[3] * matrix[3]) or abs(text_matrix[1] * matrix[1]) or 1.0
        pieces.append((text, round(size * scale * 2) / 2))

    page.extract_text(visitor_text=keep)
    return list(_join(pieces))


def _join(pieces: Sequence[tuple[str, float]]) -> Iterator[_Line]:
    text, size = "", 0.0
    for piece, of_size in pieces:
        first, *others = piece.split("\n")
        text, size = text + first, max(size, of_size if first.strip() else 0.0)
        for other in others:
            yield _Line(" ".join(text.split()), size)
            text, size = other, of_size if other.strip() else 0.0
    yield _Line(" ".join(text.split()), size)


def _own_title(reader: PdfReader) -> str:
    title = str(reader.metadata.title or "") if reader.metadata else ""
    return "" if _NO_TITLE.search(title.strip()) else " ".join(title.split())


def _without_repeated(pages: Sequence[Sequence[_Line]]) -> list[list[_Line]]:
    """Without the headers and footers: what stands at an edge of most pages, no larger than the text."""
    kept = [[line for line in page if line.text] for page in pages]
    if len(kept) < _FEWEST_PAGES:
        return kept
    usual = _usual_size([line for page in kept for line in page])
    for edge in (0, -1) * _EDGE_LINES:
        shapes = [_shapes(page[edge], number) if page else frozenset[str]() for number, page in enumerate(kept)]
        counted = Counter(shape for found in shapes for shape in found)
        repeated = {shape for shape, times in counted.items() if times >= _REPEATED * len(kept)}
        for page, found in zip(kept, shapes, strict=True):
            if found & repeated and page[edge].size < usual * _HEADING:
                del page[edge]
    return kept


def _shapes(line: _Line, page: int) -> frozenset[str]:
    """A line as it stands, and with its numbers counted from that of the page: "Page 7 of 9" is the same everywhere."""
    return frozenset([line.text, re.sub(r"\d{1,4}", lambda number: f"#{int(number[0]) - page}", line.text, count=1)])


def _usual_size(lines: Sequence[_Line]) -> float:
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _compose(pages: Sequence[Sequence[_Line]], own_title: str) -> Parsed:
    lines = [line for page in pages for line in page]
    usual = _usual_size(lines)
    largest = max(line.size for line in lines)
    title, body = own_title, lines
    if _is_heading(lines[0], usual) and lines[0].size == largest:
        # A title may run over several lines.
        height = next((n for n, line in enumerate(lines) if line.size != largest), len(lines))
        title, body = " ".join(line.text for line in lines[:height]), lines[height:]
    sizes = sorted({line.size for line in body if _is_heading(line, usual)}, reverse=True)
    text = "\n".join(_mark(line, sizes if _is_heading(line, usual) else ()) for line in body)
    return Parsed(text[: MAX_TEXT + 1], title=title)


def _is_heading(line: _Line, usual: float) -> bool:
    return (
        line.size >= usual * _HEADING and len(line.text.split()) <= _HEADING_WORDS and any(map(str.isalpha, line.text))
    )


def _mark(line: _Line, heading_sizes: Sequence[float]) -> str:
    if not heading_sizes:
        return _BULLET.sub("- ", line.text)
    return f"\n{_LEVELS[min(heading_sizes.index(line.size), len(_LEVELS) - 1)]} {line.text}\n"
