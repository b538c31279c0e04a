"""Disputes, to read."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from core.money import Money
from tools.accounts.accounts import NoArguments
from tools.disputes.reasons import REASONS, Reason
from tools.queries import QUERIES
from tools.registry import Arguments, Refusal, Result, ToolContext, Unclear, tool

State = Literal[
    "open",
    "awaiting_evidence",
    "investigating",
    "provisionally_credited",
    "resolved_for_customer",
    "resolved_for_merchant",
    "withdrawn",
]
REFERENCE = r"^D-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$"
MOST_DISPUTES = 50
_MOST_EVENTS = 100

_SAID: dict[State, str] = {
    "open": "We have it and will look at it.",
    "awaiting_evidence": "We need something from you to go on.",
    "investigating": "We are looking into it.",
    "provisionally_credited": "The money is back in your account while we look into it.",
    "resolved_for_customer": "It was decided for you: the money is yours.",
    "resolved_for_merchant": "It was decided that the payment stands.",
    "withdrawn": "You took it back.",
}
_CLOCKS = {
    "refund": "we give the money back, unless we have reason to doubt it",
    "provisional_credit": "we have decided, or credit the amount for the time being",
    "decision": "we have decided",
    "debit": "we take back {credited}, credited for the time being; payments that you make before are not affected",
    "filing": "we have to bring it before the card scheme",
    "evidence": "you send us what we asked for",
}
_EVENTS = {
    "opened": "You opened the dispute.",
    "evidence_added": "You sent evidence.",
    "evidence_requested": "We asked you for evidence: {request}",
    "provisionally_credited": "{credited} is back in your account while we look into it.",
    "credit_taken_back": "We took back {credited}, credited for the time being.",
    "resolved_for_merchant": _SAID["resolved_for_merchant"]
    + " {explanation} Ask for a colleague if you want copies of the documents that we relied on.",
}
"""Where an event says more than the state it leads to: what a notice has to (12 CFR 1005.11(c)(2)(ii) and (d))."""


class DisputeArguments(Arguments):
    reference: str | None = Field(
        default=None, pattern=REFERENCE, description="The dispute's number; left out if there is one alone."
    )


class Deadline(Result):
    date: str = Field(description="ISO date, the last day.")
    what: str
    rule: str = Field(description="The law, scheme or promise that it comes from.")


class Event(Result):
    at: datetime
    what: str


class Dispute(Result):
    reference: str = Field(description="The number to quote.")
    payment: str
    paid: str = Field(description="ISO date of the payment.")
    transaction: str = Field(description="The payment's reference.")
    amount: str = Field(description="Decimal string: what is disputed.")
    currency: str
    reason: Reason
    reason_in_words: str
    state: State
    state_in_words: str
    opened: str = Field(description="ISO date.")
    credited: bool = Field(description="Whether the bank has credited the amount and not taken it back.")


class Disputes(Result):
    status: Literal["found"] = "found"
    disputes: list[Dispute] = Field(description="The latest first.")


class DisputeStatus(Result):
    status: Literal["found"] = "found"
    dispute: Dispute
    deadlines: list[Deadline] = Field(description="What is still to be done by whom and when, the next first.")
    events: list[Event] = Field(description="What has happened, in order.")
    helpful_evidence: list[str] = Field(description="What helps to decide such a dispute.")


class DisputeUnclear(Unclear):
    status: Literal["dispute_unclear"] = "dispute_unclear"
    message: str = "Which dispute do you mean?"


class DisputeUnknown(Refusal):
    http_status = 404

    status: Literal["dispute_unknown"] = "dispute_unknown"
    message: str = "There is no such dispute. Ask for your disputes to see their numbers."


@dataclass(frozen=True, slots=True)
class DisputeRow:
    id: UUID
    reference: str
    reason: Reason
    state: State
    kind: Literal["card", "transfer"]
    amount_minor: int
    currency: str
    opened_at: datetime
    credited_at: datetime | None
    decided_at: datetime | None
    is_taken_back: bool
    payment: str
    paid_at: datetime
    transaction_id: int
    credited_minor: int | None
    """What was credited, also if it was taken back: less than is disputed where less was booked."""

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def credited(self) -> Money:
        return Money(self.credited_minor or 0, self.currency)

    def shown(self) -> Dispute:
        return Dispute(
            reference=self.reference,
            payment=self.payment,
            paid=_day(self.paid_at),
            transaction=str(self.transaction_id),
            amount=str(self.amount.decimal),
            currency=self.currency,
            reason=self.reason,
            reason_in_words=REASONS[self.reason].label,
            state=self.state,
            state_in_words=_SAID[self.state],
            opened=_day(self.opened_at),
            credited=self.credited_at is not None and not self.is_taken_back,
        )


@dataclass(frozen=True, slots=True)
class _ClockRow:
    kind: str
    rule: str
    due_on: date


@dataclass(frozen=True, slots=True)
class _EventRow:
    kind: str
    detail: dict[str, Any]
    at: datetime


@tool(
    title="List your disputes",
    scope="disputes:read",
    rest="GET /disputes",
    examples={"Which payments have I disputed?": {}},
)
async def list_disputes(context: ToolContext, arguments: NoArguments) -> Disputes:  # noqa: ARG001
    """The customer's disputes with their numbers, amounts and where they stand."""
    async with context.database.reading(context.scope) as db:
        rows = await list_rows(db, context)
    return Disputes(disputes=[row.shown() for row in rows])


