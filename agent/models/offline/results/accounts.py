"""Answers about accounts and statements, from the tools' results."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import day, money
from core.money import Money

_OWED = ("credit_card", "loan")


def _balances(result: dict[str, Any]) -> str:
    accounts: list[dict[str, Any]] = result["accounts"]
    if not accounts:
        return "You have no accounts with us yet."
    if len(accounts) == 1:
        return f"Your balance: {_balance(accounts[0])}."
    return "Here are your balances:\n\n" + "\n".join(f"- {_balance(account)}" for account in accounts)


def _balance(account: dict[str, Any]) -> str:
    name = f"**{account['name']}** ({account['kind'].replace('_', ' ')})"
    ledger, available = (Money.parse(account[amount], account["currency"]) for amount in ("ledger", "available"))
    if account["kind"] in _OWED:
        owed = f"you owe **{str(ledger).removeprefix('-')}**" if ledger.minor <= 0 else f"**{ledger}** in credit"
        return f"{name}: {owed}" + (f", {available} left to spend" if account["kind"] == "credit_card" else "")
    rest = f", of which {available} is available" if available != ledger else ""
    return f"{name}: **{ledger}**{rest}"


def _account(result: dict[str, Any]) -> str:
    currency = result["currency"]
    facts = [
        ("Balance", money(result["ledger"], currency)),
        ("Available", money(result["available"], currency)),
        ("Held back", _unless_zero(result["held"], currency)),
        (_limit_name(result["kind"]), _unless_zero(result["limit"], currency)),
        ("Sort code", result["sort_code"]),
        ("Account number", result["account_number"]),
        ("IBAN", result["iban"]),
        ("Cards ending", ", ".join(result["cards"]) or None),
        ("Opened", day(result["opened"])),
        ("State", result["state"] if result["state"] != "open" else None),
    ]
    lines = [f"- {name}: **{value}**" for name, value in facts if value]
    return f"Your account **{result['name']}** ({result['kind'].replace('_', ' ')}):\n\n" + "\n".join(lines)


def _unless_zero(amount: str, currency: str) -> str | None:
    money = Money.parse(amount, currency)
    return str(money) if money.minor else None


def _limit_name(kind: str) -> str:
    return "Credit limit" if kind == "credit_card" else "Overdraft limit"


def _statement(result: dict[str, Any]) -> str:
    opening, closing, paid_in, paid_out = (
        money(result[name], result["currency"]) for name in ("opening", "closing", "money_in", "money_out")
    )
    lines = f"{result['lines']} {'line' if result['lines'] == 1 else 'lines'}"
    links = " or ".join(f"[{_ending(path)}]({path})" for path in result["files"])
    return (
        f"Your statement of **{result['account']}** from {day(result['since'])} to {day(result['until'])}: "
        f"it opens with {opening} and closes with **{closing}**, with {paid_in} in and "
        f"{paid_out.removeprefix('-')} out in {lines}. The whole statement: {links}."
    )


def _ending(path: str) -> str:
    return path.rpartition("format=")[2].upper()


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_accounts": _balances,
    "get_balance": _balances,
    "get_account": _account,
    "get_statement": _statement,
}
