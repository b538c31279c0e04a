"""Answers about loans, from the tools' results."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import bullets, day, money

_SHOWN = 3
"""Payments of a plan that a chat names; the whole plan stands in the result."""
_DECISIONS = {
    "approved": "Yes: as things stand, we would lend you that.",
    "in_review": "Perhaps: a person would have to look at it.",
    "refused": "Not as things stand.",
}
_MARKS = {"met": "fine", "unmet": "not met", "for_a_person": "for a person"}
_APPLICATIONS = {"approved": "approved", "in_review": "being looked at by a person", "withdrawn": "withdrawn"}


def _products(result: dict[str, Any]) -> str:
    return "This is what we lend:\n\n" + bullets(_product(product) for product in result["products"])


def _product(product: dict[str, Any]) -> str:
    least, most = (money(product[name], product["currency"]) for name in ("min_amount", "max_amount"))
    if product["kind"] == "credit_card":
        return f"**{product['name']}**: a limit from {least} to {most}, **{product['rate']}%** a year on purchases"
    band = ""
    if product["small_rate"] is not None:
        band = f" from {money(product['rate_from'], product['currency'])} and {product['small_rate']}% below"
    months = f"over {product['min_months']} to {product['max_months']} months"
    return f"**{product['name']}**: {least} to {most} {months}, **{product['rate']}% APR** representative{band}"


def _eligibility(result: dict[str, Any]) -> str:
    about = f" ({result['loan']})" if result["loan"] else ""
    findings = bullets(f"{one['reason']} ({_MARKS[one['outcome']]})" for one in result["findings"])
    return f"{_DECISIONS[result['decision']]}{about}\n\n{findings}\n\n{result['note']}"


def _quote(result: dict[str, Any]) -> str:
    currency = result["currency"]
    first = [
        f"{day(one['due_on'])}: {money(one['payment'], currency)}, {money(one['interest'], currency)} of it interest"
        for one in result["schedule"][:_SHOWN]
    ]
    return (
        f"A loan of {money(result['amount'], currency)} over {result['months']} months costs "
        f"**{money(result['monthly_payment'], currency)} a month** at **{result['apr']}% APR**: "
        f"{money(result['total_to_pay'], currency)} in all, of which {money(result['total_interest'], currency)} is "
        f"interest. The last payment is {money(result['last_payment'], currency)}. It would begin with:\n\n"
        f"{bullets(first)}\n\n{result['conditions']}"
    )


def _loans(result: dict[str, Any]) -> str:
    if not result["loans"] and not result["applications"]:
        return "You have no loan with us, and no application."
    waiting = [one for one in result["applications"] if one["state"] != "approved" or not result["loans"]]
    return bullets([*map(_loan, result["loans"]), *map(_application, waiting)])


def _loan(loan: dict[str, Any]) -> str:
    currency = loan["currency"]
    if loan["state"] == "settled":
        return f"**{loan['name']}** of {money(loan['borrowed'], currency)}: paid back"
    said = (
        f"**{loan['name']}**: you owe **{money(loan['owed'], currency)}** of {money(loan['borrowed'], currency)} and "
        f"{money(loan['accrued_interest'], currency)} interest; the next payment of "
        f"{money(loan['next_payment'], currency)} is due on {day(loan['next_payment_on'])}"
    )
    late = money(loan["late"], currency)
    return said if late == money("0", currency) else f"{said}; **{late} is late**"


def _application(application: dict[str, Any]) -> str:
    amount = money(application["amount"], application["currency"])
    return (
        f"Your application of {day(application['applied_on'])} for {amount} over {application['months']} months: "
        f"{_APPLICATIONS[application['state']]}"
    )


def _payoff(result: dict[str, Any]) -> str:
    payoff, owed, interest, daily = (
        money(result[name], result["currency"]) for name in ("payoff", "owed", "accrued_interest", "interest_per_day")
    )
    return (
        f"**{payoff}** would settle your {result['loan']} today: {owed} and {interest} interest. Each further day adds "
        f"about {daily}. Say so, and I will prepare the payment."
    )


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "list_loan_products": _products,
    "check_loan_eligibility": _eligibility,
    "quote_loan": _quote,
    "get_loan_status": _loans,
    "get_loan_payoff": _payoff,
}


def _more_than_owed(result: dict[str, Any]) -> str:
    return f"{result['message']} {money(result['owed'], result['currency'])} would settle the loan today."


BY_STATUS: dict[str, Callable[[dict[str, Any]], str]] = {
    "more_than_owed": _more_than_owed,
}
