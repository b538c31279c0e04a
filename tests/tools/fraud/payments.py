"""A customer who pays somebody new, and what the bank makes of it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.tools.asking import done, prepared
from tests.tools.bookkeeping import approve, ask
from tests.tools.conftest import Desk
from tools.operations import Operation

ALLOWED = {"outcome": "allow", "rules_version": "test", "features": {}, "hits": []}


def decision(outcome: str) -> str:
    """As the fraud engine stores it."""
    return json.dumps(ALLOWED | {"outcome": outcome})


async def meet_somebody(desk: Desk, name: str = "Nora Quill") -> None:
    await done(desk, "add_payee", name=name, sort_code="60-99-01", account_number="11223344")


async def propose_large(desk: Desk, amount: str = "3000", **more: Any) -> dict[str, Any]:
    """A first payment that is looked at."""
    return await prepared(desk, "pay_payee", amount=amount, payee="Nora Quill", account="Rainy Day", **more)


async def hold(desk: Desk, amount: str = "3000") -> Operation:
    await meet_somebody(desk)
    held = await approve(desk, desk.alex, await propose_large(desk, amount))
    assert held.status == "held", held
    return held


async def end(desk: Desk, tool: str, *, at: datetime | None = None) -> Operation:
    return await approve(desk, desk.alex, await ask(desk, desk.alex, tool, at=at), at=at)


def account(desk: Desk, name: str = "Rainy Day") -> tuple[int, int]:
    """Balance and what is held of it, in minor units."""
    query = "select balance_minor, held_minor from accounts where customer_id = %(who)s and name = %(name)s"
    [row] = desk.owner(query, who=desk.alex, name=name)
    return row["balance_minor"], row["held_minor"]


def decided(desk: Desk, operation: UUID | str) -> dict[str, Any]:
    [row] = desk.owner("select * from fraud_decisions where operation_id = %(id)s", id=operation)
    return row


def alerts(desk: Desk) -> list[dict[str, Any]]:
    """Those that a decision opened."""
    return desk.owner("select * from fraud_alerts where decision_id is not null order by created_at")
