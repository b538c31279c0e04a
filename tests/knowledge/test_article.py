"""A file that cannot become an article says which file it is and what to mend."""

import json
from datetime import date
from pathlib import Path

import pytest

from core.errors import InvalidInput
from knowledge.article import ArticleError, FrontMatter
from knowledge.corpus import Defaults, list_sources, parse_content, parse_source

GOOD = """---
id: card-limits
title: "Card limits: what applies?"
intents: [card_payment_declined]
audience: customer
language: en-GB
version: "2.10"
jurisdiction: gb
valid_from: 2026-01-01
reviewer: kept by the author
---

# Card limits: what applies?

Limits are in the app.
"""


def parse(text: str) -> FrontMatter:
    return parse_content(text.encode(), "cards.md", ".md").about


def test_front_matter_and_text_come_apart() -> None:
    article = parse_content(GOOD.encode(), "cards.md", ".md")
    assert article.about.model_dump() == {
        "id": "card-limits",
        "title": "Card limits: what applies?",
        "intents": ("card_payment_declined",),
        "product": "general",
        "audience": "customer",
        "language": "en",
        "version": "2.10",
        "jurisdiction": "GB",
        "valid_from": date(2026, 1, 1),
        "valid_to": None,
    }
    assert article.body == "Limits are in the app."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nid: a\n---\ntext", "cards.md: `title` is missing. Add a line `title: ...` to the front matter"),
        ('---\nid: "a\\tb"\ntitle: T\n---\ntext', "cards.md: `id` must be 1 to 200 characters on one line"),
        (
            "---\nid: a\ntitle: T\n---\n  \n",
            "cards.md: there is no text in it. Write the article's text below its title.",
        ),
        ("---\n- a\n---\ntext", "cards.md: the front matter is not a list of `key: value` lines."),
        ("---\nid: a\ntitle: T\n\nText.\n", "cards.md: the front matter does not end. Write a line --- below it."),
        (
            "---\nid: a\ntitle: T\nvalid_from: 2026-02-01\nvalid_to: 2026-01-01\n---\ntext",
            "cards.md: valid_to lies before valid_from",
        ),
        (
            "---\nid: a\ntitle: T: U\n---\ntext",
            "cards.md: line 3: mapping values are not allowed in this context. "
            "Quote values that hold a colon or a quote.",
        ),
        ("Text \x00 text", "cards.md: not a text file (a control character at place 5)."),
        ("# Only a title", "cards.md: there is no text in it. Write the article's text below its title."),
    ],
)
def test_a_bad_article_names_the_file_and_what_to_mend(text: str, message: str) -> None:
    with pytest.raises(ArticleError) as caught:
        parse(text)
    assert caught.value.message == message


def test_an_unknown_audience_is_refused() -> None:
    with pytest.raises(ArticleError, match=r"`audience`: Input should be 'public', 'customer' or 'staff'"):
        parse(GOOD.replace("audience: customer", "audience: everybody"))


def test_what_a_document_does_not_say_is_said_for_all_of_them() -> None:
    defaults = Defaults(audience="staff", language="de", product="cards", jurisdiction="DE")
    about = parse_content(b"---\nid: a\ntitle: T\nlanguage: fr\n---\ntext", "a.md", ".md", defaults).about
    assert (about.audience, about.language, about.product, about.jurisdiction) == ("staff", "fr", "cards", "DE")


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Card limits\n\nIn the app.", "Card limits", "In the app."),
        ("Card limits\n===\n\nIn the app.\n\n# More\n\nText.", "Card limits", "In the app.\n\n# More\n\nText."),
        ("In the app.\n\n## Abroad\n\nText.", "Card limits 2026", "In the app.\n\n## Abroad\n\nText."),
    ],
)
def test_without_front_matter_a_file_is_named_by_its_heading_or_its_name(text: str, title: str, body: str) -> None:
    article = parse_content(text.encode(), "cards/card_limits-2026.md", ".md")
    assert (article.about.id, article.about.title, article.body) == ("cards-card-limits-2026", title, body)


def test_json_documents_come_from_files_lists_and_lines(tmp_path: Path) -> None:
    one, two, three = ({"id": f"d{n}", "title": f"T{n}", "content": f"text {n}"} for n in (1, 2, 3))
    (tmp_path / "one.json").write_text(json.dumps(one))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "list.json").write_text(json.dumps([two]))
    (tmp_path / "lines.jsonl").write_text("\ufeff\n" + json.dumps(three) + "\n", encoding="utf-8")
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
        (b'{"id": "x", "title": "T", "content": "\\ud800"}', "bad.json#x: the text holds half of a character"),
        (b'{"id": "x\\u0000", "title": "T", "content": "text"}', "bad.json:1: `id` must be 1 to 200 characters"),
        (b"[" * 100_000, "bad.json: not JSON"),
    ],
)
def test_a_bad_json_document_names_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    (source,) = list_sources(tmp_path)
    with pytest.raises(ArticleError) as caught:
        parse_source(source)
    assert caught.value.message.startswith(message)


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_text("nothing")
    with pytest.raises(InvalidInput, match="no documents here"):
        list_sources(tmp_path)
    with pytest.raises(InvalidInput, match="no such file or folder"):
        list_sources(tmp_path / "absent")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("more: " + "[" * 100_000, "the front matter has more than 20,000 characters"),
        ("more: " + "[" * 19_000, "line 5: "),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "repeats a part of itself"),
    ],
    ids=["long", "deep", "doubling"],
)
def test_front_matter_that_grows_is_refused(more: str, reason: str) -> None:
    with pytest.raises(ArticleError) as caught:
        parse_content(f"---\nid: a\ntitle: A\n{more}\n---\ntext".encode(), "a.md", ".md")
    assert caught.value.message.startswith("a.md: ")
    assert reason in caught.value.message
