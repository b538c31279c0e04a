"""Answers about transactions, spending and what is to come, from the tools' results."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from agent.models.offline.results.words import bullets, day, money

_WORD = re.compile(r"[^\W\d_]{3,}")
_OF_ANY_PAYMENT = frozenset(
    str.split("the and for from with payment payments bank account money card transfer order direct debit monthly")
)
"""Words in names that say nothing of which payment is meant."""
_LATEST = {"in": "Your latest money in", "out": "Your latest money out", None: "Your latest transactions"}
_NOTHING = {"in": "nothing that came in", "out": "nothing that went out", None: "no transactions"}
_SHOWN = 6
"""Parts of a sum that a chat names."""


def _transactions(result: dict[str, Any]) -> str:
    rows: list[dict[str, Any]] = result["transactions"]
    if not rows:
        return f"I found {_NOTHING[result.get('direction')]}{_narrowed(result)}."
    said = f"{_LATEST[result.get('direction')]}{_narrowed(result)}:\n\n" + bullets([_transaction(row) for row in rows])
    return f"{said}\n\nThere are more: say so, and I will go on." if result.get("next_cursor") else said


def _transaction(row: dict[str, Any]) -> str:
    text = f"{day(row['date'])}: {row['description']}, **{money(row['amount'], row['currency'])}** ({row['account']})"
    return text if row["status"] == "booked" else f"{text}, {row['status']}"


def _detail(result: dict[str, Any]) -> str:
    found = result["transaction"]
    facts = [
        ("Amount", money(found["amount"], found["currency"])),
        ("State", found["status"]),
        ("Account", found["account"]),
        ("Merchant", found["merchant"] and f"{found['merchant']['name']}, {found['merchant']['city']}"),
        ("Where", found["terminal"] and found["terminal"]["label"]),
        ("Payee", found["payee"]),
        ("Card ending", found["card_last4"]),
        ("Other account", found["own_account"]),
        ("Rate", found["exchange"] and found["exchange"]["rate"]),
        ("Fees", ", ".join(money(fee["amount"], fee["currency"]) for fee in found["fees"])),
        ("Why declined", found["decline_reason"] and found["decline_reason"].replace("_", " ")),
    ]
    lines = [f"{name}: **{value}**" for name, value in facts if value]
    return f"**{found['description']}** on {day(found['date'])}:\n\n" + bullets(lines)


def _charge(result: dict[str, Any]) -> str:
    found = result["transaction"]
    return f"On {day(found['date'])}: " + " ".join(result["explanation"])


def _spending(result: dict[str, Any]) -> str:
    period = f"from {day(result['since'])} to {day(result['until'])}"
    what = f" on {result['category'].replace('_', ' ')}" if result["category"] else ""
    what += f" at {result['text']}" if result["text"] else ""
    if not result["totals"]:
        return f"You spent nothing{what} {period}."
    amounts = " and ".join(
        f"**{money(total['amount'], total['currency'])}** in {total['number']} "
        f"{'payment' if total['number'] == 1 else 'payments'}"
        for total in result["totals"]
    )
    return f"You spent {amounts}{what} {period}.{_parts(result)}"


def _parts(result: dict[str, Any]) -> str:
    by = result["group_by"]
    if by == "category" and (result["category"] or result["text"]):
        return ""
    rows = result[f"by_{by}"]
    lines = [f"{_label(row[by], by)}: {money(row['amount'], row['currency'])}" for row in rows]
    if by == "month":
        return " By month:\n\n" + bullets(lines)
    return " Most of it went on:\n\n" + bullets(lines[:_SHOWN])


def _label(label: str, by: str) -> str:
    if by == "month":
        return f"{date.fromisoformat(f'{label}-01'):%B %Y}"
    return label.replace("_", " ") if by == "category" else label


def _recurring(result: dict[str, Any]) -> str:
    payments: list[dict[str, Any]] = result["payments"]
    if not payments:
        return "I find nothing that comes back regularly."
    said = "What comes back regularly:\n\n" + bullets([_recurring_line(each) for each in payments])
    if not result["monthly"]:
        return said
    sums = " and ".join(
        f"**{money(each['amount'], each['currency']).removeprefix('-')}**" for each in result["monthly"]
    )
    return f"{said}\n\nThat is about {sums} out a month."


def _asked_about(result: dict[str, Any], said: str) -> dict[str, Any]:
    """Of regular payments those that the question names: "when is my rent due"."""
    words = set(map(str.casefold, _WORD.findall(said)))
    named = [each for each in result["payments"] if not words.isdisjoint(_names_of(each))]
    return result | {"payments": named, "monthly": []} if named else result


def _names_of(payment: dict[str, Any]) -> set[str]:
    said = f"{payment['name']} {payment['reference'] or ''}"
    return set(map(str.casefold, _WORD.findall(said))) - _OF_ANY_PAYMENT


def _recurring_line(payment: dict[str, Any]) -> str:
    about = "about " if payment["varies"] else ""
    kind = payment["kind"].replace("_", " ")
    return (
        f"{payment['name']} ({kind}): {about}**{money(payment['amount'], payment['currency'])}** "
        f"{payment['frequency'].replace('_', '-')}, next on {day(payment['next_date'])} ({payment['account']})"
    )


def _forecast(result: dict[str, Any]) -> str:
    if not result["accounts"]:
        return "You have no current or savings account to look ahead for."
    said = f"Up to {day(result['until'])}:\n\n" + bullets([_ahead(each) for each in result["accounts"]])
    return f"{said}\n\n{' '.join(result['assumptions'])}"


def _ahead(account: dict[str, Any]) -> str:
    starts, ends, lowest, paid_in, paid_out = (
        money(account[name], account["currency"])
        for name in ("starts_with", "ends_with", "lowest", "money_in", "money_out")
    )
    said = (
        f"**{account['account']}**: {starts} now, {paid_in} in, {paid_out.removeprefix('-')} out, **{ends}** at the end"
    )
    if account["lowest"] == account["starts_with"]:
        return said
    short = ": that is not enough" if account["short"] else ""
    return f"{said}; lowest {lowest} on {day(account['lowest_on'])}{short}"


def _category_unknown(result: dict[str, Any]) -> str:
    known = [choice.replace("_", " ") for choice in result["choices"]]
    if not known:
        return "You have no spending yet."
    listed = " and ".join(filter(None, [", ".join(known[:-1]), *known[-1:]]))
    return f"I see no spending under {result['asked_for'].replace('_', ' ')}. Your categories are {listed}."


def _narrowed(result: dict[str, Any]) -> str:
    text = f" at {result['merchant']}" if result.get("merchant") else ""
    text += f" at {result['text']}" if result["text"] else ""
    text += f" under {result['category'].replace('_', ' ')}" if result["category"] else ""
    text += f" from {day(result['since'])}" if result["since"] else ""
    text += f" to {day(result['until'])}" if result["until"] else ""
    return text


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_transactions": _transactions,
    "search_transactions": _transactions,
    "get_transaction": _detail,
    "explain_charge": _charge,
    "spending_summary": _spending,
    "find_recurring_payments": _recurring,
    "forecast_cash_flow": _forecast,
}
NARROWED: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {"find_recurring_payments": _asked_about}
BY_STATUS: dict[str, Callable[[dict[str, Any]], str]] = {
    "category_unknown": _category_unknown,
}
