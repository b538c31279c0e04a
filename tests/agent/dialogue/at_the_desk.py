"""Messages as they are heard, and conversations in the middle of a task."""

from datetime import UTC, datetime
from typing import Any

from agent.dialogue.desk import Heard
from agent.dialogue.shapes import Dialogue, Task, new_dialogue, new_task
from agent.understanding.intents import INTENT_ROUTES
from agent.understanding.slots import Known, KnownAccount, KnownCard, Mention, find_mentions

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
KNOWN = Known(
    accounts=(
        KnownAccount("Everyday", "current", "GBP", "1001"),
        KnownAccount("Rainy Day", "savings", "GBP", "1002"),
        KnownAccount("Travel", "current", "EUR", "1003"),
    ),
    cards=(KnownCard("4821", "debit"), KnownCard("7733", "credit", "Platinum"), KnownCard("9034", "virtual")),
    payees=("Maria Lopez", "John Carter", "Jimmy Chan"),
)
CARDS = ["debit card ending 4821", "Platinum credit card ending 7733", "virtual card ending 9034"]
PENDING = {"operation_id": "op-1", "type": "pay_payee", "summary": "Pay £50.00 to Maria Lopez", "step_up": False}


def mentions(text: str) -> tuple[Mention, ...]:
    return find_mentions(text, now=NOW, known=KNOWN)


def hear(text: str, intent: str = "acknowledgement", confidence: float = 0.9, **more: Any) -> Heard:
    route = INTENT_ROUTES[intent].value
    return Heard(text=text, route=route, intent=intent, confidence=confidence, mentions=mentions(text), **more)


def open_task(tool: str, slots: dict[str, Any], *, asks: str | None = None, **more: Any) -> Dialogue:
    """A conversation in the middle of one task."""
    task: Task = {**new_task(tool, more.pop("intent", tool), slots), "asks": asks, **more}  # type: ignore[typeddict-item]
    return {**new_dialogue(), "stack": [task]}
