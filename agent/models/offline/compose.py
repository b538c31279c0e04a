"""Answers in words, from tool results and passages. Nothing is said that does not stand in them."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import orjson

from agent.messages import Evidence
from agent.models.offline.brief import Brief
from agent.models.offline.phrases import (
    CANNOT_HERE,
    HAND_OFF,
    NOTHING_FOUND,
    OUT_OF_SCOPE,
    QUESTIONS,
    SIGN_IN,
    SMALL_TALK,
    operation_ended,
)
from core.money import Money

_LONGEST_ANSWER = 140
"""Words of passages that an answer quotes before it stops at a section's end."""


def compose(brief: Brief, results: list[tuple[str, bool, str]]) -> str:
    """The answer in Markdown. ``results`` are (tool name, succeeded, content) of this turn's calls."""
    if brief["ended"]:
        return operation_ended(brief["ended"])
    if results:
        return "\n\n".join(_of_result(*result) for result in results)
    if brief["asks"] and brief["signed_in"]:
        return QUESTIONS.get(brief["asks"], f"What is the {brief['asks'].replace('_', ' ')}?")
    if brief["passages"]:
        said = _of_passages(brief["passages"])
        return f"{CANNOT_HERE}\n\n{said}" if brief["route"] == "operation" else said
    return _of_route(brief)


def _of_route(brief: Brief) -> str:
    match brief["route"]:
        case "small_talk":
            return SMALL_TALK.get(brief["intent"], SMALL_TALK["greeting"])
        case "out_of_scope":
            return OUT_OF_SCOPE
        case "handoff":
            return HAND_OFF
        case "operation" | "fraud" if not brief["signed_in"]:
            return SIGN_IN
        case "operation":
            return CANNOT_HERE
        case _:
            return NOTHING_FOUND


def _of_passages(passages: list[Evidence]) -> str:
    """The best passage with the opening of its article, which answers in short, and more of it while there is room."""
    best = passages[0]
    same = [
        (number, passage)
        for number, passage in enumerate(passages, start=1)
        if passage["document_id"] == best["document_id"]
    ]
    same.sort(key=lambda numbered: not _is_opening(numbered[1]))
    parts: list[str] = []
    words = 0
    for number, passage in same:
        words += len(passage["text"].split())
        if passage is best or _is_opening(passage) or words <= _LONGEST_ANSWER:
            heading = "" if not parts or _is_opening(passage) else f"**{passage['heading']}**\n\n"
            parts.append(f"{heading}{passage['text'].strip()} [{number}]")
    return "\n\n".join(parts)


def _is_opening(passage: Evidence) -> bool:
    return passage["heading"] == passage["title"]


def _of_result(name: str, succeeded: bool, content: str) -> str:
    if not succeeded:
        return f"I could not do that: {content}"
    result: dict[str, Any] = orjson.loads(content)
    by_tool = _BY_TOOL.get(name, _unknown)
    return _BY_STATUS.get(result["status"], _refusal if "message" in result else by_tool)(result)


def _refusal(result: dict[str, Any]) -> str:
    """A result that says itself why it is none, and what may be meant."""
    choices: list[str] = result.get("choices") or []
    return result["message"] + ("\n\n" + _bullets(map(_capital, choices)) if choices else "")


def _account_unclear(result: dict[str, Any]) -> str:
    return f"Which account do you mean? You have {_listed(result['choices'])}."


def _card_unclear(result: dict[str, Any]) -> str:
    if not result["choices"]:
        return "You have no card that I could do this for."
    return "Which card do you mean?\n\n" + _bullets(map(_capital, result["choices"]))


def _nothing_to_do(result: dict[str, Any]) -> str:
    return f"Your {result['card']} is {result['card_status'].replace('_', ' ')}, so there is nothing to change."


def _category_unknown(result: dict[str, Any]) -> str:
    asked = result["asked_for"].replace("_", " ")
    known = _listed([choice.replace("_", " ") for choice in result["choices"]])
    return f"I see no spending under {asked}. Your categories are {known}."


def _confirmation(result: dict[str, Any]) -> str:
    code = " You will need the security code that we have sent you." if result["step_up"] else ""
    fee = f" The fee is {result['fee']}." if result["fee"] else ""
    return f"{result['summary']}: please confirm, and I will do it.{fee}{code} Nothing has changed yet."


def _balances(result: dict[str, Any]) -> str:
    accounts: list[dict[str, Any]] = result["accounts"]
    if not accounts:
        return "You have no accounts with us yet."
    if len(accounts) == 1:
        return f"Your balance: {_balance(accounts[0])}."
    return "Here are your balances:\n\n" + _bullets([_balance(account) for account in accounts])


