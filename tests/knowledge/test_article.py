"""A file that cannot become an article says which file it is and what to mend."""

import json
from datetime import date
from pathlib import Path

import pytest

from core.errors import InvalidInput
from knowledge.article import ArticleError, parse_article
from knowledge.corpus import list_sources, parse_source

GOOD = """---
id: card-limits
title: "Card limits: what applies?"
intents: [card_payment_declined]
audience: customer
valid_from: 2026-01-01
reviewer: kept by the author
---

# Card limits: what applies?

Limits are in the app.
"""


def test_front_matter_and_text_come_apart() -> None:
    article = parse_article(GOOD, "cards.md")
    assert article.about.model_dump() == {
        "id": "card-limits",
        "title": "Card limits: what applies?",
        "intents": ("card_payment_declined",),
        "product": "general",
        "audience": "customer",
        "language": "en",
        "valid_from": date(2026, 1, 1),
        "valid_to": None,
    }
    assert article.body == "Limits are in the app."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Just text.", "cards.md: no front matter. Begin the file with a line ---, then id and title, then ---."),
        ("---\nid: a\n---\ntext", "cards.md: `title` is missing. Add a line `title: ...` to the front matter"),
        ('---\nid: "a\\tb"\ntitle: T\n---\ntext', "cards.md: `id` must be 1 to 200 characters on one line"),
        (
            "---\nid: a\ntitle: T\n---\n  \n",
            "cards.md: nothing below the front matter. Write the article's text there.",
        ),
        ("---\n- a\n---\ntext", "cards.md: the front matter is not a list of `key: value` lines."),
        (
            "---\nid: a\ntitle: T\nvalid_from: 2026-02-01\nvalid_to: 2026-01-01\n---\ntext",
            "cards.md: valid_to lies before valid_from",
        ),
        (
            "---\nid: a\ntitle: T: U\n---\ntext",
            "cards.md: line 3: mapping values are not allowed in this context. "
            "Quote values that hold a colon or a quote.",
        ),
    ],
)
def test_a_bad_article_names_the_file_and_what_to_mend(text: str, message: str) -> None:
    with pytest.raises(ArticleError) as caught:
        parse_article(text, "cards.md")
    assert caught.value.message == message


def test_an_unknown_audience_is_refused() -> None:
    with pytest.raises(ArticleError, match=r"`audience`: Input should be 'public', 'customer' or 'staff'"):
        parse_article(GOOD.replace("audience: customer", "audience: everybody"), "cards.md")


def test_json_documents_come_from_files_lists_and_lines(tmp_path: Path) -> None:
    one, two, three = ({"id": f"d{n}", "title": f"T{n}", "content": f"text {n}"} for n in (1, 2, 3))
    (tmp_path / "one.json").write_text(json.dumps(one))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "list.json").write_text(json.dumps([two]))
    (tmp_path / "lines.jsonl").write_text("\n" + json.dumps(three) + "\n")
    (tmp_path / ".hidden.json").write_text("{}")
    articles = [parse_source(source) for source in list_sources(tmp_path)]
    assert sorted((a.about.id, a.about.title, a.body) for a in articles) == [
        ("d1", "T1", "text 1"),
        ("d2", "T2", "text 2"),
        ("d3", "T3", "text 3"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "bad.json: not JSON"),
        (b"[3]", "bad.json:1: not a document"),
        (b'{"id": "x", "title": "T"}', "bad.json#x: `content` is missing"),
        (b'{"id": "x", "content": "text"}', "bad.json#x: `title` is missing"),
    ],
)
def test_a_bad_json_document_names_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    (source,) = list_sources(tmp_path)
    with pytest.raises(ArticleError) as caught:
        parse_source(source)
    assert caught.value.message.startswith(message)


def test_text_that_is_not_utf8_is_an_error_and_not_mojibake(tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes(b"---\nid: a\ntitle: caf\xe9\n---\ntext")
    (source,) = list_sources(tmp_path)
    with pytest.raises(ArticleError, match=r"latin\.md: not UTF-8 at byte 20"):
        parse_source(source)


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InvalidInput, match="no documents here"):
        list_sources(tmp_path)
    with pytest.raises(InvalidInput, match="no such file or folder"):
        list_sources(tmp_path / "absent")
