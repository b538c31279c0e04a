"""A document that is made to use up time or memory is refused in a sentence, and the next one is read. Issue 5, "Bad
input"."""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from knowledge_base import Library

from knowledge.article import ArticleError
from knowledge.parsers.apart import ParsingProcess

LONG = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LINE = b"BT /F 9 Tf (Free) Tj ET\n"
GOOD = b"# Fees\n\nTransfers are free."


@pytest.fixture
def process() -> Iterator[ParsingProcess]:
    with ParsingProcess(LONG) as process:
        yield process


def parse(process: ParsingProcess, content: bytes, name: str) -> str:
    return process.parse(content, name, Path(name).suffix).body


def refusal(process: ParsingProcess, content: bytes, name: str) -> str:
    """And the next document is read as if nothing had been."""
    with pytest.raises(ArticleError) as caught:
        parse(process, content, name)
    assert parse(process, GOOD, "fees.md") == "Transfers are free."
    assert "\n" not in caught.value.message
    return caught.value.message


def make_pdf(*objects: bytes) -> bytes:
    """Objects from number 1 on; the first is the catalogue."""
    written, places = b"%PDF-1.7\n", b"0000000000 65535 f \n"
    for number, content in enumerate(objects, 1):
        places += b"%010d 00000 n \n" % len(written)
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    count = len(objects) + 1
    table = b"xref\n0 %d\n%strailer <</Root 1 0 R /Size %d>>\n" % (count, places, count)
    return written + table + b"startxref\n%d\n%%%%EOF" % len(written)


def stream(content: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    return b"<</Length %d /Filter %s>>\nstream\n%s\nendstream" % (len(content), filters, content)


def deflate_zeros(size: int) -> bytes:
    squeezer = zlib.compressobj(9)
    step = bytes(2**20)
    return b"".join(squeezer.compress(step) for _ in range(size // len(step))) + squeezer.flush()


def page_with(content: bytes) -> bytes:
    return make_pdf(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>",
        content,
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    )


BOMBS = {
    "a page of a gigabyte": page_with(stream(deflate_zeros(2**30))),
    "a page packed twice": page_with(stream(zlib.compress(deflate_zeros(2**30)), b"[/FlateDecode /FlateDecode]")),
    "pages that hold themselves": make_pdf(
        b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 9>>"
    ),
    "a million pages": make_pdf(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [" + b"3 0 R " * 1_000_000 + b"] /Count 1000000>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>",
    ),
    "an object that is itself": make_pdf(b"<</Type /Catalog /Pages 1 0 R /Kids 1 0 R>>"),
}


def test_a_page_that_is_no_bomb_is_read(process: ParsingProcess) -> None:
    """So it is not for their form that the others are refused."""
    assert parse(process, page_with(stream(zlib.compress(LINE))), "fees.pdf") == "Free"


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_a_pdf_that_grows_or_never_ends_is_refused(process: ParsingProcess, content: bytes) -> None:
    assert refusal(process, content, "fees.pdf").startswith("fees.pdf: ")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<div>" * 50_000 + b"text", "fees.html"),
        (b"<p>text<!DOCTYPE x [" + b'<!ENTITY a "aaaa">' * 1000 + b"]>" + b"&a;" * 1000, "fees.html"),
        (b'{"id": "a", "title": "A", "content": "x", "more": ' + b"[" * 1_000_000, "fees.json"),
        (b"---\nid: a\ntitle: A\nmore: " + b"[" * 100_000 + b"\n---\ntext", "fees.md"),
        (
            b"---\nid: a\ntitle: A\na: &a [x,x,x,x,x,x,x,x,x]\n"
            + b"".join(b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(97, 110))
            + b"---\ntext",
            "fees.md",
        ),
    ],
    ids=["nested page", "entities", "nested JSON", "nested YAML", "YAML that doubles"],
)
def test_what_is_nested_or_refers_to_itself_ends_in_an_article_or_a_refusal(
    process: ParsingProcess, content: bytes, name: str
) -> None:
    with suppress(ArticleError):
        parse(process, content, name)
    assert parse(process, GOOD, "fees.md") == "Transfers are free."


def test_a_document_that_takes_too_long_says_so() -> None:
    with ParsingProcess(SECOND) as process:
        message = refusal(process, b"# Fees\n\n" + b"[" * 2_000_000, "fees.md")
    assert message == "fees.md: reading it takes longer than 1 seconds. Split it, or save it in a simpler form."


def test_a_page_of_a_million_lines_takes_too_long() -> None:
    with ParsingProcess(SECOND) as process:
        message = refusal(process, page_with(stream(zlib.compress(LINE * 1_000_000))), "fees.pdf")
    assert message.startswith("fees.pdf: reading it takes longer than 1 seconds")


def test_a_document_that_needs_too_much_memory_says_so() -> None:
    with ParsingProcess(LONG, memory=300 * 2**20) as process:
        message = refusal(process, b"# Fees\n\n" + b"word " * 15_000_000, "fees.md")
    assert message.startswith("fees.md: reading it takes more than 300 MB of memory")


def test_a_reader_that_is_ended_from_outside_says_that_the_document_ended_it(process: ParsingProcess) -> None:
    parse(process, GOOD, "fees.md")
    process.kill()
    with pytest.raises(ArticleError, match="it ends the program that reads it"):
        parse(process, GOOD, "fees.md")
    assert parse(process, GOOD, "fees.md") == "Transfers are free."


def test_who_reads_documents_sees_nothing_of_our_environment(
    process: ParsingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY", "hush")
    before = set(psutil.Process().children())
    parse(process, GOOD, "fees.md")
    (child,) = set(psutil.Process().children()) - before
    assert "hush" not in child.environ().values()
    with process:
        pass
    assert not child.is_running()


def test_an_ingest_names_the_document_that_took_too_long_and_the_rest_goes_in(library: Library) -> None:
    library.write("good", "Good", "Transfers are free.")
    (library.folder / "slow.md").write_text("# Slow\n\n" + "[" * 2_000_000)
    report = library.ingest(patience=SECOND)
    assert [failed.file for failed in report.failed] == ["slow.md"]
    assert report.failed[0].message.startswith("reading it takes longer")
    assert report.added == 1


def test_many_headings_and_blank_lines_are_no_burden(process: ParsingProcess) -> None:
    """Both once took the square of their number."""
    parse(process, b"# Fees\n\n" + b"## Fee\n\nfree\n\n" * 5_000 + b"\n" * 50_000 + b"end", "fees.md")
