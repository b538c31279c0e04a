"""Answers about scheduled payments and standing orders."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import bullets, day, money

_HOW_OFTEN = {
    "weekly": "every week",
    "fortnightly": "every two weeks",
    "four_weekly": "every four weeks",
    "monthly": "every month",
    "quarterly": "every quarter",
    "yearly": "every year",
}


def _scheduled_payments(result: dict[str, Any]) -> str:
    payments: list[dict[str, Any]] = result["scheduled_payments"]
    if not payments:
        return "You have no payments scheduled."
    return "Your scheduled payments:\n\n" + bullets(map(_payment, payments))


def _payment(payment: dict[str, Any]) -> str:
    amount = money(payment["amount"], payment["currency"])
    return f"{day(payment['date'])}: **{amount}** to {payment['payee']}{_text(payment)} ({payment['account']})"


def _standing_orders(result: dict[str, Any]) -> str:
    orders: list[dict[str, Any]] = result["standing_orders"]
    if not orders:
        return "You have no standing orders."
    return "Your standing orders:\n\n" + bullets(map(_order, orders))


def _order(order: dict[str, Any]) -> str:
    amount, how_often = money(order["amount"], order["currency"]), _HOW_OFTEN[order["frequency"]]
    until = f" until {day(order['ends_on'])}" if order["ends_on"] else ""
    said = f"**{amount}** to {order['payee']}{_text(order)} {how_often}, next on {day(order['next_run_on'])}{until}"
    return f"{said} ({order['account']})"


def _text(result: dict[str, Any]) -> str:
    return f", {result['text']}," if result["text"] else ""


def _too_late_to_cancel(result: dict[str, Any]) -> str:
    return f"The payment to {result['payee']} is made today. It could be cancelled until the day before."


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_scheduled_payments": _scheduled_payments,
    "list_standing_orders": _standing_orders,
}
BY_STATUS: dict[str, Callable[[dict[str, Any]], str]] = {
    "too_late_to_cancel": _too_late_to_cancel,
}
