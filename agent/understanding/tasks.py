"""What the assistant can do for a customer: which tools an intent asks for, and which of them a message means."""

import re
from typing import Any

TOOLS_OF_INTENT: dict[str, tuple[str, ...]] = {
    "account_balance": ("get_balance",),
    "list_accounts": ("list_accounts",),
    "list_transactions": ("list_transactions",),
    "spending_summary": ("spending_summary",),
    "list_cards": ("list_cards",),
    "freeze_card": ("freeze_card",),
    "unfreeze_card": ("unfreeze_card",),
    "make_transfer": ("pay_payee", "transfer_between_accounts", "schedule_payment"),
    "list_payees": ("list_payees",),
    "manage_payees": ("add_payee", "change_payee", "remove_payee"),
    "list_standing_orders": ("list_standing_orders",),
    "manage_standing_orders": (
        "create_standing_order",
        "change_standing_order",
        "cancel_standing_order",
        "schedule_payment",
        "cancel_scheduled_payment",
    ),
    "report_fraud_alert": ("list_fraud_alerts",),
}
"""The first is meant unless the words say another."""

_WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "manage_payees": (
        (r"\b(?:remove|delete|get rid of)\b", "remove_payee"),
        (r"\b(?:change|update|edit|correct)\b", "change_payee"),
    ),
    "manage_standing_orders": (
        (r"\b(?:cancel|stop|delete|end)\b.*\bscheduled\b", "cancel_scheduled_payment"),
        (r"\b(?:cancel|stop|delete|end)\b", "cancel_standing_order"),
        (r"\b(?:change|update|increase|raise|lower|reduce)\b", "change_standing_order"),
        (r"\bschedul", "schedule_payment"),
    ),
}


def find_tool(intent: str, text: str, slots: dict[str, Any]) -> str | None:
    """The tool that a message asks for; None for an intent that no tool serves."""
    tools = TOOLS_OF_INTENT.get(intent)
    if tools is None:
        return None
    if intent == "make_transfer" and "to_account" in slots:
        return "transfer_between_accounts"
    said = text.casefold()
    return next((tool for pattern, tool in _WORDS.get(intent, ()) if re.search(pattern, said)), tools[0])
