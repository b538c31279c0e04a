"""An article as a page shows it."""

from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from core.db.database import NOBODY, Database, Scope
from knowledge.chunk import list_passage_anchors
from knowledge.outline import MARKDOWN, list_headings, to_anchor
from knowledge.sql import QUERIES


@dataclass(frozen=True, slots=True)
class HelpArticle:
    id: str
    title: str
    body: str
    """Markdown."""
    intents: list[str]
    product: str
    valid_from: date | None
    updated_at: datetime


async def get_article(
    database: Database, document_id: str, *, today: date, scope: Scope = NOBODY, kb: str = "help"
) -> HelpArticle:
    """Raises NotFound, also for an article that is not for this reader or does not hold today."""
    async with database.reading(scope) as handle:
        return await handle.get(HelpArticle, QUERIES["get_article"], {"kb": kb, "id": document_id, "today": today})


def render_article(article: HelpArticle) -> str:
    """The article as an HTML fragment that begins with its title as ``<h1>``. Headings, and blocks in the
    midst of a long section, carry the anchors that its passages cite; raw HTML in the text is shown, not obeyed."""
    tokens = MARKDOWN.parse(article.body)
    for heading in list_headings(article.title, tokens):
        tokens[heading.token].attrSet("id", heading.anchor)
    for position, anchor in list_passage_anchors(article.title, article.body, tokens).items():
        tokens[position].attrSet("id", anchor)
    title = f'<h1 id="{to_anchor(article.title)}">{escape(article.title)}</h1>\n'
    return title + MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
