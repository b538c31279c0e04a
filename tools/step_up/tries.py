"""Tries at a code, counted by the database (0005_step_up.up.sql) before the code is looked at: five wrong ones end the
operation that they were for, fifteen within an hour end step-up for a while, whatever they were for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.clock import BANK_TIME_ZONE
from core.db.database import WriteHandle
from core.errors import Refused
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import ToolContext

LOCKED = "step_up_locked"


@dataclass(frozen=True, slots=True)
class _Try:
    try_id: int | None
    tries_left: int | None
    """After this one, should it be wrong."""
    locked_until: datetime | None


async def try_code(
    context: ToolContext, operation_id: UUID | None, is_right: Callable[[WriteHandle], Awaitable[bool]]
) -> None:
    """One try, in one transaction in which tries of the customer take turns: nobody learns whether a code is right
    before its try counts.

    Args:
        operation_id: what the code is for; None for a code that is about the authenticator app itself.
        is_right: compares in constant time.

    Raises:
        Refused: ``wrong_code`` with ``details.tries_left``; ``step_up_locked`` when none is left, with
            ``details.retry_at`` if the customer is locked, and then the operation is over; ``nothing_to_confirm``.
    """

    async def work(db: WriteHandle) -> Refused | None:
        values = {"operation_id": operation_id, "customer_id": context.customer_id, "now": context.now}
        [taken] = await db.all(_Try, QUERIES["take_try"], values)
        if taken.locked_until is not None:
            await _end(db, operation_id, context)
            return locked_out(taken.locked_until)
        if taken.try_id is None:
            return Refused("There is nothing to confirm any more. Please ask again.", code="nothing_to_confirm")
        if await is_right(db):
            await db.execute(QUERIES["pass_try"], {"try_id": taken.try_id, "now": context.now})
            return None
        if taken.tries_left:
            return _wrong(taken.tries_left)
        await _end(db, operation_id, context)
        return Refused(reason_of(LOCKED), code=LOCKED, details={"tries_left": 0})

    refused = await context.database.transact(work, scope=context.scope)
    if refused is not None:
        raise refused


async def _end(db: WriteHandle, operation_id: UUID | None, context: ToolContext) -> None:
    """Nothing stays pending that cannot be approved."""
    if operation_id is not None:
        values = {"operation_id": operation_id, "from_status": "pending", "to_status": "failed", "now": context.now}
        await db.execute(QUERIES["end_operation"], values | {"error_code": LOCKED})


def _wrong(tries_left: int) -> Refused:
    again = "once more" if tries_left == 1 else f"{tries_left} more times"
    return Refused(
        f"The code is wrong, or was used before. You can try {again}.",
        code="wrong_code",
        details={"tries_left": tries_left},
    )


def locked_out(until: datetime) -> Refused:
    """The customer cannot be asked for codes for a while."""
    return Refused(
        f"There were too many wrong security codes. Please try again after {until.astimezone(BANK_TIME_ZONE):%H:%M}.",
        code=LOCKED,
        details={"tries_left": 0, "retry_at": until.isoformat(timespec="seconds")},
    )
