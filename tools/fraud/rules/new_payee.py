"""A first payment that is large, to somebody whom the customer has never paid."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.is_new import is_new_payee
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import money, span


def find_new_payee(facts: Facts, limits: Limits) -> Finding | None:
    """Large is beyond an amount and, where the account has a history, beyond its largest payment by far."""
    told = limits.new_payee
    if not facts.is_payout or facts.amount < told.amount or not is_new_payee(facts, limits):
        return None
    times = facts.amount / max(facts.most, told.amount / told.times_usual)
    unusual = times >= told.times_usual
    severity = Severity.SERIOUS if unusual and facts.amount >= told.hold else Severity.CAUTION
    why = (
        f"{money(facts.amount)} to a payee added {span(facts.payee_age or 0)} ago and paid {facts.payee_payments} "
        f"times; the largest payment before was {money(facts.most)}."
    )
    return Finding("new_payee", severity, confidence(times, 0, told.certain_times), why)
