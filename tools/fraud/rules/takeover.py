"""A payment to somebody new shortly after the details by which the customer is reached changed."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts, Use
from tools.fraud.rules.is_new import is_new_payee
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import HOUR, money, span


def find_takeover(facts: Facts, limits: Limits) -> Finding | None:
    told = limits.takeover
    window = told.hours * HOUR
    if facts.contact_change is None or facts.contact_change >= window:
        return None
    sure = confidence(window - facts.contact_change, 0, window - told.certain_hours * HOUR)
    when = f"{span(facts.contact_change)} after contact details or the authenticator app changed"
    if facts.use is Use.PAYEE:
        return Finding("takeover", Severity.CAUTION, sure, f"A payee is added or changed {when}.")
    if not facts.is_payout or facts.amount < told.amount or not is_new_payee(facts, limits):
        return None
    return Finding("takeover", Severity.SERIOUS, sure, f"{money(facts.amount)} to a new payee {when}.")
