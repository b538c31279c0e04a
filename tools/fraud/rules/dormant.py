"""An account or card that was not used for long and wakes with a large payment."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import DAY, money, span


def find_dormant(facts: Facts, limits: Limits) -> Finding | None:
    told = limits.dormant
    if facts.idle is None or not (facts.is_payout or facts.is_card) or facts.amount < told.amount:
        return None
    days = facts.idle / DAY
    if days < told.days:
        return None
    why = f"{money(facts.amount)} after {span(facts.idle)} without a payment."
    return Finding("dormant", Severity.CAUTION, confidence(days, told.days, told.certain_days), why)
