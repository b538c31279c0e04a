"""The bank's fees and limits as it publishes them, from its product terms. The same for everybody."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from tools.customer_text import Line
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, Unclear, tool
from tools.terms import Term

_MOST_TERMS = 40

TermKind = Literal["fee", "limit", "rate", "duration", "requirement"]


@dataclass(frozen=True, slots=True)
class _TermRow(Term):
    product: str
    kind: TermKind


@dataclass(frozen=True, slots=True)
class _Product:
    product: str


class TermsArguments(Arguments):
    product: Line | None = Field(
        default=None, max_length=40, description="Such as cards, payments, accounts, cash, exchange, loans, savings."
    )
    kind: TermKind | None = Field(default=None, description="All kinds if left out.")
    text: Line | None = Field(
        default=None, min_length=2, max_length=80, description="Words of what it is about: abroad withdrawal."
    )


class PublishedTerm(Result):
    code: str
    product: str
    kind: TermKind
    label: str
    value: str = Field(description="As it is published: £500.00, 2.99%, 5 working days.")


class PublishedTerms(Result):
    status: Literal["found"] = "found"
    terms: list[PublishedTerm]
    left_out: int = Field(description=f"How many more there are: at most {_MOST_TERMS} are listed.")


class ProductUnclear(Unclear):
    status: Literal["product_unclear"] = "product_unclear"
    message: str = "About which of these do you ask?"


class NoSuchTerm(Unclear):
    status: Literal["term_unclear"] = "term_unclear"
    message: str = "We publish no figure under these words. It may be under one of these; name one without other words."


@tool(
    title="See fees and limits",
    scope="bank:read",
    rest="GET /fees",
    examples={
        "What does a transfer abroad cost?": {"kind": "fee", "text": "swift"},
        "What are your card limits?": {"product": "cards", "kind": "limit"},
    },
)
async def list_fees_and_limits(
    context: ToolContext, arguments: TermsArguments
) -> PublishedTerms | ProductUnclear | NoSuchTerm:
    """What the bank publishes: fees, limits, rates, times and requirements, by product, kind or words. Use for "what
    does it cost", "how much can I withdraw a day". The customer's own limits of a card are in get_card_limits."""
    product = arguments.product and arguments.product.casefold().replace(" ", "_")
    words = (arguments.text or "").casefold().split()
    async with context.database.reading(context.scope) as db:
        products = [each.product for each in await db.all(_Product, QUERIES["list_term_products"])]
        if product is not None and product not in products:
            product = next((each for each in products if product in (each.rstrip("s"), f"{each}s")), None)
            if product is None:
                return ProductUnclear(asked_for=arguments.product, choices=products)
        values = {"product": product, "kind": arguments.kind, "words": words, "now": context.now}
        rows = await db.all(_TermRow, QUERIES["search_terms"], values)
    if not rows:
        return NoSuchTerm(asked_for=arguments.text, choices=products)
    terms = [
        PublishedTerm(code=row.code, product=row.product, kind=row.kind, label=row.label, value=row.said)
        for row in rows[:_MOST_TERMS]
    ]
    return PublishedTerms(terms=terms, left_out=len(rows) - len(terms))
