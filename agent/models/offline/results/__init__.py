"""What tools found, in words: a module for each subject, with ``BY_TOOL`` and, for its own statuses, ``BY_STATUS``."""

from collections.abc import Callable
from typing import Any

from agent.dialogue.words import with_choices
from agent.models.offline.results import (
    accounts,
    cards,
    disputes,
    lending,
    money_in,
    payees,
    permissions,
    schedules,
    service,
    transactions,
    transfers,
)

Wording = Callable[[dict[str, Any]], str]

BY_TOOL: dict[str, Wording] = {
    name: wording
    for module in (
        *(accounts, cards, disputes, lending, money_in, payees, permissions, schedules, service, transactions),
        transfers,
    )
    for name, wording in module.BY_TOOL.items()
}
BY_STATUS: dict[str, Wording] = {
    status: wording
    for module in (cards, lending, payees, schedules, service, transactions)
    for status, wording in module.BY_STATUS.items()
}


Narrowing = Callable[[dict[str, Any], str], dict[str, Any]]

NARROWED: dict[str, Narrowing] = transactions.NARROWED
"""What of a result is asked about."""


def say(name: str, result: dict[str, Any], said: str = "") -> str:
    """A tool's result in words: a proposal, a refusal, or what it found. ``said``: what the customer asked."""
    status = result["status"]
    if status == "found" and name in NARROWED:
        result = NARROWED[name](result, said)
    if status == "confirmation_needed":
        return _proposal(result)
    if status in BY_STATUS:
        return BY_STATUS[status](result)
    if status != "found" and "message" in result:
        return _refusal(result)
    return BY_TOOL[name](result)


def _proposal(result: dict[str, Any]) -> str:
    code = " You will need the security code that we have sent you." if result["step_up"] else ""
    fee = f" The fee is {result['fee']}." if result["fee"] else ""
    return f"{result['summary']}: please confirm, and I will do it.{fee}{code} Nothing has changed yet."


def _refusal(result: dict[str, Any]) -> str:
    """A result that says itself why it is none, and what may be meant."""
    return with_choices(result["message"], result.get("choices") or [])
