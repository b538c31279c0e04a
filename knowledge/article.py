"""A document of a knowledge base as its author writes it: front matter, then Markdown.

    ---
    id: activate-new-card
    title: "How do I activate my new card?"
    intents: [activate_my_card]
    product: cards
    audience: public
    valid_from: 2026-01-01
    ---

    To activate a new card, ...

Only ``id`` and ``title`` must be there. Every error names the file and what to mend in it.
"""

import datetime
import re
from dataclasses import dataclass
from typing import Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InvalidInput

Audience = Literal["public", "customer", "staff"]

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


class ArticleError(InvalidInput):
    """A file that cannot become an article."""


class FrontMatter(BaseModel):
    """What the author says about an article. Other keys are the author's own business."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, str_strip_whitespace=True)

    id: str = Field(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")
    title: str = Field(min_length=1, max_length=300)
    intents: tuple[str, ...] = ()
    product: str = "general"
    audience: Audience | None = None
    """None: the audience of the ingest."""
    language: str = "en"
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    """The last day on which the article holds."""

    @model_validator(mode="after")
    def _days_in_order(self) -> "FrontMatter":
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self


@dataclass(frozen=True, slots=True)
class Article:
    about: FrontMatter
    body: str
    """Markdown without the front matter."""


def parse_article(text: str, name: str) -> Article:
    """The article in a Markdown file's text; ``name`` is the file's, for errors.

    Raises:
        ArticleError: no front matter, wrong front matter, or nothing below it.
    """
    text = text.replace("\r\n", "\n")
    match = _FRONT_MATTER.match(text)
    if match is None:
        raise ArticleError(f"{name}: no front matter. Begin the file with a line ---, then id and title, then ---.")
    return build_article(_read_yaml(match["yaml"], name), text[match.end() :], name)


def build_article(about: dict[str, Any], body: str, name: str) -> Article:
    """The article from parts that are apart already, as in a JSON document.

    Raises:
        ArticleError: a field is missing or wrong, or the body is empty.
    """
    try:
        front_matter = FrontMatter.model_validate(about)
    except ValidationError as error:
        raise ArticleError(f"{name}: {_explain(error)}") from error
    body = _without_title(body.strip(), front_matter.title)
    if not body:
        raise ArticleError(f"{name}: nothing below the front matter. Write the article's text there.")
    if "\x00" in body:
        raise ArticleError(f"{name}: the text holds a zero byte. Save the file as plain UTF-8 text.")
    return Article(front_matter, body)


def _read_yaml(text: str, name: str) -> dict[str, Any]:
    try:
        loaded: object = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 2}: " if mark else ""
        reason = getattr(error, "problem", None) or "not YAML"
        raise ArticleError(f"{name}: {where}{reason}. Quote values that hold a colon or a quote.") from error
    if not isinstance(loaded, dict):
        raise ArticleError(f"{name}: the front matter is not a list of `key: value` lines.")
    return cast("dict[str, Any]", loaded)


def _explain(error: ValidationError) -> str:
    return "; ".join(
        _explain_one(".".join(str(part) for part in e["loc"]), e["type"], e["msg"]) for e in error.errors()
    )


def _explain_one(field: str, kind: str, message: str) -> str:
    if kind == "missing":
        return f"`{field}` is missing. Add a line `{field}: ...` to the front matter"
    if field == "id":
        return "`id` must be 1 to 200 characters on one line"
    return f"`{field}`: {message}" if field else message.removeprefix("Value error, ")


def _without_title(body: str, title: str) -> str:
    """The title stands in the front matter; a first heading that says it again would be shown twice."""
    first, _, rest = body.partition("\n")
    return rest.strip() if first.startswith("# ") and first[2:].strip() == title else body
