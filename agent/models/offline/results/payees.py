"""Answers about payees, from the tools' results."""

from collections.abc import Callable
from typing import Any


def _payees(result: dict[str, Any]) -> str:
    if not result["payees"]:
        return "You have not saved any payees yet."
    lines = [f"- {payee['name']} (account ending {payee['last4']})" for payee in result["payees"]]
    return "Your payees:\n\n" + "\n".join(lines)


def _name_check(result: dict[str, Any]) -> str:
    verdict = result["verdict"].replace("_", " ")
    return f"**{verdict.capitalize()}** for {result['name']} ({result['account']}). {result['message']}"


def _in_use(result: dict[str, Any]) -> str:
    uses = "\n".join(f"- {use}" for use in result["uses"])
    return f"I cannot remove {result['payee']} while payments still go there:\n\n{uses}\n\nCancel that first."


def _own_account(result: dict[str, Any]) -> str:
    return f"That is your own account {result['account']}. Make a transfer between your accounts instead."


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_payees": _payees,
    "check_payee_name": _name_check,
}
BY_STATUS: dict[str, Callable[[dict[str, Any]], str]] = {
    "payee_in_use": _in_use,
    "own_account": _own_account,
}
