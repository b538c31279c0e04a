"""What the assistant can do for a customer: which tools an intent asks for, and which of them a message means."""

import re
from typing import Any

from agent.understanding.intents import INTENT_ROUTES, OwnIntent, Route

_OPERATIONS = [intent for intent, route in INTENT_ROUTES.items() if route is Route.OPERATION]

TOOLS_OF_INTENT: dict[str, tuple[str, ...]] = {
    intent: (intent,) for intent in _OPERATIONS if intent != OwnIntent.UNCLEAR
} | {
    OwnIntent.MAKE_TRANSFER.value: ("pay_payee", "transfer_between_accounts", "schedule_payment"),
    OwnIntent.LIST_FRAUD_ALERTS.value: ("list_fraud_alerts",),
    OwnIntent.REPORT_FRAUD_ALERT.value: ("list_fraud_alerts",),
}
"""The first is meant unless the words say another."""


def find_tool(intent: str, text: str, slots: dict[str, Any]) -> str | None:
    """The tool that a message asks for; None for an intent that no tool serves."""
    tools = TOOLS_OF_INTENT.get(intent)
    if tools is None:
        return None
    if intent == "make_transfer" and "to_account" in slots:
        return "transfer_between_accounts"
    if intent == "make_transfer" and re.search(r"\bschedul|\btomorrow\b|\bnext\s+\w", text.casefold()):
        return "schedule_payment"
    return tools[0]
