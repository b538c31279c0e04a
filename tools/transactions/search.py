"""Search among transactions, page by page. A page begins where the one before ended, so what is booked meanwhile moves
nothing: no line comes twice and none is left out."""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from core.errors import InvalidInput
from tools.accounts.accounts import AccountUnclear, match_one_account
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, tool
from tools.transactions.transactions import Period, Transaction, TransactionRow, iso, literal, moments

_EARLIEST = date(2000, 1, 1)
_PLACE = re.compile(r"([0-9T:.+-]{25,32}) ([0-9]{1,18}) ([0-9a-f]{12})")

TransactionKind = Literal[
    "card_payment",
    "cash_withdrawal",
    "transfer_in",
    "transfer_out",
    "salary",
    "direct_debit",
    "standing_order",
    "subscription",
    "refund",
    "fee",
    "interest",
    "top_up",
    "exchange",
    "opening",
    "provisional_credit",
    "provisional_credit_reversal",
    "dispute_refund",
]


class SearchArguments(Period):
    text: str | None = Field(default=None, min_length=2, description="Any words of the description.")
    merchant: str | None = Field(default=None, min_length=2, description="Merchant or payee, or part of the name.")
    category: str | None = Field(default=None, description="Category such as groceries.")
    kind: TransactionKind | None = Field(default=None, description="Only this kind.")
    account: str | None = Field(default=None, description="Account name, kind or currency; all if left out.")
    min_amount: Decimal | None = Field(
        default=None, ge=0, max_digits=15, decimal_places=4, description="At least this much, in or out."
    )
    max_amount: Decimal | None = Field(
        default=None, ge=0, max_digits=15, decimal_places=4, description="At most this much, in or out."
    )
    limit: int = Field(default=20, ge=1, le=100, description="How many on a page, newest first.")
    cursor: str | None = Field(default=None, description="next_cursor of the page before, with the same arguments.")

    @model_validator(mode="after")
    def _not_crossed(self) -> Self:
        if self.min_amount is not None and self.max_amount is not None and self.min_amount > self.max_amount:
            raise ValueError("min_amount must not be over max_amount")
        return self

    def digest(self) -> str:
        """The same for pages of one search."""
        meant = self.model_dump_json(exclude={"cursor", "limit"})
        return hashlib.sha256(meant.encode()).hexdigest()[:12]


class TransactionPage(Result):
    status: Literal["found"] = "found"
    transactions: list[Transaction]
    next_cursor: str | None = Field(description="Of the next page; null on the last.")
    since: str | None
    until: str | None
    category: str | None
    text: str | None
    merchant: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended, and of which search. As text it is opaque and no secret: whose transactions are found does
    not depend on it."""

    occurred_at: datetime
    id: int
    search: str

    @classmethod
    def parse(cls, cursor: str, search: str) -> "_Place":
        """Raises InvalidInput for what no page of this search gave."""
        try:
            found = _PLACE.fullmatch(urlsafe_b64decode(cursor.encode("ascii")).decode("ascii"))
            place = found and cls(datetime.fromisoformat(found[1]), int(found[2]), found[3])
        except ValueError:
            place = None
        if place is None or place.search != search or place.occurred_at.tzinfo is None:
            raise InvalidInput(
                "This cursor is of no page of this search. Leave it out to begin anew.", code="wrong_cursor"
            )
        return place

    def __str__(self) -> str:
        moment = self.occurred_at.isoformat(timespec="microseconds")
        return urlsafe_b64encode(f"{moment} {self.id} {self.search}".encode()).decode()


@tool(
    title="Search your transactions",
    scope="transactions:read",
    rest="GET /transactions/search",
    examples={
        "Find payments over 100 pounds to Voltline": {"merchant": "Voltline", "min_amount": "100"},
        "Which direct debits went out in October?": {
            "kind": "direct_debit",
            "since": "2026-10-01",
            "until": "2026-10-31",
        },
    },
)
async def search_transactions(context: ToolContext, arguments: SearchArguments) -> TransactionPage | AccountUnclear:
    """Transactions by merchant, text, category, kind, account, amounts and days, newest first, page by page. Amounts
    are compared without their sign, each in its own currency."""
    search = arguments.digest()
    place = _Place.parse(arguments.cursor, search) if arguments.cursor else None
    period = moments(arguments.since or _EARLIEST, arguments.until, context.today)
    query = {
        "customer_id": context.customer_id,
        "text": literal(arguments.text),
        "merchant": literal(arguments.merchant),
        "category": arguments.category,
        "kind": arguments.kind,
        "min_amount": arguments.min_amount,
        "max_amount": arguments.max_amount,
        "since": period["since"],
        "below_at": place.occurred_at if place else period["until"],
        "below_id": place.id if place else 0,
        "limit": arguments.limit + 1,
    }
    async with context.database.reading(context.scope) as db:
        account = await match_one_account(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        rows = await db.all(TransactionRow, QUERIES["search_transactions"], query | {"account_id": account})
    page = rows[: arguments.limit]
    more = str(_Place(page[-1].occurred_at, page[-1].id, search)) if len(rows) > arguments.limit else None
    return TransactionPage(
        transactions=[row.shown() for row in page],
        next_cursor=more,
        since=iso(arguments.since),
        until=iso(arguments.until),
        category=arguments.category,
        text=arguments.text,
        merchant=arguments.merchant,
    )
