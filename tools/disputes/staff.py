"""What people do about disputes: look, investigate, ask for evidence, and, one proposing and another approving, credit
the amount, decide, or stop the clock of an immediate refund. The change is made by the database in the transaction of
the approval (``decide_dispute_action``). A dispute is a part of its customer's file, which whoever reads it opens."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from core.db.database import ReadHandle, WriteHandle
from core.db.queries import Queries
from core.errors import Conflict, NotFound, Refused, TellergraphError
from core.money import Money
from tools.attachments.store import Attachment, Attachments
from tools.disputes.deadlines import Clock, Regime, clocks_after_decision, evidence_clock
from tools.disputes.disputes import State
from tools.disputes.reasons import REASONS, Reason
from tools.registry import Result
from tools.staff.context import StaffContext

QUERIES = Queries(Path(__file__).with_suffix(".sql"))

ACTION_TTL = timedelta(days=3)
"""How long an action waits for somebody to decide."""

Kind = Literal["credit", "resolve_for_customer", "resolve_for_merchant", "suspend_refund"]
ActionStatus = Literal["pending", "completed", "failed", "rejected", "expired"]
Decision = Literal["approve", "reject"]

_REASONS = {
    "dispute_over": "The dispute is over.",
    "already_credited": "The amount was credited already.",
    "already_investigated": "The dispute is being investigated already.",
    "payment_pending": "The payment is pending: nothing has left the account yet.",
    "nothing_taken": "Nothing was taken: the payment was released, declined or reversed.",
    "account_closed": "The account is closed: nothing is booked to it.",
    "no_refund_clock": "There is no immediate refund to stop under this dispute's rules.",
}
"""What the database answers, in words for staff."""


class ListedDispute(Result):
    """Nothing about the customer, whose file says the rest."""

    id: UUID
    reference: str
    state: State
    reason: Reason
    regime: Regime
    opened_at: datetime
    next_clock: str | None
    next_due_on: date | None


class StaffClock(Result):
    kind: str
    rule: str
    due_on: date
    ended_at: datetime | None
    outcome: str | None


class StaffEvent(Result):
    kind: str
    actor: str
    is_shown: bool
    """To the customer."""
    detail: dict[str, Any]
    at: datetime


class StaffEvidence(Result):
    attachment_id: UUID | None
    note: str | None
    at: datetime
    name: str | None
    media_type: str | None
    size_bytes: int | None


class DisputeAction(Result):
    id: UUID
    kind: Kind
    status: ActionStatus
    reason: str
    maker: str
    approver: str | None
    remark: str | None
    error_code: str | None
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None


class StaffDispute(Result):
    """Amounts are decimal strings."""

    id: UUID
    reference: str
    customer_id: UUID
    reason: Reason
    reason_in_words: str
    visa: str | None
    """The scheme's public category for such a dispute; likewise below."""
    mastercard: str | None
    state: State
    regime: Regime
    jurisdiction: str
    amount: str
    currency: str
    description: str | None
    liability: str | None
    """The most that the customer may have to bear."""
    payment: str
    payment_status: str
    transaction_id: int
    entry_id: int | None
    paid_at: datetime
    opened_at: datetime
    credited_at: datetime | None
    credited_entry: int | None
    reversal_entry: int | None
    decided_at: datetime | None
    clocks: list[StaffClock]
    events: list[StaffEvent]
    evidence: list[StaffEvidence]
    actions: list[DisputeAction]


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    reference: str
    customer_id: UUID
    reason: Reason
    state: State
    kind: Literal["card", "transfer"]
    regime: Regime
    jurisdiction: str
    amount_minor: int
    currency: str
    description: str | None
    liability_minor: int | None
    opened_at: datetime
    credited_at: datetime | None
    decided_at: datetime | None
    credited_entry: int | None
    reversal_entry: int | None
    transaction_id: int
    entry_id: int | None
    payment: str
    payment_status: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class _Sent:
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class _Filed:
    action_id: UUID | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class _Answer:
    refusal: str | None


