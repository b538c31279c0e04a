"""The knowledge base is what the folder says, and only what changed costs anything."""

from pathlib import Path

import psycopg
import pytest
from knowledge_base import Library, Search

from core.errors import InvalidInput
from knowledge.ingest import FailedFile, IngestReport, ingest_folder


def contents(library: Library) -> dict[str, list[str]]:
    with psycopg.connect(library.owner_url) as connection:
        rows = connection.execute(
            "select document_id, text from kb_chunks where kb = 'small' order by number"
        ).fetchall()
    found: dict[str, list[str]] = {}
    for document_id, text in rows:
        found.setdefault(document_id, []).append(text)
    return found


def write_two(library: Library) -> None:
    library.write("fees", "What does it cost?", "Transfers are free.\n\n## Abroad\n\nCash costs 1 %.")
    library.write("limits", "What are my limits?", "Cash up to £500 a day.")


def refuse_to_load() -> None:
    raise AssertionError("the encoder was loaded although nothing had changed")


def test_a_second_ingest_changes_nothing_and_loads_no_encoder(library: Library) -> None:
    write_two(library)
    assert library.ingest() == IngestReport(added=2)
    before = contents(library)
    again = ingest_folder(library.owner_url, library.folder, "small", load_encoder=refuse_to_load)
    assert again == IngestReport(unchanged=2)
    assert (
        contents(library)
        == before
        == {
            "fees": ["Transfers are free.", "Cash costs 1 %."],
            "limits": ["Cash up to £500 a day."],
        }
    )


def test_changed_articles_are_replaced_and_removed_ones_go(library: Library) -> None:
    write_two(library)
    library.write("cards", "Which cards are there?", "Debit and credit.")
    library.ingest()
    library.write("fees", "What does it cost?", "Transfers cost £1.")
    (library.folder / "cards.md").unlink()
    progress: list[tuple[int, int]] = []
    report = library.ingest(progress=lambda done, total: progress.append((done, total)))
    assert report == IngestReport(updated=1, deleted=1, unchanged=1)
    assert progress == [(1, 1)]
    assert contents(library) == {"fees": ["Transfers cost £1."], "limits": ["Cash up to £500 a day."]}


def test_equal_content_gets_equal_passage_ids(library: Library) -> None:
    def ids() -> list[str]:
        with psycopg.connect(library.owner_url) as connection:
            return [row[0] for row in connection.execute("select id from kb_chunks order by id")]

    write_two(library)
    library.ingest()
    before = ids()
    library.write("fees", "What does it cost?", "Transfers cost £1.\n\n## Abroad\n\nCash costs 1 %.")
    library.ingest()
    assert len(set(before) & set(ids())) == len(before) - 1


def test_a_renamed_file_keeps_its_document(library: Library) -> None:
    write_two(library)
    library.ingest()
    (library.folder / "fees.md").rename(library.folder / "prices.md")
    assert library.ingest() == IngestReport(updated=1, unchanged=1)
    assert set(contents(library)) == {"fees", "limits"}


def test_a_file_that_now_holds_another_document_loses_the_old_one(library: Library) -> None:
    write_two(library)
    library.ingest()
    library.write("rates", "What are your rates?", "4 % on savings.")
    (library.folder / "rates.md").rename(library.folder / "fees.md")
    assert library.ingest() == IngestReport(added=1, deleted=1, unchanged=1)
    assert set(contents(library)) == {"rates", "limits"}


def test_a_bad_file_is_reported_and_the_rest_goes_in(library: Library) -> None:
    write_two(library)
    (library.folder / "bad.md").write_text("---\nid: bad\n---\nText.")
    report = library.ingest()
    message = "`title` is missing. Add a line `title: ...` to the front matter"
    assert report == IngestReport(added=2, failed=(FailedFile("bad.md", message),))


def test_a_file_that_went_bad_leaves_what_it_said_before(library: Library) -> None:
    write_two(library)
    library.ingest()
    (library.folder / "fees.md").write_text("---\nid: fees\n---\n")
    report = library.ingest()
    assert [failure.file for failure in report.failed] == ["fees.md"]
    assert contents(library)["fees"] == ["Transfers are free.", "Cash costs 1 %."]


def test_two_files_with_one_id_are_an_error_of_the_second(library: Library) -> None:
    write_two(library)
    (library.folder / "later.md").write_text((library.folder / "fees.md").read_text())
    report = library.ingest()
    message = "`id: fees` is that of fees.md already. Give one of them another id."
    assert report == IngestReport(added=2, failed=(FailedFile("later.md", message),))


def test_two_documents_may_swap_their_files(library: Library) -> None:
    write_two(library)
    library.ingest()
    fees, limits = library.folder / "fees.md", library.folder / "limits.md"
    first, second = fees.read_text(), limits.read_text()
    fees.write_text(second)
    limits.write_text(first)
    assert library.ingest() == IngestReport(updated=2)
    assert len(contents(library)) == 2


def test_an_empty_folder_deletes_nothing(library: Library, tmp_path: Path) -> None:
    write_two(library)
    library.ingest()
    for file in library.folder.iterdir():
        file.unlink()
    with pytest.raises(InvalidInput, match="no documents here"):
        library.ingest()
    assert len(contents(library)) == 2


def test_a_knowledge_base_needs_a_plain_name(library: Library) -> None:
    write_two(library)
    with pytest.raises(InvalidInput, match="use 1 to 40 of a-z, 0-9 and _"):
        ingest_folder(library.owner_url, library.folder, "Help Centre!")


async def test_an_article_without_any_word_to_look_up_can_still_be_found(library: Library, small: Search) -> None:
    library.write("and", "And?", "And then it was so.")
    library.ingest()
    assert [passage.document_id for passage in await small("And? And then it was so.")] == ["and"]
