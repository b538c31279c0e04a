"""A customer who asks at a certain moment, and says yes with the code that was sent to them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operations import Operation, decide

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def at(desk: Desk, now: datetime) -> Desk:
    """The same bank at another moment."""
    return replace(desk, now=now)


async def refused_arguments(desk: Desk, tool: str, /, **arguments: Any) -> str:
    outcome = await CATALOGUE.call(tool, arguments, context=desk.context(desk.alex), scopes=CUSTOMER_SCOPES)
    assert outcome.result is None, outcome.result
    return str(outcome.error)


async def prepared(desk: Desk, tool: str, who: UUID | None = None, /, **arguments: Any) -> dict[str, Any]:
    proposed = await desk.ask(who or desk.alex, tool, **arguments)
    assert proposed["status"] == "confirmation_needed", proposed
    return proposed


async def approved(desk: Desk, proposed: dict[str, Any], who: UUID | None = None) -> Operation:
    sent = desk.owner("select code from demo_outbox where operation_id = %(id)s", id=proposed["operation_id"])
    assert bool(sent) == proposed["step_up"]
    code = sent[0]["code"] if sent else None
    return await decide(desk.context(who or desk.alex), UUID(proposed["operation_id"]), "approve", code=code)


async def done(desk: Desk, tool: str, who: UUID | None = None, /, **arguments: Any) -> Operation:
    ended = await approved(desk, await prepared(desk, tool, who, **arguments), who)
    assert ended.status == "completed", ended
    return ended


def pending(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select type from banking_operations where status = 'pending'")
