"""What tests of loans, exchange and other money share: a customer asks and approves, today or later, and the books."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operations import Operation, decide


async def ask(desk: Desk, who: UUID, tool: str, /, *, at: datetime | None = None, **arguments: Any) -> dict[str, Any]:
    context = desk.context(who, now=at)
    outcome = await CATALOGUE.call(tool, arguments, context=context, scopes=CUSTOMER_SCOPES)
    assert outcome.result is not None, outcome.error
    return outcome.result.model_dump(mode="json")


async def fail(desk: Desk, who: UUID, tool: str, /, **arguments: Any) -> str:
    """The error of a call that the bank does not take; nothing is left pending."""
    outcome = await CATALOGUE.call(tool, arguments, context=desk.context(who), scopes=CUSTOMER_SCOPES)
    assert outcome.error is not None, outcome.result
    assert desk.owner("select 1 from banking_operations where status = 'pending'") == []
    return outcome.error


async def approve(desk: Desk, who: UUID, proposed: dict[str, Any], *, at: datetime | None = None) -> Operation:
    """With the code that was sent, if one was."""
    assert proposed["status"] == "confirmation_needed", proposed
    operation_id = UUID(proposed["operation_id"])
    codes = desk.owner("select code from demo_outbox where operation_id = %(id)s", id=operation_id)
    return await decide(desk.context(who, now=at), operation_id, "approve", code=codes[0]["code"] if codes else None)


async def done(desk: Desk, who: UUID, tool: str, /, *, at: datetime | None = None, **arguments: Any) -> Operation:
    return await approve(desk, who, await ask(desk, who, tool, at=at, **arguments), at=at)


def balances(desk: Desk, who: UUID) -> dict[str, int]:
    rows = desk.owner("select name, balance_minor from accounts where customer_id = %(who)s order by name", who=who)
    return {row["name"]: row["balance_minor"] for row in rows}


def bank_balance(desk: Desk, name: str, currency: str) -> int:
    [row] = desk.owner(
        "select balance_minor from internal_balances where name = %(name)s and currency = %(currency)s",
        name=name,
        currency=currency,
    )
    return int(row["balance_minor"])


def faults(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from ledger_faults")


def entry_of(desk: Desk, operation: Operation) -> dict[str, int]:
    """What an operation posted, by account."""
    rows = desk.owner(
        """select a.name, sum(p.amount_minor)::bigint as minor
             from banking_operations o join postings p on p.entry_id = o.entry_id join accounts a on a.id = p.account_id
            where o.id = %(id)s group by a.name""",
        id=operation.id,
    )
    return {row["name"]: row["minor"] for row in rows}
