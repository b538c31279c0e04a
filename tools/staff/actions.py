"""Maker and checker: one member of staff proposes a change to a customer's things, another approves it. The change is
made by the database in the transaction of the approval (``decide_staff_action``); the application has no right to make
it, and the constraint staff_actions_four_eyes refuses the maker's own approval. An action belongs to its customer's
file: who proposes, reads or decides opens that, which is on record; the list says nothing of customers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.errors import Conflict, NotFound, Refused, TellergraphError
from core.money import Money
from tools.reasons import reason_of
from tools.registry import Result
from tools.staff.context import StaffContext
from tools.staff.queries import QUERIES

ACTION_TTL = timedelta(days=3)
"""How long an action waits for somebody to decide: what it was proposed on grows old."""

Kind = Literal[
    "reverse_entry", "freeze_account", "unfreeze_account", "set_overdraft", "release_payment", "cancel_held_payment"
]
Status = Literal["pending", "completed", "failed", "rejected", "expired"]
Decision = Literal["approve", "reject"]

_REASONS = {
    "account_closed": "The account is closed: nothing is booked to it and nothing about it changes.",
    "already_frozen": "The account is frozen already.",
    "not_frozen": "The account is not frozen.",
    "no_overdraft": "Only current accounts have an overdraft.",
    "wrong_currency": "The account is in another currency. Give the limit in the account's own.",
    "overdraft_in_use": "The account is further below zero than that limit. Choose a higher one.",
    "is_reversal": "That entry is itself a reversal. Reversals are not reversed.",
    "already_reversed": "That entry has been reversed already.",
    "loan_entry": "Entries of a loan are not reversed: its interest and instalments are kept beside them.",
    "disputed": "A dispute of that payment has credited the amount, or posted that entry. Decide the dispute instead.",
    "not_held": "That payment is not held any more.",
    "still_checked": "Another check of that payment is not over. Propose it again when it is.",
    "below_limit": "The money is gone: the reversal would push a balance below its limit. Nothing was posted.",
}
"""What ``staff_action_refusal`` and ``do_staff_action`` in the database answer, in words for staff."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done: an entry for ``reverse_entry``, an operation for a held payment, an account for the others, a
    limit for ``set_overdraft``."""

    kind: Kind
    account_id: UUID | None = None
    entry_id: int | None = None
    overdraft: Money | None = None
    held_id: UUID | None = None


class StaffAction(Result):
    id: UUID
    kind: Kind
    customer_id: UUID
    account_id: UUID | None
    entry_id: int | None
    held_operation_id: UUID | None = Field(description="The held payment.")
    overdraft: str | None = Field(description="The new limit, a decimal string.")
    currency: str | None
    reason: str
    maker: str = Field(description="Who proposed it, by name.")
    status: Status
    approver: str | None = Field(description="Who decided, by name.")
    remark: str | None = Field(description="What the approver said to it.")
    error_code: str | None
    error: str | None = Field(description="Why nothing was done.")
    operation_id: UUID | None = Field(description="The line in the customer's command log.")
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None


class ListedAction(Result):
    """An action as the list shows it: nothing about the customer, whose file says the rest."""

    id: UUID
    kind: Kind
    status: Status
    maker: str = Field(description="Who proposed it, by name.")
    approver: str | None = Field(description="Who decided, by name.")
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    kind: Kind
    customer_id: UUID
    account_id: UUID | None
    entry_id: int | None
    held_operation_id: UUID | None
    overdraft_minor: int | None
    currency: str | None
    reason: str
    status: Status
    error_code: str | None
    remark: str | None
    operation_id: UUID | None
    created_at: datetime
    decided_at: datetime | None
    expires_at: datetime
    maker: str
    approver: str | None


@dataclass(frozen=True, slots=True)
class _Filed:
    action_id: UUID | None
    refusal: str | None


async def propose_action(context: StaffContext, customer_id: UUID, change: Change, reason: str) -> StaffAction:
    """Opens the customer's file and files a change for somebody else to approve. The opening stays on record when the
    change is refused. Of a reversal the customer is who paid, and the file of who received it is opened too.

    Raises:
        NotFound: the customer has no such account or entry.
        Forbidden: for auditors.
        Refused: it cannot be done; says why.
        Conflict: the same waits already.
    """
    values = {
        "kind": change.kind,
        "account_id": change.account_id,
        "entry_id": change.entry_id,
        "overdraft_minor": change.overdraft and change.overdraft.minor,
        "currency": change.overdraft and change.overdraft.currency,
        "held_id": change.held_id,
        "reason": reason,
        "now": context.now,
        "expires_at": context.now + ACTION_TTL,
    }

    opening = {"customer_id": customer_id, "reason": reason, "now": context.now}

    async def work(db: WriteHandle) -> StaffAction | TellergraphError:
        await db.execute(QUERIES["open_file"], opening)
        filed = await db.get(_Filed, QUERIES["propose_action"], values)
        return await _get(db, filed.action_id) if filed.refusal is None else _refusal(filed.refusal)

    proposed = await context.database.transact(work, scope=context.scope)
    if isinstance(proposed, TellergraphError):
        raise proposed
    return proposed


def _refusal(code: str) -> TellergraphError:
    if code == "not_found":
        return NotFound("The customer has no such account or entry.")
    if code == "already_proposed":
        return Conflict("That has been proposed already, and waits.", code=code)
    return Refused(_said(code), code=code)


def _said(code: str) -> str:
    """What posting refuses when a held payment is let go is said as to the customer."""
    return _REASONS.get(code) or reason_of(code)


async def decide_action(
    context: StaffContext, action_id: UUID, decision: Decision, remark: str | None = None
) -> StaffAction:
    """Does what was proposed, or refuses it, and returns it as it stands then: also when it was over before, and with
    status ``failed`` and the reason when the bank's rules do not allow it any more.

    Raises:
        NotFound: there is no such action.
        Forbidden: for the maker, agents and auditors.
    """
    values = {"action_id": action_id, "decision": decision, "remark": remark, "now": context.now}

    async def work(db: WriteHandle) -> StaffAction:
        await db.execute(QUERIES["decide_action"], values)
        return await _open(db, context, action_id, f"{decision} action {action_id}")

    return await context.database.transact(work, scope=context.scope)


async def get_action(context: StaffContext, action_id: UUID, reason: str) -> StaffAction:
    """Opens its customer's file. Raises NotFound."""
    async with context.database.writing(context.scope) as db:
        return await _open(db, context, action_id, reason)


