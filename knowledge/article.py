"""A document of a knowledge base, whatever file it came from: what its author says about it, and its text as Markdown.

A Markdown file says it in front matter:

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from core.errors import InvalidInput
from knowledge.flags import Flag, find_flags

Audience = Literal["public", "customer", "staff"]

MAX_TEXT = 5_000_000
"""Characters of a document: a manual of some 2,000 pages."""

_LONGEST_YAML = 20_000
"""Characters. Nesting as deep as twice that ends the program, in the library."""

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINE = r"^[^\x00-\x1f\x7f]*$"


class ArticleError(InvalidInput):
    """A file that cannot become an article."""


def _encodable(text: str) -> str:
    """Half a surrogate pair, as JSON may hold it, is no text."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a character; save it again as UTF-8")
    return text


Line = Annotated[str, StringConstraints(max_length=200, pattern=_LINE), AfterValidator(_encodable)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]


class FrontMatter(BaseModel):
    """What the author says about an article. Other keys are the author's own business."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, str_strip_whitespace=True)

    id: Line = Field(min_length=1)
    title: Annotated[str, Field(min_length=1, max_length=300, pattern=_LINE), AfterValidator(_encodable)]
    intents: tuple[Line, ...] = ()
    product: Line = "general"
    audience: Audience = "public"
    language: Annotated[Language, AfterValidator(lambda tag: re.split("[-_]", tag)[0].lower())] = "en"
    """As ISO 639 writes it: en, de, fil."""
    version: Line = ""
    """The author's name for this state of the text."""
    jurisdiction: Annotated[Line, AfterValidator(str.upper)] = ""
    """Where it holds, such as GB; empty: everywhere."""
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
    flags: tuple[Flag, ...] = ()


def split_front_matter(text: str, name: str) -> tuple[dict[str, Any] | None, str]:
    """What stands above a Markdown text, None if nothing does, and the text.

    Raises:
        ArticleError: the front matter is not what it should be, or does not end.
    """
    text = text.replace("\r\n", "\n")
    match = _FRONT_MATTER.match(text)
    if match is not None:
        return read_yaml(match["yaml"], name), text[match.end() :]
    if re.match(r"\ufeff?---[ \t]*\n[A-Za-z_]+:", text):
        raise ArticleError(f"{name}: the front matter does not end. Write a line --- below it.")
    return None, text


def build_article(about: Mapping[str, Any], body: str, name: str, flags: Sequence[Flag] = ()) -> Article:
    """The article from its parts, with ``flags`` and those that it has otherwise; ``name`` is the file's, for errors.

    Raises:
        ArticleError: a field is missing or wrong, or the body is empty or too long.
    """
    try:
        front_matter = FrontMatter.model_validate(about)
        body = _encodable(_without_title(body.strip(), front_matter.title))
    except ValidationError as error:
        raise ArticleError(f"{name}: {_explain(error)}") from error
    except ValueError as error:
        raise ArticleError(f"{name}: the text {error}.") from error
    if not body:
        raise ArticleError(f"{name}: there is no text in it. Write the article's text below its title.")
    if "\x00" in body:
        raise ArticleError(f"{name}: the text holds a zero byte. Save the file as plain UTF-8 text.")
    if len(body) > MAX_TEXT:
        raise ArticleError(f"{name}: {len(body):,} characters are too many, at most {MAX_TEXT:,}. Split the document.")
    return Article(front_matter, body, (*flags, *find_flags(f"{front_matter.title}\n\n{body}")))


def read_yaml(text: str, name: str) -> dict[str, Any]:
    """Raises ArticleError."""
    if len(text) > _LONGEST_YAML:
        raise ArticleError(f"{name}: the front matter has more than {_LONGEST_YAML:,} characters. Write text below it.")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader)):
            raise ArticleError(f"{name}: the front matter repeats a part of itself (*name). Write it out.")
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
    return f"`{field}`: {message.removeprefix('Value error, ')}" if field else message.removeprefix("Value error, ")


def _without_title(body: str, title: str) -> str:
    """The title stands in the front matter; a first heading that says it again would be shown twice."""
    first, _, rest = body.partition("\n")
    return rest.strip() if first.startswith("# ") and first[2:].strip() == title else body
