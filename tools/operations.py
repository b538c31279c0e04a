"""The command log. A tool proposes; only the customer's own confirmation executes, once.

    propose   stores a pending operation: what a PREPARE tool does
    confirm   the customer's yes, with a code where one is asked for: mints a single-use slip
    execute   spends the slip: claim, effect, end state and audit line are one transaction
    decide    both, or the customer's no

``confirm``, ``execute`` and ``decide`` are called by the confirmation endpoints and by the graph's ``act`` node, never
by a model: they are no tools. Money is posted by the database itself (``execute_operation``,
0020_fraud_decisions.up.sql), every other change is an ``effect`` here, which the database lets through only inside the
transaction that claimed it.

Payments and changes of payees are decided about when they are proposed (tools/fraud/decisions); the database executes
none without a decision on its very payload. A payment that somebody is to look at is ``held`` once it is confirmed.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from core.db.database import WriteHandle
from core.db.refusals import translate
from core.errors import Conflict, NotFound, Refused
from core.money import Money
from tools.compliance.screening.payees import PayeeToScreen, screen_payee
from tools.fraud.decisions import Outcome, assess
from tools.queries import QUERIES
from tools.reasons import NOT_POSSIBLE_NOW, is_reason, reason_of
from tools.registry import Proposed, ToolContext, Withheld

PROPOSAL_TTL = timedelta(minutes=10)
"""How long a customer has to confirm."""
SLIP_TTL = timedelta(minutes=1)
"""How long a confirmation may wait to be executed."""

Decision = Literal["approve", "deny"]
Status = Literal["pending", "processing", "held", "completed", "failed", "cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class Operation:
    id: UUID
    type: str
    status: Status
    payload: dict[str, Any]
    summary: str
    amount_minor: int | None
    currency: str | None
    recipient: str | None
    step_up: bool
    error_code: str | None
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None

    @property
    def error(self) -> str | None:
        """Why nothing was done, as the customer may read it."""
        return reason_of(self.error_code) if self.error_code else None


@dataclass(frozen=True, slots=True)
class _Stored:
    """What stands under an idempotency key."""

    id: UUID
    type: str
    payload: dict[str, Any]
    summary: str
    proposed: dict[str, Any]
    request_hash: str | None
    step_up: bool
    decided: bool
    """Whether it is executed only with a decision of the fraud engine."""
    error_code: str | None
    expires_at: datetime

    def as_proposed(self) -> Proposed:
        about: dict[str, Any] = {
            "operation_id": str(self.id),
            "type": self.type,
            "step_up": self.step_up,
            "expires_at": self.expires_at.isoformat(timespec="seconds"),
        }
        return Proposed.model_validate({"summary": self.summary} | self.proposed | about)


@dataclass(frozen=True, slots=True)
class _Preview:
    """What the database says to a proposal before the customer is asked."""

    error_code: str | None
    """The refusal that posting would meet now."""
    facts: dict[str, Any] | None
    """What to decide on; None where nobody has to decide."""
    payee_id: UUID | None
    payee_name: str | None
    """Of a payee who is to be screened first."""


@dataclass(frozen=True, slots=True)
class _Decided:
    outcome: Outcome
    step_up: bool


@dataclass(frozen=True, slots=True)
class Slip:
    """A customer's yes to one operation. The secret is known to nobody but its holder; the database has the hash."""

    operation_id: UUID
    secret: str


Effect = Callable[[WriteHandle, ToolContext, dict[str, Any]], Awaitable[str | None]]
_EFFECTS: dict[str, Effect] = {}


def effect(operation: str) -> Callable[[Effect], Effect]:
    """What an approved operation of this type does, given its payload: None, or the code of the reason why nothing was
    done (tools/reasons.py), before it changed anything."""

    def define(run: Effect) -> Effect:
        _EFFECTS[operation] = run
        return run

    return define


