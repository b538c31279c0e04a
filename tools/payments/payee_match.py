"""Which of the customer's own payees is meant: by full name in any case, or by a first name or surname that only one of
them has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.db.database import ReadHandle, Statement
from tools.queries import QUERIES
from tools.registry import ToolContext, Unclear


@dataclass(frozen=True, slots=True)
class PayeeRow:
    id: UUID
    name: str
    iban: str | None
    sort_code: str | None
    account_number: str | None
    currency: str
    last4: str
    created_at: datetime

    @property
    def details(self) -> dict[str, str | None]:
        """Where money to this payee goes, as payloads carry it."""
        return {"iban": self.iban, "sort_code": self.sort_code, "account_number": self.account_number}


class PayeeUnclear(Unclear):
    status: Literal["payee_unclear"] = "payee_unclear"
    message: str = "Which payee do you mean?"


def payees_query(context: ToolContext) -> Statement:
    """Of ``PayeeRow``, by name, without those that were removed."""
    return QUERIES["list_payees"], {"customer_id": context.customer_id}


async def list_payee_rows(db: ReadHandle, context: ToolContext) -> list[PayeeRow]:
    return await db.all(PayeeRow, *payees_query(context))


async def match_payee(db: ReadHandle, context: ToolContext, words: str | None) -> PayeeRow | PayeeUnclear:
    """The one payee that ``words`` means; PayeeUnclear with the candidates otherwise (all payees if none matches)."""
    payees = await list_payee_rows(db, context)
    said = spoken(words or "")
    matches = [payee for payee in payees if spoken(payee.name) == said]
    matches = matches or [payee for payee in payees if said in (spoken(payee.name).split(" ")[i] for i in (0, -1))]
    if len(matches) == 1:
        return matches[0]
    return PayeeUnclear(asked_for=words, choices=[payee.name for payee in matches or payees])


def spoken(name: str) -> str:
    """A name as two people would agree that it is the same: case and spaces aside."""
    return " ".join(name.casefold().split())
