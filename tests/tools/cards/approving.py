"""What tests of cards share: propose and approve, and cards as the tables' owner sees them."""

from typing import Any
from uuid import UUID

from tests.tools.conftest import Desk
from tools.operations import Operation, decide


async def approved(desk: Desk, customer_id: UUID, tool: str, /, **arguments: Any) -> Operation:
    """Proposes, and approves with the code that was sent, if one was."""
    proposed = await desk.ask(customer_id, tool, **arguments)
    assert proposed["status"] == "confirmation_needed", proposed
    codes = desk.owner("select code from demo_outbox order by id desc limit 1") if proposed["step_up"] else []
    code = codes[0]["code"] if codes else None
    return await decide(desk.context(customer_id), UUID(proposed["operation_id"]), "approve", code=code)


def card(desk: Desk, last4: str) -> dict[str, Any]:
    [found] = desk.owner("select * from cards where last4 = %(last4)s and customer_id = any(%(ids)s)", last4=last4,
                         ids=[desk.alex, desk.blair])  # fmt: skip
    return found


def replacement_of(desk: Desk, last4: str) -> dict[str, Any]:
    [found] = desk.owner("select * from cards where replaces_id = %(id)s", id=card(desk, last4)["id"])
    return found


def put(desk: Desk, last4: str, status: str) -> None:
    """What the bank itself does to a card."""
    desk.owner("update cards set status = %(status)s where last4 = %(last4)s and customer_id = any(%(ids)s)",
               status=status, last4=last4, ids=[desk.alex, desk.blair])  # fmt: skip