@tool(
    title="See how a dispute stands",
    scope="disputes:read",
    rest="GET /disputes/{reference}",
    examples={
        "What became of my dispute?": {},
        "How does dispute D-0123-4567-89AB stand?": {"reference": "D-0123-4567-89AB"},
    },
)
async def get_dispute_status(
    context: ToolContext, arguments: DisputeArguments
) -> DisputeStatus | DisputeUnclear | DisputeUnknown:
    """One dispute: where it stands, what happened, what is to be done by when and under which rule, and what evidence
    would help."""
    async with context.database.reading(context.scope) as db:
        row = await find_one(db, context, arguments.reference)
        if not isinstance(row, DisputeRow):
            return row
        query = {"customer_id": context.customer_id, "dispute_id": row.id, "limit": _MOST_EVENTS}
        clocks = await db.all(_ClockRow, QUERIES["list_dispute_clocks"], query)
        events = await db.all(_EventRow, QUERIES["list_dispute_events"], query)
    return DisputeStatus(
        dispute=row.shown(),
        deadlines=[
            Deadline(
                date=clock.due_on.isoformat(), what=_CLOCKS[clock.kind].format(credited=row.credited), rule=clock.rule
            )
            for clock in clocks
        ],
        events=[Event(at=event.at, what=_said(event, row)) for event in events],
        helpful_evidence=list(REASONS[row.reason].evidence) if row.decided_at is None else [],
    )


async def list_rows(db: ReadHandle, context: ToolContext) -> list[DisputeRow]:
    values = {"customer_id": context.customer_id, "limit": MOST_DISPUTES}
    return await db.all(DisputeRow, QUERIES["list_disputes"], values)


async def find_one(
    db: ReadHandle, context: ToolContext, reference: str | None
) -> DisputeRow | DisputeUnclear | DisputeUnknown:
    """The dispute of that number; without one, the only one that is not over, or the only one at all."""
    if reference is not None:
        values = {"customer_id": context.customer_id, "reference": reference}
        return await db.find(DisputeRow, QUERIES["find_dispute"], values) or DisputeUnknown()
    every = await list_rows(db, context)
    rows = [row for row in every if row.decided_at is None] or every
    if not rows:
        return DisputeUnknown(message="You have no dispute.")
    if len(rows) == 1:
        return rows[0]
    return DisputeUnclear(asked_for=None, choices=[f"{row.reference}: {row.payment}, {row.amount}" for row in rows])


def _said(event: _EventRow, row: DisputeRow) -> str:
    said = {**_SAID, **_EVENTS}[event.kind]
    return said.format(credited=row.credited, **event.detail)


def _day(moment: datetime) -> str:
    return moment.astimezone(BANK_TIME_ZONE).date().isoformat()