async def propose(
    db: WriteHandle,
    context: ToolContext,
    operation: str,
    *,
    payload: dict[str, Any],
    proposed: Proposed,
    money: Money | None = None,
) -> Proposed:
    """Stores a pending operation and returns it as the customer is asked about it. The database adds the policy and
    whether a code is needed. The same proposal under the same key, or in the same turn, is the same row.

    Args:
        operation: a row of ``operation_types``.
        payload: what ``effect`` or ``post_entry`` needs: strings, integers, booleans, nulls.
        money: the amount that limits and the step-up threshold are about.

    Raises:
        Conflict: another proposal stands under the idempotency key.
        Refused: the payment could not be posted as things stand, with the same codes as when it is executed; the
            caller's transaction must end with this error, so that nothing stays pending.
    """
    key = {"customer_id": context.customer_id, "idempotency_key": _key(context, operation, payload)}
    await _insert(
        db,
        key
        | {
            "type": operation,
            "payload": Jsonb(payload),
            "summary": proposed.summary,
            "amount_minor": money and money.minor,
            "currency": money and money.currency,
            "recipient": proposed.payee or proposed.to_account,
            "request_hash": context.request_hash,
            "proposed": Jsonb(proposed.model_dump(mode="json")),
            "initiated_by": context.initiated_by,
            "turn_id": context.turn_id,
            "now": context.now,
            "expires_at": context.now + PROPOSAL_TTL,
        },
    )
    stored = await db.get(_Stored, QUERIES["get_operation_by_key"], key)
    if context.request_hash is None and (stored.type, stored.payload) != (operation, payload):
        raise _key_reused()
    if not stored.decided:
        return _same_request(context, stored)
    preview = await db.get(_Preview, QUERIES["preview_operation"], {"operation_id": stored.id, "now": context.now})
    if preview.error_code:
        asked = {"amount": str(money.decimal), "currency": money.currency} if money else {}
        raise Refused(reason_of(preview.error_code), code=preview.error_code, details=asked)
    await screen_payee(context.database, db, PayeeToScreen(preview.payee_id, preview.payee_name), context.now)
    proposal = _same_request(context, stored)
    return proposal if preview.facts is None else await _decide_about(db, context, proposal, preview.facts)


async def _decide_about(db: WriteHandle, context: ToolContext, proposal: Proposed, facts: dict[str, Any]) -> Proposed:
    """Stores the decision. The answer says no more than whether a code is needed or nothing can be done."""
    decision = assess(facts, context.said, context.bank.fraud).as_stored()
    values = {"operation_id": UUID(proposal.operation_id), "decision": Jsonb(decision), "now": context.now}
    decided = await db.get(_Decided, QUERIES["record_decision"], values)
    if decided.outcome == Outcome.BLOCK:
        return Withheld.model_validate(proposal.model_dump())
    return proposal.model_copy(update={"step_up": decided.step_up})


async def _insert(db: WriteHandle, values: dict[str, Any]) -> None:
    """Raises Refused for what the policy does not allow this customer, in words."""
    try:
        await db.execute(QUERIES["insert_operation"], values)
    except psycopg.Error as error:
        refused = translate(error)
        if isinstance(refused, Refused) and is_reason(refused.error_code):
            raise Refused(reason_of(refused.error_code), code=refused.error_code) from error
        raise


async def find_proposal(context: ToolContext) -> Proposed | None:
    """What the request under the caller's own key was answered before, whatever became of it since; None for a new key.
    To be asked before the tool, which may find the world changed by that very operation.

    Raises:
        Conflict: the key stands for another request.
        Refused: it was refused by the decision about it.
    """
    if context.idempotency_key is None:
        return None
    key = {"customer_id": context.customer_id, "idempotency_key": context.idempotency_key}
    stored = await context.database.fetch(_Stored, QUERIES["get_operation_by_key"], key, scope=context.scope)
    if not stored:
        return None
    if stored[0].error_code == NOT_POSSIBLE_NOW:
        raise Refused(reason_of(NOT_POSSIBLE_NOW), code=NOT_POSSIBLE_NOW)
    return _same_request(context, stored[0])


def _same_request(context: ToolContext, stored: _Stored) -> Proposed:
    if stored.request_hash != context.request_hash:
        raise _key_reused()
    return stored.as_proposed()


def _key_reused() -> Conflict:
    return Conflict(
        "Another request stands under this idempotency key. Use a new key for a new request.",
        code="idempotency_key_reused",
    )


def _key(context: ToolContext, operation: str, payload: dict[str, Any]) -> str:
    if context.idempotency_key is not None:
        return context.idempotency_key
    if context.turn_id is None:
        return str(uuid4())
    said = repr((operation, sorted(payload.items()))).encode()
    return f"{context.turn_id}:{hashlib.sha256(said).hexdigest()[:16]}"