@dataclass(frozen=True, slots=True)
class _Action:
    action_id: UUID
    dispute_id: UUID
    kind: Kind
    status: ActionStatus
    error_code: str | None


async def list_open_disputes(context: StaffContext, *, limit: int) -> list[ListedDispute]:
    """What is not decided, the next deadline first. Raises Forbidden for auditors."""
    return await context.database.fetch(
        ListedDispute, QUERIES["list_open_disputes"], {"limit": limit}, scope=context.scope
    )


async def get_dispute(context: StaffContext, dispute_id: UUID, reason: str) -> StaffDispute:
    """Opens its customer's file. Raises NotFound."""
    async with context.database.writing(context.scope) as db:
        await _open(db, context, dispute_id, reason)
        return await _read(db, dispute_id)


async def get_evidence(
    context: StaffContext, attachments: Attachments, dispute_id: UUID, attachment_id: UUID, reason: str
) -> tuple[Attachment, bytes]:
    """A file that the customer sent for this dispute. Opens the customer's file. Raises NotFound."""
    key = {"dispute_id": dispute_id, "attachment_id": attachment_id}
    async with context.database.writing(context.scope) as db:
        await _open(db, context, dispute_id, reason)
        sent = await db.get(_Sent, QUERIES["find_evidence"], key)
        return await attachments.open(db, sent.customer_id, attachment_id)


async def investigate(context: StaffContext, dispute_id: UUID, reason: str) -> StaffDispute:
    """Somebody looks into it.

    Raises:
        NotFound: there is no such dispute.
        Refused: it is over, or being investigated already.
    """
    return await _work(context, dispute_id, reason, to="investigating")


async def request_evidence(context: StaffContext, dispute_id: UUID, request: str) -> StaffDispute:
    """Asks the customer, in these words, for something within ten business days. Raises as ``investigate``."""
    return await _work(context, dispute_id, "asks for evidence", to="awaiting_evidence", request=request)


async def propose_action(context: StaffContext, dispute_id: UUID, kind: Kind, reason: str) -> StaffDispute:
    """Files what somebody else is to approve. The customer reads the reason of ``resolve_for_merchant``: it is the
    explanation that they are owed (12 CFR 1005.11(d)(1)). That of ``suspend_refund`` says where the suspicion was
    reported in writing (PSRs 2017, reg. 76(3)).

    Raises:
        NotFound: there is no such dispute.
        Refused: it cannot be done; says why.
        Conflict: something waits already.
    """
    values = {"dispute_id": dispute_id, "kind": kind, "reason": reason, "now": context.now}
    values["expires_at"] = context.now + ACTION_TTL

    async def work(db: WriteHandle) -> StaffDispute | TellergraphError:
        await _open(db, context, dispute_id, reason)
        filed = await db.get(_Filed, QUERIES["propose_dispute_action"], values)
        return await _read(db, dispute_id) if filed.refusal is None else _refusal(filed.refusal)

    return await _done(context, work)


async def decide_action(
    context: StaffContext, dispute_id: UUID, action_id: UUID, decision: Decision, remark: str | None = None
) -> StaffDispute:
    """Does what was proposed, or refuses it, and returns the dispute as it stands then.

    Raises:
        NotFound: there is no such action.
        Forbidden: for the maker, agents and auditors.
        Refused: the rules do not allow it any more; the action has failed.
        Conflict: it was decided otherwise before, or its time has passed.
    """
    key = {"dispute_id": dispute_id, "action_id": action_id}

    async def work(db: WriteHandle) -> StaffDispute | TellergraphError:
        await _open(db, context, dispute_id, f"{decision} action {action_id}")
        row = await db.get(_Row, QUERIES["get_dispute"], key)
        action = await db.get(_Action, QUERIES["find_dispute_of_action"], key)
        clocks = _after(row, action.kind, context.now)
        values = key | {"decision": decision, "remark": remark, "clocks": clocks, "now": context.now}
        await db.execute(QUERIES["decide_dispute_action"], values)
        ended = await db.get(_Action, QUERIES["find_dispute_of_action"], key)
        if ended.status == ("completed" if decision == "approve" else "rejected"):
            return await _read(db, dispute_id)
        if ended.error_code is not None:
            return _refusal(ended.error_code)
        return Conflict("This was decided otherwise before, or its time has passed.", code="already_decided")

    return await _done(context, work)


