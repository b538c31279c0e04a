"""HTML as a reader sees it: without scripts, forms, menus and what is hidden. Nothing is run and nothing is fetched."""

import re
from typing import Any

from bs4 import BeautifulSoup, Comment, Tag
from markdownify import MarkdownConverter

from knowledge.article import ArticleError
from knowledge.flags import Flag
from knowledge.parsers.decoding import decode_text
from knowledge.parsers.markdown import take_title
from knowledge.parsers.parsed import Parsed

_DROPPED = (
    *(
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "frame",
        "object",
        "embed",
        "applet",
        "svg",
        "math",
        "canvas",
    ),
    *("audio", "video", "img", "picture", "form", "button", "input", "select", "textarea", "dialog", "nav", "head"),
)
_AROUND = ("header", "footer", "aside")
"""Belongs to the site, unless it stands within the page's own part."""
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?:\.0*)?(?![.\d])", re.IGNORECASE
)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{2,40})""", re.IGNORECASE)
_WEB = re.compile(r"https?://|mailto:|tel:", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


_AS_MARKDOWN: dict[str, Any] = {
    "heading_style": "atx",
    "bullets": "-",
    "autolinks": False,
    "escape_asterisks": False,
    "escape_underscores": False,
    # Quotes are compared with the text: it stays as it was written.
    "escape_misc": False,
    # Many tables have no header cells, and Markdown has no table without them.
    "table_infer_header": True,
}


def parse(content: bytes, name: str) -> Parsed:
    declared = _CHARSET.search(content[:4096])
    text, flags = decode_text(content, name, declared[1].decode("ascii") if declared else "")
    return parse_html(text, name, flags)


def parse_html(text: str, name: str, flags: tuple[Flag, ...] = ()) -> Parsed:
    """Raises ArticleError for what nobody could read."""
    try:
        soup = BeautifulSoup(text, "lxml")
        page_title = soup.title.get_text(" ", strip=True) if soup.title else ""
        language = soup.html.get("lang") if soup.html else None
        _drop_unseen(soup)
        _flatten_cells(soup)
        body = _BLANK_LINES.sub("\n\n", MarkdownConverter(**_AS_MARKDOWN).convert_soup(_own_part(soup))).strip()
    except RecursionError as error:
        raise ArticleError(f"{name}: its elements are nested too deeply. Save the page again, more simply.") from error
    title, below = take_title(body)
    about = {"language": language} if isinstance(language, str) and language else {}
    return Parsed(below, about, title=title or " ".join(page_title.split()), flags=flags)


def _drop_unseen(soup: BeautifulSoup) -> None:
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(_is_unseen):
        tag.decompose()
    for link in soup.find_all("a"):
        if not _WEB.match(str(link.get("href") or "")):
            link.unwrap()


def _flatten_cells(soup: BeautifulSoup) -> None:
    """A bar would end the cell, and a wide cell would be repeated."""
    for cell in soup.find_all(["td", "th"]):
        del cell["colspan"]
        for text in cell.find_all(string=re.compile(r"\|")):
            text.replace_with(text.replace("|", r"\|"))


def _is_unseen(tag: Tag) -> bool:
    hidden = tag.has_attr("hidden") or tag.get("aria-hidden") == "true" or _HIDDEN.search(str(tag.get("style") or ""))
    return tag.name in _DROPPED or bool(hidden)


def _own_part(soup: BeautifulSoup) -> Tag:
    """The page's own part, as far as it says where that is."""
    own = soup.find("main") or soup.find("article")
    if own is not None:
        return own
    for tag in soup.find_all(_AROUND):
        tag.decompose()
    return soup.body or soup