async def get_operation(context: ToolContext, operation_id: UUID) -> Operation:
    """Raises NotFound for an operation that is not the customer's."""
    key = {"operation_id": operation_id, "customer_id": context.customer_id}
    found = await context.database.fetch(Operation, QUERIES["get_operation"], key, scope=context.scope)
    if not found:
        raise NotFound("There is no such operation.")
    return found[0]


async def is_waiting(context: ToolContext, operation_id: UUID) -> bool:
    """Whether the customer can still decide. Raises NotFound for an operation that is not the customer's."""
    operation = await get_operation(context, operation_id)
    return operation.status == "pending" and operation.expires_at > context.now


async def confirm(context: ToolContext, operation_id: UUID, *, code: str | None = None) -> Slip:
    """The customer's yes.

    Raises:
        NotFound: the operation is not the customer's.
        Refused: it is over, or the code is missing or wrong.
    """
    operation = await get_operation(context, operation_id)
    if operation.step_up and operation.status == "pending":
        await context.step_up.answer(context, operation_id, code)
    slip = Slip(operation_id, secrets.token_hex(32))
    await context.database.run(
        (
            QUERIES["mint_slip"],
            {
                "operation_id": operation_id,
                "slip_hash": hashlib.sha256(slip.secret.encode()).digest(),
                "now": context.now,
                "expires_at": context.now + SLIP_TTL,
            },
        ),
        scope=context.scope,
    )
    return slip


async def execute(context: ToolContext, slip: Slip) -> Operation:
    """Does what was confirmed, once, and returns the operation as it stands then: also when it was over before.

    Raises:
        NotFound: it is not the customer's.
        Refused: the slip does not count.
    """

    async def work(db: WriteHandle) -> Operation:
        values = {"operation_id": slip.operation_id, "slip": slip.secret, "now": context.now}
        claimed = await db.get(Operation, QUERIES["execute_operation"], values)
        if claimed.status != "processing":
            return claimed
        error_code = await _EFFECTS[claimed.type](db, context, claimed.payload)
        return await _end(db, context, claimed.id, "processing", "failed" if error_code else "completed", error_code)

    try:
        return await context.database.transact(work, scope=context.scope)
    except (Refused, Conflict) as error:
        if error.error_code == "slip_invalid":
            raise
        # A rule of the database spoke up in the middle of an effect: nothing of it stays, and nothing stays pending.
        code = error.error_code if is_reason(error.error_code) else "not_allowed"
        return await _end_alone(context, slip.operation_id, "failed", code)


async def decide(context: ToolContext, operation_id: UUID, decision: Decision, *, code: str | None = None) -> Operation:
    """Ends a pending operation as its customer decided and returns it as it stands then: also when it was over before
    (its status tells).

    Raises:
        NotFound: the operation is not the customer's.
        Refused: the code is missing or wrong; the operation still waits.
    """
    operation = await get_operation(context, operation_id)
    if operation.status != "pending":
        return operation
    if operation.expires_at <= context.now:
        return await _end_alone(context, operation_id, "expired", "expired")
    if decision == "deny":
        return await _end_alone(context, operation_id, "cancelled", None)
    try:
        slip = await confirm(context, operation_id, code=code)
    except Refused as error:
        if error.error_code != "nothing_to_confirm":
            raise
        # Somebody else ended it at the same moment.
        return await get_operation(context, operation_id)
    return await execute(context, slip)


async def _end_alone(context: ToolContext, operation_id: UUID, status: Status, error_code: str | None) -> Operation:
    async with context.database.writing(context.scope) as db:
        return await _end(db, context, operation_id, "pending", status, error_code)


async def _end(
    db: WriteHandle, context: ToolContext, operation_id: UUID, from_status: Status, to_status: Status, code: str | None
) -> Operation:
    values = {"operation_id": operation_id, "customer_id": context.customer_id, "now": context.now}
    values |= {"from_status": from_status, "to_status": to_status, "error_code": code}
    ended = await db.find(Operation, QUERIES["end_operation"], values)
    # None: somebody else ended it at the same moment.
    return ended or await db.get(Operation, QUERIES["get_operation"], values)
