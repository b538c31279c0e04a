"""What a citation links to is on the page, and an article's text cannot become markup of its own."""

import itertools
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from knowledge_base import TODAY, Library

from core.db.database import Database, Scope
from core.errors import NotFound
from knowledge.article import Article, FrontMatter
from knowledge.chunk import cut_article
from knowledge.corpus import parse_content
from knowledge.render import HelpArticle, get_article, render_article

HELP_CENTRE = Path(__file__).parents[2] / "knowledge" / "help_centre"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


async def test_an_article_becomes_a_page_with_the_anchors_of_its_passages(library: Library, database: Database) -> None:
    library.write("fees", "Fees & limits", "Lead.\n\n## Abroad\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n## Abroad\n\n- x")
    library.ingest()
    html = render_article(await get_article(database, "fees", today=TODAY, kb="small"))
    assert html.startswith(
        '<h1 id="fees-limits">Fees &amp; limits</h1>\n<p>Lead.</p>\n<h2 id="abroad">Abroad</h2>\n<table>'
    )
    assert '<h2 id="abroad-2">Abroad</h2>\n<ul>\n<li>x</li>' in html


async def test_html_in_an_article_is_text(library: Library, database: Database) -> None:
    body = 'A <script>x()</script> <img src=x onerror="x"> [l](javascript:x())\n\n<div onclick="x">\n\n## <b>B</b>'
    library.write("evil", "<i>T</i>", body)
    library.ingest()
    html = render_article(await get_article(database, "evil", today=TODAY, kb="small"))
    assert set(re.findall(r"<(\w+)", html)) == {"h1", "p", "h2"}


@pytest.mark.parametrize(
    ("document_id", "audiences", "today"),
    [("absent", None, TODAY), ("secret", None, TODAY), ("old", None, TODAY), ("secret", "public", TODAY)],
)
async def test_what_a_reader_may_not_see_looks_like_what_is_not_there(
    library: Library, database: Database, document_id: str, audiences: str | None, today: date
) -> None:
    library.write("secret", "For staff", "Text.", audience="staff")
    library.write("old", "Old", "Text.", valid_to="2025-12-31")
    library.ingest()
    with pytest.raises(NotFound, match=r"^There is nothing here under that id\.$"):
        await get_article(database, document_id, today=today, scope=Scope(audiences=audiences), kb="small")


async def test_staff_open_what_is_for_staff(library: Library, database: Database) -> None:
    library.write("secret", "For staff", "Text.", audience="staff")
    library.ingest()
    scope = Scope(audiences="public,customer,staff")
    assert (await get_article(database, "secret", today=TODAY, scope=scope, kb="small")).title == "For staff"


def test_every_passage_of_the_help_centre_has_its_anchor_on_its_page() -> None:
    files = sorted(HELP_CENTRE.glob("*.md"))
    assert len(files) >= 100
    for file in files:
        article = parse_content(file.read_bytes(), file.name, ".md")
        anchors = {chunk.anchor for chunk in cut_article(article)}
        about = article.about
        page = render_article(
            HelpArticle(about.id, about.title, article.body, list(about.intents), about.product, None, NOW)
        )
        assert anchors <= set(re.findall(r'<h[1-6] id="([^"]+)"', page)), file.name


LONG = "Word by word. " * 40
PARTS = st.lists(
    st.sampled_from(
        [
            LONG,
            f"- {LONG}\n- {LONG}\n  - {LONG}",
            f"1. {LONG}\n\n   {LONG}\n2. {LONG}",
            "| a | b |\n|---|---|\n" + f"| {LONG} | x |\n" * 9,
            f"```\n{LONG}\n{LONG}\n```",
            f"> {LONG}\n>\n> {LONG}",
            f"### Part\n\n{LONG}",
            f"## Part\n\n{LONG}",
            "Part\n====\n",
            "[a]: /b",
            f"    {LONG}\n    {LONG}",
            "---",
            "## Fees part",
        ]
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=50)
@given(PARTS)
def test_every_passage_begins_at_or_below_its_anchor(parts: list[str]) -> None:
    """Each block is numbered, so that a passage's first number tells where it begins."""
    numbers = itertools.count(1)
    body = re.sub("Word", lambda _: f"Word{next(numbers)}", "\n\n".join(parts))
    article = Article(FrontMatter(id="fees", title="Fees"), body)
    page = render_article(HelpArticle("fees", "Fees", body, [], "general", None, NOW))
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    for chunk in cut_article(article):
        before, _, after = page.partition(f' id="{chunk.anchor}"')
        assert after, chunk.anchor
        first = re.search(r"Word\d+", chunk.text)
        if first is not None:
            assert first[0] in after
            # No further up than the block that it begins in.
            is_lead = chunk.anchor == "fees"
            assert is_lead or before.count("Word") <= body.partition(first[0])[0].count("Word")
