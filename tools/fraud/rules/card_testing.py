"""Small or failing charges in a row, by which a thief finds out which cards work, and the large one after them."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import MINUTE, money


def find_card_testing(facts: Facts, limits: Limits) -> Finding | None:
    told = limits.card_testing
    if not facts.is_card:
        return None
    window = told.within_minutes * MINUTE
    tests = sum(past.ago <= window and (past.declined or past.minor <= told.small) for past in facts.recent)
    tries = tests + (facts.amount <= told.small)
    if tries < told.tries:
        return None
    sure = confidence(tries, told.tries, told.certain)
    if facts.amount >= told.large:
        why = f"{money(facts.amount)} after {tests} small or declined charges within {told.within_minutes} minutes."
        return Finding("card_testing", Severity.CRITICAL, sure, why)
    severity = Severity.SERIOUS if facts.online else Severity.CAUTION
    why = f"{tries} small or declined charges within {told.within_minutes} minutes."
    return Finding("card_testing", severity, sure, why)
