"""Every word of an article is in one passage, in order, and no passage is longer than the encoder reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.article import Article, FrontMatter
from knowledge.chunk import MAX_WORDS, cut_article, cut_text


def article(body: str, title: str = "Card limits") -> Article:
    return Article(FrontMatter(id="card-limits", title=title), body)


def test_the_lead_stands_under_the_title_and_each_section_under_its_own_heading() -> None:
    body = "See the app.\n\n## Daily *limits*\n\n- cash: `£500`\n\n### Under 18\n\n£200\n\n## Change them\n\nAsk."
    chunks = [(chunk.ordinal, chunk.heading, chunk.anchor, chunk.text) for chunk in cut_article(article(body))]
    assert chunks == [
        (0, "Card limits", "card-limits", "See the app."),
        (1, "Daily limits", "daily-limits", "- cash: `£500`\n\n### Under 18\n\n£200"),
        (2, "Change them", "change-them", "Ask."),
    ]


def test_headings_that_say_the_same_get_anchors_of_their_own() -> None:
    body = "Lead.\n\n## Fees\n\nNone.\n\n## Fees\n\nOne.\n\n## Fees 2\n\nTwo.\n\n## Card limits\n\nThree."
    anchors = [chunk.anchor for chunk in cut_article(article(body))]
    assert anchors == ["card-limits", "fees", "fees-2", "fees-2-2", "card-limits-2"]


def test_a_heading_in_a_code_block_or_a_list_starts_no_section() -> None:
    body = "```\n## not a heading\n```\n\n- ## nor this\n"
    assert [chunk.heading for chunk in cut_article(article(body))] == ["Card limits"]


def test_parts_of_a_long_section_have_anchors_of_their_own_and_keep_list_items_whole() -> None:
    items = [f"- item {number} " + "word " * 30 for number in range(12)]
    parts = cut_article(article("## Steps\n\n" + "\n".join(items)))
    assert len(parts) > 1
    assert [part.anchor for part in parts] == ["steps", "steps-part", "steps-part-2"][: len(parts)]
    assert all(part.text.startswith("- item") for part in parts)


def test_an_article_of_headings_alone_is_one_passage() -> None:
    assert [chunk.text for chunk in cut_article(article("## Fees\n\n## Limits"))] == ["## Fees\n\n## Limits"]


words = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12)
blocks = st.lists(words, min_size=1, max_size=220).map(" ".join)
separators = st.sampled_from(["\n\n", "\n", ". ", "\n- ", " "])


@given(st.lists(st.tuples(blocks, separators), max_size=12))
def test_cutting_loses_nothing_keeps_the_order_and_bounds_the_size(parts: list[tuple[str, str]]) -> None:
    text = "".join(block + separator for block, separator in parts)
    cut = cut_text(text, 50)
    assert " ".join(cut).split() == text.split()
    assert all(0 < len(part.split()) <= 50 for part in cut)


@given(st.lists(st.tuples(blocks, blocks), min_size=1, max_size=6))
def test_every_word_of_an_article_is_in_a_passage_or_a_heading(sections: list[tuple[str, str]]) -> None:
    body = "Lead.\n\n" + "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections)
    chunks = cut_article(article(body))
    assert " ".join(chunk.text for chunk in chunks).split() == " ".join(["Lead.", *(t for _, t in sections)]).split()
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert all(len(chunk.text.split()) <= MAX_WORDS for chunk in chunks)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", chunk.anchor) for chunk in chunks)


@pytest.mark.parametrize("size", [MAX_WORDS + 1, MAX_WORDS * 2 + 10, MAX_WORDS * 5 - 1])
def test_parts_are_about_equally_long(size: int) -> None:
    sizes = [len(part.split()) for part in cut_text("word " * size, MAX_WORDS)]
    assert min(sizes) > MAX_WORDS / 3
