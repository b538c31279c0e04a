"""Cards, their limits, and what is in the post, in words."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import capital, day, money

_SWITCHES = {
    "contactless": "contactless payments",
    "online": "online payments",
    "cash_machines": "cash machines",
    "abroad": "payments abroad",
}
_PROGRESS = {
    "ordered": "ordered on {ordered}; it is sent on {sent} and due by **{expected}**",
    "sent": "sent on {sent}, due by **{expected}**",
    "overdue": "sent on {sent} and due by {expected}, so it is late",
    "received": "it has arrived",
    "stopped": "stopped, as the card is blocked or closed",
}


def _cards(result: dict[str, Any]) -> str:
    if not result["cards"]:
        return "You have no cards with us yet."
    return "Your cards:\n\n" + "\n".join(f"- {_card(card)}" for card in result["cards"])


def _card(card: dict[str, Any]) -> str:
    said = (
        f"{capital(card['label'])}: {card['status'].replace('_', ' ')}, expires {card['expires']} ({card['account']})"
    )
    off = [called for switch, called in _SWITCHES.items() if not card["switches"][switch]]
    if off:
        said += f"; {' and '.join(off)} switched off"
    if card["replaced_by"]:
        said += f"; replaced by the card ending {card['replaced_by']}"
    return said


def _deliveries(result: dict[str, Any]) -> str:
    if not result["deliveries"]:
        return "There is nothing in the post for you."
    return "\n".join(f"- {_delivery(delivery)}" for delivery in result["deliveries"])


def _delivery(delivery: dict[str, Any]) -> str:
    item = f"your {delivery['card']}" if delivery["item"] == "card" else f"the PIN letter for your {delivery['card']}"
    days = {name: day(delivery[name]) for name in ("ordered", "sent", "expected")}
    said = f"{capital(item)}: {_PROGRESS[delivery['delivery_status']].format(**days)}."
    return f"{said} {delivery['advice']}" if delivery["advice"] else said


def _limits(result: dict[str, Any]) -> str:
    if not result["limits"]:
        return f"Your {result['card']} has no limits of its own."
    return f"Limits of your {result['card']}:\n\n" + "\n".join(f"- {_limit(limit)}" for limit in result["limits"])


def _limit(limit: dict[str, Any]) -> str:
    used = money(limit["used"], limit["currency"])
    if limit["amount"] is None:
        return f"{capital(limit['limit'])}: no limit is set, {used} used this {limit['period']}"
    amount, left = (money(limit[name], limit["currency"]) for name in ("amount", "left"))
    return f"{capital(limit['limit'])}: **{amount}** a {limit['period']}, {used} used, {left} left"


def _message(result: dict[str, Any]) -> str:
    return str(result["message"])


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_cards": _cards,
    "get_card_delivery": _deliveries,
    "get_card_limits": _limits,
}
BY_STATUS: dict[str, Callable[[dict[str, Any]], str]] = {"nothing_to_do": _message, "card_not_possible": _message}
