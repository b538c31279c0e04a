"""More payments in a short time than a person makes."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.limits import Limits, Velocity
from tools.fraud.rules.said import DAY, HOUR, MINUTE, money, span


def find_velocity(facts: Facts, limits: Limits) -> Finding | None:
    """Payments or uses of a card, this one counted, beyond a number; or payments to others beyond a sum. The graver."""
    found = [finding for finding in (_by_number(facts, limits.velocity), _by_sum(facts, limits.velocity)) if finding]
    return max(found, key=lambda finding: (finding.severity, finding.confidence), default=None)


def _by_number(facts: Facts, told: Velocity) -> Finding | None:
    if facts.is_card:
        windows = ((10 * MINUTE, told.card_ten_minutes), (HOUR, told.card_hour))
    elif facts.is_payout:
        windows = ((HOUR, told.payments_hour), (DAY, told.payments_day))
    else:
        return None
    counts = [(1 + sum(past.ago <= window for past in facts.recent), limit, window) for window, limit in windows]
    number, limit, window = max(counts, key=lambda each: each[0] / each[1])
    if number <= limit:
        return None
    sure = confidence(number, limit, limit * told.payments_certain)
    severity = Severity.SERIOUS if number > limit * told.payments_certain else Severity.CAUTION
    return Finding("velocity", severity, sure, f"{number} payments within {span(window)}, more than {limit}.")


def _by_sum(facts: Facts, told: Velocity) -> Finding | None:
    total = facts.amount + sum(past.minor for past in facts.recent if past.ago <= DAY and not past.declined)
    if not facts.is_payout or total <= told.amount_day:
        return None
    sure = confidence(total, told.amount_day, 2 * told.amount_day)
    return Finding("velocity", Severity.CAUTION, sure, f"{money(total)} to payees within a day.")
