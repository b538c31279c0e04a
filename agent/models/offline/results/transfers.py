"""Answers about transfers and fraud alerts, from the tools' results."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import bullets, day, money


def _transfers(result: dict[str, Any]) -> str:
    if not result["transfers"]:
        return "I find no such transfer."
    return "Your latest transfers:\n\n" + bullets(map(_transfer, result["transfers"]))


def _transfer(transfer: dict[str, Any]) -> str:
    said = f"{day(transfer['date'])}: {transfer['summary']}, **{_STATES[transfer['transfer_status']]}**"
    return f"{said}. {transfer['reason']}" if transfer["reason"] else said


_STATES = {
    "pending": "waits for your confirmation",
    "processing": "under way",
    "held": "being checked before it leaves",
    "completed": "done",
    "failed": "not made",
    "cancelled": "cancelled",
    "expired": "not confirmed in time",
}


def _alerts(result: dict[str, Any]) -> str:
    if not result["alerts"]:
        return (
            "There is no open fraud alert on your cards. If there is a payment that you do not recognise, freeze the "
            "card now and tell our fraud team."
        )
    lines = [
        f"{day(alert['date'])}: **{money(alert['amount'], alert['currency'])}** at {alert['merchant']} on the card "
        f"ending {alert['card_last4']}, {alert['payment_status']}"
        if alert["card_last4"]
        else f"{day(alert['date'])}: **{money(alert['amount'], alert['currency'])}** to {alert['merchant']}, "
        f"{alert['payment_status']}"
        for alert in result["alerts"]
    ]
    return (
        "We have flagged this as unusual and are waiting for your answer:\n\n"
        + bullets(lines)
        + '\n\nWas this you? Say "that was me", or "that was not me": then I can freeze the card, dispute what was '
        "taken and order you a new card, all at once."
    )


def _held(result: dict[str, Any]) -> str:
    if not result["payments"]:
        return "No payment of yours is being held."
    lines = [
        f"**{money(payment['amount'], payment['currency'])}** to {payment['payee']}, "
        f"until {day(payment['expires_at'][:10])}"
        for payment in result["payments"]
    ]
    return (
        "We are checking this before it leaves. The money is set aside, and nobody has been paid:\n\n"
        + bullets(lines)
        + "\n\nYou can let a payment go or cancel it; both need a security code."
    )


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "get_transfer_status": _transfers,
    "list_fraud_alerts": _alerts,
    "list_held_payments": _held,
}