def _balance(account: dict[str, Any]) -> str:
    name = f"**{account['name']}** ({account['kind'].replace('_', ' ')})"
    ledger, available = (Money.parse(account[amount], account["currency"]) for amount in ("ledger", "available"))
    if account["kind"] == "credit_card":
        owed = f"you owe **{str(ledger).removeprefix('-')}**" if ledger.minor < 0 else f"**{ledger}** in credit"
        return f"{name}: {owed}, {available} left to spend"
    rest = f", of which {available} is available" if available != ledger else ""
    return f"{name}: **{ledger}**{rest}"


def _transactions(result: dict[str, Any]) -> str:
    rows: list[dict[str, Any]] = result["transactions"]
    if not rows:
        return f"I found no transactions{_narrowed(result)}."
    return f"Your latest transactions{_narrowed(result)}:\n\n" + _bullets([_transaction(row) for row in rows])


def _transaction(row: dict[str, Any]) -> str:
    text = f"{_day(row['date'])}: {row['description']}, **{_money(row['amount'], row['currency'])}** ({row['account']})"
    if row["status"] == "booked":
        return text
    return f"{text}, {row['status']}"


def _spending(result: dict[str, Any]) -> str:
    period = f"from {_day(result['since'])} to {_day(result['until'])}"
    totals: list[dict[str, Any]] = result["totals"]
    what = f" on {result['category'].replace('_', ' ')}" if result["category"] else ""
    what += f" at {result['text']}" if result["text"] else ""
    if not totals:
        return f"You spent nothing{what} {period}."
    amounts = " and ".join(
        f"**{_money(total['amount'], total['currency'])}** in {total['number']} "
        f"{'payment' if total['number'] == 1 else 'payments'}"
        for total in totals
    )
    said = f"You spent {amounts}{what} {period}."
    if result["category"] or result["text"]:
        return said
    top = [
        f"{row['category'].replace('_', ' ')}: {_money(row['amount'], row['currency'])}"
        for row in result["by_category"][:6]
    ]
    return f"{said} Most of it went on:\n\n" + _bullets(top)


def _cards(result: dict[str, Any]) -> str:
    if not result["cards"]:
        return "You have no cards with us yet."
    return "Your cards:\n\n" + _bullets(
        f"{_capital(card['label'])}: {card['status'].replace('_', ' ')}, expires {card['expires']} ({card['account']})"
        for card in result["cards"]
    )


def _payees(result: dict[str, Any]) -> str:
    if not result["payees"]:
        return "You have not saved any payees yet."
    return "Your payees:\n\n" + _bullets(
        f"{payee['name']} (account ending {payee['last4']})" for payee in result["payees"]
    )


def _standing_orders(result: dict[str, Any]) -> str:
    if not result["standing_orders"]:
        return "You have no standing orders."
    return "Your standing orders:\n\n" + _bullets(
        f"**{_money(order['amount'], order['currency'])}** to {order['payee']}, {order['frequency']}, "
        f"next on {_day(order['next_run_on'])} ({order['account']})"
        for order in result["standing_orders"]
    )


def _alerts(result: dict[str, Any]) -> str:
    if not result["alerts"]:
        return (
            "There is no open fraud alert on your cards. If there is a payment that you do not recognise, freeze the "
            "card now and tell our fraud team."
        )
    lines = [
        f"{_day(alert['date'])}: **{_money(alert['amount'], alert['currency'])}** at {alert['merchant']} on the card "
        f"ending {alert['card_last4']}, {alert['payment_status']}"
        for alert in result["alerts"]
    ]
    return (
        "We have flagged this as unusual and are waiting for your answer:\n\n"
        + _bullets(lines)
        + "\n\nIf this was not you, freeze the card now: I can do that for you."
    )


def _unknown(result: dict[str, Any]) -> str:
    return orjson.dumps(result, option=orjson.OPT_INDENT_2).decode()


_BY_STATUS: dict[str, Callable[[dict[str, Any]], str]] = {
    "account_unclear": _account_unclear,
    "card_unclear": _card_unclear,
    "nothing_to_do": _nothing_to_do,
    "category_unknown": _category_unknown,
    "confirmation_needed": _confirmation,
}
_BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "get_balance": _balances,
    "list_accounts": _balances,
    "list_transactions": _transactions,
    "spending_summary": _spending,
    "list_cards": _cards,
    "list_payees": _payees,
    "list_standing_orders": _standing_orders,
    "list_fraud_alerts": _alerts,
}


def _money(amount: str, currency: str) -> str:
    return str(Money.parse(amount, currency))


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


def _narrowed(result: dict[str, Any]) -> str:
    text = f" at {result['text']}" if result["text"] else ""
    text += f" under {result['category'].replace('_', ' ')}" if result["category"] else ""
    text += f" from {_day(result['since'])}" if result["since"] else ""
    text += f" to {_day(result['until'])}" if result["until"] else ""
    return text


def _listed(items: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
