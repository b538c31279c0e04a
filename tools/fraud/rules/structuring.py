"""Payments kept just below an amount at which somebody would look."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import DAY, money


def find_structuring(facts: Facts, limits: Limits) -> Finding | None:
    told = limits.structuring
    if not facts.is_payout:
        return None
    amounts = [facts.amount, *(past.minor for past in facts.recent if past.ago <= told.days * DAY)]
    counts = [(sum(_is_just_below(minor, limit, told.near) for minor in amounts), limit) for limit in told.thresholds]
    number, threshold = max(counts, default=(0, 0))
    if number < told.payments or not any(_is_just_below(facts.amount, limit, told.near) for limit in told.thresholds):
        return None
    why = f"{number} payments just below {money(threshold)} within {told.days} days."
    return Finding("structuring", Severity.CAUTION, confidence(number, told.payments, told.certain), why)


def _is_just_below(minor: int, threshold: int, near: float) -> bool:
    return threshold * near <= minor <= threshold
