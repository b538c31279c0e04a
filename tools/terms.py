"""The bank's published figures, which the help centre quotes as well: read by code, never written in the code."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.db.database import ReadHandle
from core.errors import Refused
from core.money import Money
from tools.queries import QUERIES


@dataclass(frozen=True, slots=True)
class Term:
    code: str
    label: str
    amount_minor: int | None
    currency: str | None
    percent: Decimal | None
    quantity: int | None
    unit: str | None

    @property
    def said(self) -> str:
        """As a customer reads it: ``£1,000.00``, ``2.5%``, ``5 working days``."""
        if self.amount_minor is not None and self.currency is not None:
            return str(Money(self.amount_minor, self.currency))
        if self.percent is not None:
            return f"{percent(self.percent)}%"
        unit = (self.unit or "").removesuffix("s") if self.quantity == 1 else self.unit
        return f"{self.quantity} {unit}"


class Terms:
    """Some terms of the bank."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms = {term.code: term for term in terms}

    def __getitem__(self, code: str) -> Term:
        return self._terms[code]

    def money(self, code: str) -> Money:
        term = self[code]
        if term.amount_minor is None or term.currency is None:
            raise ValueError(f"{code} is no amount")
        return Money(term.amount_minor, term.currency)

    def percent(self, code: str) -> Decimal:
        found = self[code].percent
        if found is None:
            raise ValueError(f"{code} is no percentage")
        return found

    def quantity(self, code: str) -> int:
        found = self[code].quantity
        if found is None:
            raise ValueError(f"{code} is no quantity")
        return found


async def read_terms(db: ReadHandle, at: datetime, *codes: str) -> Terms:
    """All of these, as they hold at a moment.

    Raises:
        Refused: the bank does not publish one of them, so it does not offer what they belong to (``not_offered``).
    """
    found = await db.all(Term, QUERIES["list_terms"], {"codes": list(codes), "now": at})
    if len(found) != len(set(codes)):
        raise Refused("The bank does not offer that.", code="not_offered")
    return Terms(found)


def percent(value: Decimal | None) -> str:
    """Without zeros at the end: ``6.9``, ``0.25``, ``12``."""
    return f"{(value or Decimal(0)).normalize():f}"