async def list_actions(context: StaffContext, *, status: Status, limit: int) -> list[ListedAction]:
    """Those in one state, newest first."""
    opening = {"subject": "staff_actions", "reason": f"actions that are {status}", "now": context.now}
    async with context.database.writing(context.scope) as db:
        await db.execute(QUERIES["open_register"], opening)
        return await db.all(ListedAction, QUERIES["list_actions"], {"status": status, "limit": limit})


async def _open(db: WriteHandle, context: StaffContext, action_id: UUID, reason: str) -> StaffAction:
    values = {"action_id": action_id, "reason": reason, "now": context.now}
    await db.execute(QUERIES["open_action"], values)
    return await _get(db, action_id)


async def _get(db: ReadHandle, action_id: UUID | None) -> StaffAction:
    return _action(await db.get(_Row, QUERIES["find_action"], {"action_id": action_id}))


def _action(row: _Row) -> StaffAction:
    limit = row.overdraft_minor
    return StaffAction(
        id=row.id,
        kind=row.kind,
        customer_id=row.customer_id,
        account_id=row.account_id,
        entry_id=row.entry_id,
        held_operation_id=row.held_operation_id,
        overdraft=None if limit is None or row.currency is None else str(Money(limit, row.currency).decimal),
        currency=row.currency,
        reason=row.reason,
        maker=row.maker,
        status=row.status,
        approver=row.approver,
        remark=row.remark,
        error_code=row.error_code,
        error=_said(row.error_code) if row.error_code else None,
        operation_id=row.operation_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
    )
