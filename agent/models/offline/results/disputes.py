"""Disputes, in words."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import bullets, day
from core.money import Money


def _disputes(result: dict[str, Any]) -> str:
    if not result["disputes"]:
        return "You have disputed no payments."
    return "Your disputes:\n\n" + bullets(f"{_one(each)}: {each['state_in_words']}" for each in result["disputes"])


def _status(result: dict[str, Any]) -> str:
    dispute = result["dispute"]
    said = [f"{_one(dispute)}, opened on {day(dispute['opened'])}. {dispute['state_in_words']}"]
    if len(result["events"]) > 1:
        said.append("What has happened:\n\n" + bullets(event["what"] for event in result["events"]))
    if result["deadlines"]:
        said.append(
            "By when what happens:\n\n"
            + bullets(f"{day(each['date'])}: {each['what']} ({each['rule']})" for each in result["deadlines"])
        )
    if result["helpful_evidence"]:
        said.append("What would help: " + "; ".join(result["helpful_evidence"]) + ".")
    return "\n\n".join(said)


def _one(dispute: dict[str, Any]) -> str:
    amount = Money.parse(dispute["amount"], dispute["currency"])
    return f"**{dispute['reference']}**, {amount} of {dispute['payment']} on {day(dispute['paid'])}"


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_disputes": _disputes,
    "get_dispute_status": _status,
}