def _after(row: _Row, kind: Kind, now: datetime) -> Jsonb:
    if kind not in ("resolve_for_customer", "resolve_for_merchant"):
        return Jsonb([])
    for_customer = kind == "resolve_for_customer"
    return _rows(clocks_after_decision(row.jurisdiction, now, for_customer=for_customer, regime=row.regime), row)


def _rows(clocks: list[Clock], row: _Row) -> Jsonb:
    return Jsonb([clock.row(row.jurisdiction) for clock in clocks])


async def _work(
    context: StaffContext, dispute_id: UUID, reason: str, *, to: State, request: str | None = None
) -> StaffDispute:
    async def work(db: WriteHandle) -> StaffDispute | TellergraphError:
        await _open(db, context, dispute_id, reason)
        row = await db.get(_Row, QUERIES["get_dispute"], {"dispute_id": dispute_id})
        clocks = _rows([evidence_clock(row.jurisdiction, context.now)] if request else [], row)
        values = {"dispute_id": dispute_id, "to": to, "request": request, "clocks": clocks, "now": context.now}
        refusal = (await db.get(_Answer, QUERIES["work_on_dispute"], values)).refusal
        return await _read(db, dispute_id) if refusal is None else _refusal(refusal)

    return await _done(context, work)


async def _done(
    context: StaffContext, work: Callable[[WriteHandle], Awaitable[StaffDispute | TellergraphError]]
) -> StaffDispute:
    """What is refused leaves its line: that a file was opened stays on record."""
    ended = await context.database.transact(work, scope=context.scope)
    if isinstance(ended, TellergraphError):
        raise ended
    return ended


def _refusal(code: str) -> TellergraphError:
    if code == "not_found":
        return NotFound("There is no such dispute.")
    if code == "already_proposed":
        return Conflict("Something has been proposed about this dispute already, and waits.", code=code)
    return Refused(_REASONS[code], code=code)


async def _open(db: WriteHandle, context: StaffContext, dispute_id: UUID, reason: str) -> None:
    values = {"dispute_id": dispute_id, "reason": reason, "now": context.now}
    await db.execute(QUERIES["open_dispute_file"], values)


async def _read(db: ReadHandle, dispute_id: UUID) -> StaffDispute:
    key = {"dispute_id": dispute_id}
    row = await db.get(_Row, QUERIES["get_dispute"], key)
    terms, liability = REASONS[row.reason], row.liability_minor
    return StaffDispute(
        id=row.id,
        reference=row.reference,
        customer_id=row.customer_id,
        reason=row.reason,
        reason_in_words=terms.label,
        visa=terms.visa if row.kind == "card" else None,
        mastercard=terms.mastercard if row.kind == "card" else None,
        state=row.state,
        regime=row.regime,
        jurisdiction=row.jurisdiction,
        amount=str(Money(row.amount_minor, row.currency).decimal),
        currency=row.currency,
        description=row.description,
        liability=None if liability is None else str(Money(liability, row.currency).decimal),
        payment=row.payment,
        payment_status=row.payment_status,
        transaction_id=row.transaction_id,
        entry_id=row.entry_id,
        paid_at=row.paid_at,
        opened_at=row.opened_at,
        credited_at=row.credited_at,
        credited_entry=row.credited_entry,
        reversal_entry=row.reversal_entry,
        decided_at=row.decided_at,
        clocks=await db.all(StaffClock, QUERIES["list_clocks"], key),
        events=await db.all(StaffEvent, QUERIES["list_events"], key),
        evidence=await db.all(StaffEvidence, QUERIES["list_evidence"], key),
        actions=await db.all(DisputeAction, QUERIES["list_actions"], key),
    )
