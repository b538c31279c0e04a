"""Answers about savings rates, exchange, top-ups and cash, from the tools' results."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import bullets, day, money


def _savings(result: dict[str, Any]) -> str:
    rates = bullets(_savings_rate(product) for product in result["products"])
    return (
        f"Our savings accounts pay:\n\n{rates}\n\nBefore a variable rate goes down, you have {result['notice']} of "
        f"notice. {result['elsewhere']}"
    )


def _savings_rate(product: dict[str, Any]) -> str:
    kind = "fixed" if product["is_fixed"] else "variable"
    return f"{product['name']}: **{product['aer']}% AER** {kind}{_deposits(product)}"


def _deposits(product: dict[str, Any]) -> str:
    least, most = (
        amount and money(amount, product["currency"]) for amount in (product["min_deposit"], product["max_deposit"])
    )
    if least and most:
        return f", for {least} to {most}"
    return f", up to {most} a tax year" if most else ""


def _rates(result: dict[str, Any]) -> str:
    if not result["rates"]:
        return "We have no rate for that just now. Rates are between the currencies that we exchange."
    fee = result["weekend_fee" if result["is_weekend"] else "weekday_fee"]
    rates = bullets(f"1 {rate['currency']} = **{rate['rate']} {rate['to_currency']}**" for rate in result["rates"])
    return f"Our exchange rates now:\n\n{rates}\n\nThe fee is {fee}% of what you sell, and comes on top."


def _quote(result: dict[str, Any]) -> str:
    sell, buy = money(result["sell"], result["sell_currency"]), money(result["buy"], result["buy_currency"])
    fee, total = (money(result[name], result["sell_currency"]) for name in ("fee", "total"))
    return (
        f"**{sell}** gives **{buy}** at {result['rate']}. The fee is {fee}, so {total} leaves your account. Say so, "
        "and I will prepare the exchange."
    )


def _methods(result: dict[str, Any]) -> str:
    return "You can add money in these ways:\n\n" + bullets(_method(method) for method in result["methods"])


def _method(method: dict[str, Any]) -> str:
    least, most = (
        amount and money(amount, method["currency"]) for amount in (method["min_amount"], method["max_amount"])
    )
    between = f", {least} to {most}" if least and most else f", up to {most}" if most else ""
    return f"**{method['name']}**{between}. {method['how']} Fee: {_lower(method['fee'])} {method['arrives']}"


def _top_up_limits(result: dict[str, Any]) -> str:
    card = {name: money(value, result["currency"]) for name, value in result["card"].items() if isinstance(value, str)}
    cash, month = (money(result[name], result["currency"]) for name in ("cash_max", "cash_per_month"))
    return (
        f"By card you can still add **{card['left_today']}** today and **{card['left_this_month']}** this month, in "
        f"{result['card']['number_left_today']} more top-ups today, {card['min_amount']} to {card['max_amount']} at a "
        f"time. The limits are {card['per_day']} a day and {card['per_month']} a month. Cash at a Post Office: {cash} "
        f"in one go, {month} a month. {result['note']}"
    )


def _top_ups(result: dict[str, Any]) -> str:
    if not result["top_ups"]:
        return "I see no top-ups of yours."
    return "Your latest top-ups:\n\n" + bullets(
        _event(one, f"**{money(one['amount'], one['currency'])}** to {one['account']}") for one in result["top_ups"]
    )


def _cash_limits(result: dict[str, Any]) -> str:
    free, total = (money(result[name], result["currency"]) for name in ("abroad_free_left", "abroad_free_per_month"))
    abroad = f"Abroad {free} of {total} is left without our fee this month; above that it is {result['abroad_fee']}%."
    if not result["cards"]:
        return f"You have no card for cash machines. {abroad}"
    cards = bullets(_cash_card(card) for card in result["cards"])
    return f"From cash machines you can take out today:\n\n{cards}\n\n{abroad}"


def _cash_card(card: dict[str, Any]) -> str:
    name = f"{card['card'][:1].upper()}{card['card'][1:]}"
    if not card["usable"]:
        return f"{name}: nothing, as it is frozen or switched off for cash machines"
    if card["left_today"] is None:
        return f"{name}: as much as is in the account"
    left, limit = (money(card[part], card["currency"]) for part in ("left_today", "per_day"))
    return f"{name}: **{left}** of {limit}"


def _withdrawals(result: dict[str, Any]) -> str:
    if not result["withdrawals"]:
        return "I see no cash withdrawals of yours."
    return "Your latest withdrawals:\n\n" + bullets(
        _event(one, f"**{money(one['amount'], one['currency'])}** at {one['machine']}") for one in result["withdrawals"]
    )


def _event(one: dict[str, Any], what: str) -> str:
    reason = f" ({one['reason'].replace('_', ' ')})" if one["reason"] else ""
    following = f". {one['next_step']}" if one["next_step"] else ""
    return f"{day(one['on'])}: {what}, {one['state']}{reason}{following}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_savings_rates": _savings,
    "list_exchange_rates": _rates,
    "quote_exchange": _quote,
    "list_top_up_methods": _methods,
    "get_top_up_limits": _top_up_limits,
    "get_top_up_status": _top_ups,
    "get_cash_limits": _cash_limits,
    "get_cash_withdrawal_status": _withdrawals,
}
