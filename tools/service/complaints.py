"""Complaints: what customers are not content with, and by when they are answered. The law sets the latest days, counted
from the day on which the complaint is made (FCA Handbook, DISP 1.6): eight weeks for a final response (1.6.2R), fifteen
business days where it is about a payment service (1.6.2AR, Payment Services Regulations 2017, regulation 101).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import WriteHandle
from core.security.pii import without_secrets
from tools.accounts.accounts import NoArguments
from tools.calendar import next_business_day
from tools.customer_text import Lines
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Result, Risk, ToolContext, tool

Category = Literal["payment", "card", "account", "fees", "lending", "service", "other"]

FINAL_RESPONSE = timedelta(weeks=8)
PAYMENT_RESPONSE = 15
"""Business days."""
ACKNOWLEDGEMENT = 3
"""Business days, as the bank publishes it; the law says "promptly" (DISP 1.6.1R)."""
PAYMENT_SERVICES: frozenset[Category] = frozenset({"payment", "card"})

_MOST_COMPLAINTS = 50


class ComplaintArguments(Arguments):
    text: Lines = Field(
        min_length=3,
        max_length=2000,
        description="What went wrong and what the customer would like, in their own words.",
    )
    category: Category = Field(default="other", description="What it is about.")


class Complaint(Result):
    reference: str = Field(description="The number to quote.")
    category: Category
    text: str
    state: Literal["received", "answered"]
    received: str = Field(description="ISO date.")
    acknowledged_by: str = Field(description="ISO date: the last day for our confirmation.")
    answer_by: str = Field(description="ISO date: the last day for our final response.")


class Complaints(Result):
    status: Literal["found"] = "found"
    complaints: list[Complaint] = Field(description="The latest first.")


@dataclass(frozen=True, slots=True)
class _Row:
    reference: str
    category: Category
    text: str
    status: Literal["received", "answered"]
    received_at: datetime
    acknowledged_by: date
    answer_by: date


@tool(
    title="Prepare to make a complaint",
    scope="support:write",
    risk=Risk.PREPARE,
    rest="POST /support/complaints",
    examples={
        "I want to complain: my transfer took four days": {
            "text": "My transfer took four days.",
            "category": "payment",
        }
    },
)
async def make_complaint(context: ToolContext, arguments: ComplaintArguments) -> Proposed:
    """Prepares a complaint in the customer's words. It gets a number, which list_complaints shows, and an answer within
    eight weeks, or 15 working days if it is about payments or cards. The customer confirms; this call sends nothing."""
    answer_by = answer_day(arguments.category, context.today)
    about = "" if arguments.category == "other" else f" ({arguments.category})"
    async with context.database.writing(context.scope) as db:
        return await propose(
            db,
            context,
            "make_complaint",
            payload={"category": arguments.category, "text": without_secrets(arguments.text)},
            proposed=Proposed(summary=f"Make a complaint{about}, to be answered by {answer_by:%-d %B %Y}"),
        )


@effect("make_complaint")
async def _file(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    days = {
        "acknowledged_by": business_days_after(context.today, ACKNOWLEDGEMENT),
        "answer_by": answer_day(payload["category"], context.today),
    }
    values = payload | days | {"customer_id": context.customer_id, "now": context.now}
    await db.execute(QUERIES["insert_complaint"], values)
    return None


@tool(
    title="List your complaints",
    scope="support:read",
    rest="GET /support/complaints",
    examples={"What became of my complaint?": {}},
)
async def list_complaints(context: ToolContext, arguments: NoArguments) -> Complaints:  # noqa: ARG001
    """The customer's complaints with their numbers, where they stand and by when they are answered; also those that
    were heard in passing, whose numbers begin with R-."""
    values = {"customer_id": context.customer_id, "limit": _MOST_COMPLAINTS}
    rows = await context.database.fetch(_Row, QUERIES["list_complaints"], values, scope=context.scope)
    return Complaints(
        complaints=[
            Complaint(
                reference=row.reference,
                category=row.category,
                text=row.text,
                state=row.status,
                received=row.received_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
                acknowledged_by=row.acknowledged_by.isoformat(),
                answer_by=row.answer_by.isoformat(),
            )
            for row in rows
        ]
    )


def answer_day(category: Category, received: date) -> date:
    """The last day for the final response."""
    if category in PAYMENT_SERVICES:
        return business_days_after(received, PAYMENT_RESPONSE)
    return received + FINAL_RESPONSE


def business_days_after(day: date, number: int) -> date:
    for _ in range(number):
        day = next_business_day(day)
    return day
